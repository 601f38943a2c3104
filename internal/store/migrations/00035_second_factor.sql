-- A second factor for local accounts: its sealed secret, the last step that a code was taken of, codes for when the device
-- is lost, and the roles that must have one. The previous release asks for none.

-- +goose Up

-- confirmed_at is empty until a code showed that the device has the secret.
CREATE TABLE second_factor (
  user_id BIGINT PRIMARY KEY REFERENCES app_user (id),
  secret BYTEA NOT NULL,
  confirmed_at BIGINT,
  last_step BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE recovery_code (
  user_id BIGINT NOT NULL REFERENCES app_user (id),
  code_hash TEXT NOT NULL,
  used_at BIGINT,
  PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE second_factor_role (
  role TEXT PRIMARY KEY
);
