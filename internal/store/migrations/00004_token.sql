-- What a token may do and how often, its successor, and how each integration is answered.

-- +goose Up

-- hint is the key's last characters, to recognise it by. operations are names separated by blanks; empty: all.
-- few_developments: only those that token_development names. calls_per_minute 0: the house's limit. replaced_by is the
-- token that was made to follow this one.
ALTER TABLE token ADD COLUMN hint TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN operations TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN few_developments BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE token ADD COLUMN calls_per_minute BIGINT NOT NULL DEFAULT 0;
ALTER TABLE token ADD COLUMN replaced_by BIGINT REFERENCES token (id);

CREATE TABLE token_development (
  token_id BIGINT NOT NULL REFERENCES token (id),
  development_id BIGINT NOT NULL REFERENCES development (id),
  PRIMARY KEY (token_id, development_id)
);

CREATE TABLE response_form (code TEXT PRIMARY KEY);
INSERT INTO response_form (code) VALUES ('json'), ('text'), ('xml');

-- How an operation answers an integration; '' is every integration that has no row of its own. Without any row the
-- preset holds. fields are names separated by blanks; empty: everything.
CREATE TABLE response_profile (
  operation TEXT NOT NULL,
  integration TEXT NOT NULL,
  fields TEXT NOT NULL,
  form TEXT NOT NULL REFERENCES response_form (code),
  always_ok BOOLEAN NOT NULL,
  PRIMARY KEY (operation, integration)
);
