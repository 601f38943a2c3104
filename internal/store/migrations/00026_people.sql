-- People: the developments that a person works for, what their sessions are, and tries to sign in that every replica
-- counts together. What is added has defaults or may be empty, so the previous release goes on writing; a session that it
-- begins is of nobody until it is read, and it doesn't know of the limits to developments.

-- +goose Up

-- few_developments: only those that user_development names.
ALTER TABLE app_user ADD COLUMN few_developments BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE app_user ADD COLUMN last_seen_at BIGINT;

CREATE TABLE user_development (
  user_id BIGINT NOT NULL REFERENCES app_user (id),
  development_id BIGINT NOT NULL REFERENCES development (id),
  PRIMARY KEY (user_id, development_id)
);

ALTER TABLE session ADD COLUMN user_id BIGINT;
ALTER TABLE session ADD COLUMN began_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN agent TEXT NOT NULL DEFAULT '';
CREATE INDEX session_person ON session (user_id);

-- A bucket of tries that refills by itself: full_at is when all of them are there again. login '' counts an address,
-- whatever the accounts. A row whose moment is past says nothing and is swept.
CREATE TABLE sign_in_try (
  scope TEXT NOT NULL,
  login TEXT NOT NULL,
  address TEXT NOT NULL,
  full_at BIGINT NOT NULL,
  PRIMARY KEY (scope, login, address)
);
CREATE INDEX sign_in_try_full ON sign_in_try (full_at);

-- Lists of those who see few developments walk one of these per development and status.
CREATE INDEX occurrence_place_news ON occurrence (development_id, status_code, news_at, id);

-- The audit trail is read by time, by who did it and by what was done.
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX audit_actor ON audit (actor_kind, actor_id, at, id);
CREATE INDEX audit_action ON audit (action, at, id);
