-- name: ConnectionByCode :one
SELECT * FROM connection WHERE code = $1;

-- name: InsertConnection :one
INSERT INTO connection (code, name) VALUES ($1, $2) RETURNING id;

-- name: InsertConfigVersion :one
INSERT INTO config_version (connection_id, number, document, created_at, created_by, note, restored_from)
VALUES ($1, (SELECT COALESCE(MAX(v.number), 0) + 1 FROM config_version v WHERE v.connection_id = $1), $2, $3, $4, $5, $6)
RETURNING id, number;

-- name: ConfigDocument :one
SELECT document FROM config_version WHERE id = $1;

-- name: Installation :one
SELECT * FROM installation WHERE id = 1;

-- name: UpsertInstallation :exec
INSERT INTO installation (id, connection_id, config_version_id, active_environment, production_paused)
VALUES (1, $1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET connection_id = excluded.connection_id, config_version_id = excluded.config_version_id,
  active_environment = excluded.active_environment, production_paused = excluded.production_paused;

-- name: UpsertEndpoint :exec
INSERT INTO endpoint (connection_id, environment, base_url, allow_private, credentials, updated_at, updated_by,
  credentials_at, credentials_by, urls, token_url)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (connection_id, environment) DO UPDATE SET base_url = excluded.base_url,
  allow_private = excluded.allow_private, credentials = excluded.credentials, updated_at = excluded.updated_at,
  updated_by = excluded.updated_by, credentials_at = excluded.credentials_at, credentials_by = excluded.credentials_by,
  urls = excluded.urls, token_url = excluded.token_url;

-- name: Endpoint :one
SELECT * FROM endpoint WHERE connection_id = $1 AND environment = $2;

-- name: UpsertStatus :exec
INSERT INTO status (code, name, kind, in_use) VALUES ($1, $2, $3, TRUE)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind, in_use = TRUE;

-- name: RetireStatuses :exec
UPDATE status SET in_use = FALSE;

-- name: AllStatuses :many
SELECT code, name, kind FROM status ORDER BY code;

-- name: NextCount :one
INSERT INTO counter (name, value) VALUES (@name, @first)
ON CONFLICT (name) DO UPDATE SET value = CASE WHEN counter.value < @first THEN excluded.value ELSE counter.value + 1 END
RETURNING value;

-- name: RaiseCount :exec
-- The next one is above value.
INSERT INTO counter (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = CASE WHEN counter.value < excluded.value THEN excluded.value ELSE counter.value END;

-- name: Audit :exec
INSERT INTO audit (at, actor_kind, actor_id, actor_name, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: AuditOf :many
SELECT * FROM audit WHERE subject = $1 ORDER BY at, id;
