-- Keys by which a person who lost the password sets a new one. A person has at most two, so that nothing piles up: the
-- one they asked for, and the one that an administrator handed them, which nobody else can end by asking. The previous
-- release knows nothing of them.

-- +goose Up

CREATE TABLE password_reset (
  user_id BIGINT NOT NULL REFERENCES app_user (id),
  handed BOOLEAN NOT NULL,
  key_hash TEXT NOT NULL UNIQUE,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, handed)
);
