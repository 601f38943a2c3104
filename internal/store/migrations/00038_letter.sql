-- Letters to customers: what the house sends of them, and each letter from the moment that it was caused. The previous release
-- writes none, and sends none of those that wait.

-- +goose Up

-- The customer asked for no letters.
ALTER TABLE customer ADD COLUMN no_letters BOOLEAN NOT NULL DEFAULT FALSE;

-- The kinds that are sent, separated by blanks. It stands here because every transaction reads this row anyway: where nothing
-- is sent, a letter costs nothing.
ALTER TABLE installation ADD COLUMN letters TEXT NOT NULL DEFAULT '';

-- Of one row. document: JSON, see desk.LetterSettings.
CREATE TABLE letter_settings (
  id BIGINT PRIMARY KEY,
  document TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL
);

CREATE TABLE letter_kind (code TEXT PRIMARY KEY);
INSERT INTO letter_kind (code) VALUES ('protocolo'), ('vistoria'), ('encerramento'), ('teste');

CREATE TABLE letter_state (code TEXT PRIMARY KEY);
INSERT INTO letter_state (code) VALUES ('fila'), ('enviando'), ('enviada'), ('falhou'), ('dispensada');

-- A letter, written in the transaction that causes it. facts is sealed: whom it is for and what it says; it goes once the letter
-- is over. shown is the address as pages show it. test: it goes to the house's own address instead of the customer's.
-- visit_seq counts the letters about one visit. due_at (of the steady clock) is when it is sent, or sent again: a process that
-- died while it sent leaves that to the next one, and the id stays. print is SHA-256 of what was sent.
CREATE TABLE letter (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL REFERENCES letter_kind (code),
  state TEXT NOT NULL REFERENCES letter_state (code),
  test BOOLEAN NOT NULL DEFAULT FALSE,
  development_id BIGINT REFERENCES development (id),
  occurrence_id BIGINT REFERENCES occurrence (id),
  movement_id BIGINT,
  visit_id BIGINT,
  visit_seq BIGINT NOT NULL DEFAULT 0,
  customer_id BIGINT REFERENCES customer (id),
  shown TEXT NOT NULL DEFAULT '',
  facts BYTEA,
  print TEXT NOT NULL DEFAULT '',
  attempts BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  tried_at BIGINT,
  settled_at BIGINT,
  reason_code TEXT NOT NULL DEFAULT '',
  smtp_code BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX letter_due ON letter (due_at, id) WHERE settled_at IS NULL;
CREATE INDEX letter_created ON letter (created_at DESC, id DESC);
CREATE INDEX letter_state_created ON letter (state, created_at DESC, id DESC);
CREATE INDEX letter_trial ON letter (created_at DESC, id DESC) WHERE kind = 'teste';
CREATE INDEX letter_occurrence ON letter (occurrence_id, id);
CREATE INDEX letter_visit ON letter (visit_id, visit_seq) WHERE visit_id IS NOT NULL;
CREATE INDEX letter_customer ON letter (customer_id) WHERE customer_id IS NOT NULL;

INSERT INTO work_lease (name) VALUES ('cartas');
