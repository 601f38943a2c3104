-- Trials: calls that a person makes in a program's place to see what comes of them. Nothing here is asked of the
-- previous release: every call that it keeps is no trial.

-- +goose Up

ALTER TABLE inbound_call ADD COLUMN trial BOOLEAN NOT NULL DEFAULT FALSE;
-- A refused trial: whoever tried has seen the answer, and nobody waits for another.
INSERT INTO inbound_end (code) VALUES ('tentativa');
