-- The probe that let production's data in, and what becomes of a call that came for an environment that takes none.
-- Nothing here is asked of the previous release.

-- +goose Up

-- The latest probe of an environment's kept address and credentials: one call that only reads.
CREATE TABLE endpoint_probe (
  connection_id BIGINT NOT NULL REFERENCES connection (id),
  environment TEXT NOT NULL REFERENCES environment (code),
  at BIGINT NOT NULL,
  by_name TEXT NOT NULL,
  config_version_id BIGINT NOT NULL REFERENCES config_version (id),
  http_status BIGINT NOT NULL,
  duration_ms BIGINT NOT NULL,
  PRIMARY KEY (connection_id, environment)
);

CREATE INDEX environment_switch_at ON environment_switch (connection_id, id);
CREATE INDEX implementation_note_step ON implementation_note (connection_id, step, id);

-- A refused call of an environment that is closed: there is nothing to mend, and nobody's work.
INSERT INTO inbound_end (code) VALUES ('ambiente');
