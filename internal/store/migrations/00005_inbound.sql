-- The analysis queue: what became of a refused call, who looks after it, and the replay that answered it. Nothing
-- here is asked of the previous release: a refused call that it keeps is open work like any other.

-- +goose Up

-- What became of a refused call. No row: it is open. A refused read leaves nothing to mend.
CREATE TABLE inbound_end (code TEXT PRIMARY KEY);
INSERT INTO inbound_end (code) VALUES ('resolvido'), ('descartado'), ('consulta');

ALTER TABLE inbound_call ADD COLUMN external_id TEXT NOT NULL DEFAULT '';
-- nothing could be read from the body: call is its beginning, as text
ALTER TABLE inbound_call ADD COLUMN undecoded BOOLEAN NOT NULL DEFAULT FALSE;
-- what was wrong with which parameter, as JSON
ALTER TABLE inbound_call ADD COLUMN fields TEXT NOT NULL DEFAULT '';
ALTER TABLE inbound_call ADD COLUMN ended TEXT REFERENCES inbound_end (code);
ALTER TABLE inbound_call ADD COLUMN ended_at BIGINT;
ALTER TABLE inbound_call ADD COLUMN ended_by TEXT NOT NULL DEFAULT '';
ALTER TABLE inbound_call ADD COLUMN ended_why TEXT NOT NULL DEFAULT '';
ALTER TABLE inbound_call ADD COLUMN assignee_id BIGINT REFERENCES app_user (id);
-- Of a replay: the call that it answers and the person who sent it; of the call answered: the replay.
ALTER TABLE inbound_call ADD COLUMN replay_of TEXT;
ALTER TABLE inbound_call ADD COLUMN replayed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE inbound_call ADD COLUMN answered_by TEXT;

-- The accepted calls are nearly all, and pay for none of these but the last.
CREATE INDEX inbound_call_open ON inbound_call (received_at, id) WHERE outcome = 'recusado' AND ended IS NULL;
CREATE INDEX inbound_call_outcome ON inbound_call (outcome, received_at, id) WHERE outcome IN ('recusado', 'repetido');
CREATE INDEX inbound_call_code ON inbound_call (code, received_at, id) WHERE outcome = 'recusado';
CREATE INDEX inbound_call_external ON inbound_call (external_id, received_at) WHERE external_id <> '';
