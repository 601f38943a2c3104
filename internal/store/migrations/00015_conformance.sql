-- What conformance runs and single trials need beside 00011. Nothing here is asked of the previous release.

-- +goose Up

-- place: JSON, the addresses of homologation that the run called. A report of other addresses proves nothing of these.
ALTER TABLE conformance_run ADD COLUMN place TEXT NOT NULL DEFAULT '';

-- A real call to homologation that somebody made while configuring, with a mapping that may never have been saved.
-- call is sealed: the request and its answer, without credentials and file bytes. It is forgotten with received calls.
CREATE TABLE trial_call (
  id TEXT PRIMARY KEY,
  connection_id BIGINT NOT NULL REFERENCES connection (id),
  environment TEXT NOT NULL REFERENCES environment (code),
  occurrence_id BIGINT NOT NULL REFERENCES occurrence (id),
  point TEXT NOT NULL,
  at BIGINT NOT NULL,
  by_name TEXT NOT NULL,
  call BYTEA NOT NULL
);
CREATE INDEX trial_call_at ON trial_call (at);
