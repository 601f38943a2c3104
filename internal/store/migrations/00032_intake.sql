-- Items and failure types, which an occurrence may have, and the open emergencies. The previous release opens
-- occurrences that have neither, and shows those that have like any other.

-- +goose Up

CREATE TABLE class_kind (code TEXT PRIMARY KEY);
INSERT INTO class_kind (code) VALUES ('item'), ('falha');

-- A tree of items, and failure types, each of which may belong to an item. Occurrences name them by their code, so none is
-- ever taken away: what is not chosen any more is not active.
CREATE TABLE class (
  kind TEXT NOT NULL REFERENCES class_kind (code),
  code TEXT NOT NULL,
  parent TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL,
  priority TEXT NOT NULL DEFAULT '',
  emergency BOOLEAN NOT NULL DEFAULT FALSE,
  active BOOLEAN NOT NULL DEFAULT TRUE,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL,
  PRIMARY KEY (kind, code)
);

ALTER TABLE occurrence ADD COLUMN item_code TEXT NOT NULL DEFAULT '';
ALTER TABLE occurrence ADD COLUMN failure_code TEXT NOT NULL DEFAULT '';

-- The open emergencies stand first wherever occurrences are listed. They are few, and nothing else is in it.
CREATE INDEX occurrence_emergency ON occurrence (news_at DESC, id DESC) WHERE emergency AND closed_at IS NULL;
