-- The registry by page: uploaded sheets with their plan and import, one at a time; and the check of the units' ids in
-- Mobuss. Nothing here is asked of the previous release.

-- +goose Up

-- Units without an id in an environment, block by block: what is wrong is few, and found without walking what is right.
CREATE INDEX unit_without_h ON unit (block_id, number) WHERE id_mobuss_homologacao IS NULL;
CREATE INDEX unit_without_p ON unit (block_id, number) WHERE id_mobuss_producao IS NULL;

-- The list of Mobuss's units that counts in an environment: rows of mobuss_unit that are older than imported_at belong
-- to a former one.
CREATE TABLE mobuss_unit_list (
  connection_id BIGINT NOT NULL REFERENCES connection (id),
  environment TEXT NOT NULL REFERENCES environment (code),
  imported_at BIGINT NOT NULL,
  imported_by TEXT NOT NULL,
  name TEXT NOT NULL,
  units BIGINT NOT NULL,
  PRIMARY KEY (connection_id, environment)
);

-- Work that one process does at a time, whatever replicas there are. Who holds it writes only while token is still
-- theirs.
CREATE TABLE work_lease (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL DEFAULT '',
  token BIGINT NOT NULL DEFAULT 0,
  until BIGINT NOT NULL DEFAULT 0
);
INSERT INTO work_lease (name) VALUES ('cadastro'), ('consulta_de_unidades');

CREATE TABLE registry_job_state (code TEXT PRIMARY KEY);
INSERT INTO registry_job_state (code) VALUES ('recebendo'), ('planejar'), ('planejada'), ('conferir'), ('importar'),
  ('importada'), ('recusada'), ('parada'), ('falhou'), ('descartada');

-- An upload on its way into the registry; with list_of, a list of the units that Mobuss has in that environment. actor_id is
-- the user's. mappings: JSON, a sheet's place -> its kind and
-- columns. report is sealed, because it shows names and contacts. print is a fingerprint of what the plan would do:
-- the import begins only if that is so still. tries counts how
-- often an import began: it goes on behind a crash.
CREATE TABLE registry_job (
  id TEXT PRIMARY KEY,
  state TEXT NOT NULL REFERENCES registry_job_state (code),
  list_of TEXT REFERENCES environment (code),
  created_at BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  complete BOOLEAN NOT NULL DEFAULT FALSE,
  mappings TEXT NOT NULL DEFAULT '',
  print TEXT NOT NULL DEFAULT '',
  report BYTEA,
  done BIGINT NOT NULL DEFAULT 0,
  total BIGINT NOT NULL DEFAULT 0,
  tries BIGINT NOT NULL DEFAULT 0,
  reason_code TEXT NOT NULL DEFAULT '',
  reason_args TEXT NOT NULL DEFAULT '',
  changed_at BIGINT NOT NULL,
  ended_at BIGINT,
  swept BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX registry_job_created ON registry_job (created_at);
CREATE INDEX registry_job_waiting ON registry_job (created_at) WHERE state IN ('planejar', 'conferir', 'importar');

-- A sheet as it was sent; from seq 1000 on, one of the rows that were refused.
CREATE TABLE registry_job_file (
  job_id TEXT NOT NULL REFERENCES registry_job (id),
  seq BIGINT NOT NULL,
  name TEXT NOT NULL,
  size BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (job_id, seq)
);

-- Its bytes, compressed and sealed, a piece at a time; they go when the import has ended and nobody came for the
-- refused rows.
CREATE TABLE registry_job_piece (
  job_id TEXT NOT NULL REFERENCES registry_job (id),
  seq BIGINT NOT NULL,
  piece BIGINT NOT NULL,
  bytes BYTEA NOT NULL,
  PRIMARY KEY (job_id, seq, piece)
);

-- Which column of ours stands under which header, as someone said it last of a sheet with these headers.
CREATE TABLE registry_mapping (
  headers TEXT PRIMARY KEY,
  mapping TEXT NOT NULL,
  at BIGINT NOT NULL
);

-- Asking Mobuss about the units' ids, in homologation: above is the last id that was asked about, so that it goes on from
-- there whatever happens to the process.
CREATE TABLE unit_look_job (
  connection_id BIGINT PRIMARY KEY REFERENCES connection (id),
  running BOOLEAN NOT NULL,
  above TEXT NOT NULL DEFAULT '',
  total BIGINT NOT NULL DEFAULT 0,
  asked BIGINT NOT NULL DEFAULT 0,
  unclear BIGINT NOT NULL DEFAULT 0,
  asked_by TEXT NOT NULL,
  began_at BIGINT NOT NULL,
  ended_at BIGINT,
  reason_code TEXT NOT NULL DEFAULT '',
  reason_args TEXT NOT NULL DEFAULT ''
);
