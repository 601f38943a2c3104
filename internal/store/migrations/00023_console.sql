-- The console of deliveries at any size, bulk acts that outlive their page, what judged an attempt kept with it, and how
-- long things are kept. Nothing here is asked of the previous release: what it writes is completed by this one.

-- +goose Up

-- The rule that judged, as JSON, and the configuration that it stood in: written with the attempt, so that nothing that is
-- changed later tells another story. Empty: of before this column existed.
ALTER TABLE attempt ADD COLUMN rule TEXT NOT NULL DEFAULT '';
ALTER TABLE attempt ADD COLUMN config_version_id BIGINT REFERENCES config_version (id);

-- The lane's environment, so that the rare one is found without walking the common one. Empty: written by the previous
-- release, and not completed yet.
ALTER TABLE delivery ADD COLUMN environment TEXT NOT NULL DEFAULT '';
UPDATE delivery SET environment = (SELECT l.environment FROM lane l WHERE l.id = delivery.lane_id);
CREATE INDEX delivery_kind ON delivery (environment, point, created_at, id);

-- Those of which something is told: what a text is looked for in.
CREATE INDEX delivery_told ON delivery (created_at, id) WHERE reason_code <> '';

CREATE TABLE bulk_state (code TEXT PRIMARY KEY);
INSERT INTO bulk_state (code) VALUES ('ensaiar'), ('ensaiado'), ('fazer'), ('feito'), ('parado'), ('falhou');

-- One act over many deliveries, rehearsed and then done in the background. asked and actor are JSON: the question, and who
-- wanted it with what they might. after is where the walk is; done, behind and kept (JSON) count with it, in the
-- transactions of the decisions. planned is what the rehearsal promised.
CREATE TABLE bulk_job (
  id TEXT PRIMARY KEY,
  act TEXT NOT NULL,
  state TEXT NOT NULL REFERENCES bulk_state (code),
  asked TEXT NOT NULL,
  why TEXT NOT NULL DEFAULT '',
  actor TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  after TEXT NOT NULL,
  done BIGINT NOT NULL DEFAULT 0,
  behind BIGINT NOT NULL DEFAULT 0,
  kept TEXT NOT NULL DEFAULT '',
  planned BIGINT NOT NULL DEFAULT 0,
  changed_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX bulk_job_created ON bulk_job (created_at, id);
CREATE INDEX bulk_job_waiting ON bulk_job (created_at, id) WHERE state IN ('ensaiar', 'fazer');
INSERT INTO work_lease (name) VALUES ('envios_em_lote');

-- What is over is found by when it ended, to be forgotten in time.
CREATE INDEX finding_ended ON finding (ended_at) WHERE state IN ('corrigido', 'sumiu');
CREATE INDEX field_fact_at ON field_fact (at);

-- Attachments in the order in which they came, for whoever copies them elsewhere.
CREATE INDEX blob_stored ON blob (stored_at, sha256);
