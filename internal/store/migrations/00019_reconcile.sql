-- Reconciliation: what Mobuss holds against what Ponte believes. Runs that can be left and taken up again, what each
-- look found, and the facts of the field that were taken in, so that the same news is never told twice whichever way
-- it comes. Nothing here is asked of the previous release: what it takes in while both run is recognised by the
-- movements themselves.

-- +goose Up

-- Who works on the run of an environment. token fences: a step with a former one writes nothing. last_at is when the
-- last run began; asked_at is set while somebody waits for one.
CREATE TABLE reconcile_lease (
  connection_id BIGINT NOT NULL REFERENCES connection (id),
  environment TEXT NOT NULL REFERENCES environment (code),
  owner TEXT NOT NULL DEFAULT '',
  token BIGINT NOT NULL DEFAULT 0,
  lease_until BIGINT NOT NULL DEFAULT 0,
  run_id TEXT NOT NULL DEFAULT '',
  last_at BIGINT NOT NULL DEFAULT 0,
  asked_at BIGINT,
  asked_by TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (connection_id, environment)
);

CREATE TABLE reconcile_state (code TEXT PRIMARY KEY);
INSERT INTO reconcile_state (code) VALUES ('rodando'), ('concluida'), ('interrompida');

-- orders, customers: how many were compared; failed: look-ups without a usable answer, which say nothing; found: new
-- findings; taken: facts taken in by themselves.
CREATE TABLE reconcile_run (
  id TEXT PRIMARY KEY,
  connection_id BIGINT NOT NULL REFERENCES connection (id),
  environment TEXT NOT NULL REFERENCES environment (code),
  state TEXT NOT NULL REFERENCES reconcile_state (code),
  asked_by TEXT NOT NULL DEFAULT '',
  started_at BIGINT NOT NULL,
  ended_at BIGINT,
  orders BIGINT NOT NULL DEFAULT 0,
  customers BIGINT NOT NULL DEFAULT 0,
  failed BIGINT NOT NULL DEFAULT 0,
  found BIGINT NOT NULL DEFAULT 0,
  taken BIGINT NOT NULL DEFAULT 0,
  reason_code TEXT NOT NULL DEFAULT ''
);
CREATE INDEX reconcile_run_started ON reconcile_run (connection_id, environment, started_at);

-- The last look at an order: tried_at with whatever came of it, ok_at with a usable answer. situation is what Mobuss
-- called its state then, and since the moment before which it was called otherwise.
CREATE TABLE order_look (
  order_id BIGINT PRIMARY KEY REFERENCES service_order (id),
  tried_at BIGINT NOT NULL,
  ok_at BIGINT NOT NULL DEFAULT 0,
  situation TEXT NOT NULL DEFAULT '',
  since BIGINT NOT NULL DEFAULT 0,
  seen_at BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE customer_look (
  connection_id BIGINT NOT NULL REFERENCES connection (id),
  environment TEXT NOT NULL REFERENCES environment (code),
  customer_id BIGINT NOT NULL REFERENCES customer (id),
  tried_at BIGINT NOT NULL,
  ok_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (connection_id, environment, customer_id)
);

CREATE TABLE finding_kind (code TEXT PRIMARY KEY);
INSERT INTO finding_kind (code) VALUES ('ordem_ausente'), ('ordem_desconhecida'), ('ordem_duplicada'), ('encerrada_la'),
  ('encerrada_aqui'), ('numero_mudou'), ('situacao_deles'), ('comentario_nosso'), ('comentario_deles'), ('visita_nossa'),
  ('visita_deles'), ('envio_chegou');

CREATE TABLE finding_state (code TEXT PRIMARY KEY);
INSERT INTO finding_state (code) VALUES ('aberto'), ('corrigido'), ('ignorado'), ('sumiu');

-- One difference. subject tells findings of a kind apart within an environment. facts is sealed: what Mobuss said of it,
-- with the exchange that said so. mend is what was done about it.
CREATE TABLE finding (
  id TEXT PRIMARY KEY,
  connection_id BIGINT NOT NULL REFERENCES connection (id),
  environment TEXT NOT NULL REFERENCES environment (code),
  kind TEXT NOT NULL REFERENCES finding_kind (code),
  subject TEXT NOT NULL,
  state TEXT NOT NULL REFERENCES finding_state (code),
  occurrence_id BIGINT REFERENCES occurrence (id),
  order_id BIGINT REFERENCES service_order (id),
  customer_id BIGINT REFERENCES customer (id),
  delivery_id TEXT REFERENCES delivery (id),
  mobuss_id TEXT NOT NULL DEFAULT '',
  run_id TEXT NOT NULL REFERENCES reconcile_run (id),
  found_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  ended_at BIGINT,
  ended_by TEXT NOT NULL DEFAULT '',
  ended_why TEXT NOT NULL DEFAULT '',
  mend TEXT NOT NULL DEFAULT '',
  facts BYTEA NOT NULL
);
-- What is known already is not found again; what was mended may come back.
CREATE UNIQUE INDEX finding_live ON finding (connection_id, environment, kind, subject) WHERE state IN ('aberto', 'ignorado');
CREATE INDEX finding_open ON finding (found_at, id) WHERE state = 'aberto';
CREATE INDEX finding_found ON finding (found_at, id);
CREATE INDEX finding_run ON finding (run_id);
CREATE INDEX finding_occurrence ON finding (occurrence_id, found_at) WHERE state = 'aberto';
CREATE INDEX finding_order ON finding (order_id) WHERE state IN ('aberto', 'ignorado');
CREATE INDEX finding_customer ON finding (customer_id) WHERE state IN ('aberto', 'ignorado');

-- What the field told of an occurrence, whichever way it came. subject is a fingerprint of the news with its ordinal, for
-- the second of two that are the same; mobuss_id is the field's own id of it, where a look-up showed one. called: the
-- call-back came; looked: a look-up took it in. Both may be, and the news was told once.
CREATE TABLE field_fact (
  occurrence_id BIGINT NOT NULL REFERENCES occurrence (id),
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  mobuss_id TEXT NOT NULL DEFAULT '',
  gist TEXT NOT NULL DEFAULT '',
  movement_id BIGINT REFERENCES movement (id),
  called BOOLEAN NOT NULL,
  looked BOOLEAN NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (occurrence_id, kind, subject)
);
CREATE UNIQUE INDEX field_fact_mobuss ON field_fact (occurrence_id, kind, mobuss_id) WHERE mobuss_id <> '';
CREATE INDEX field_fact_movement ON field_fact (movement_id);
