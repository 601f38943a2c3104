-- The list of deliveries: each question that its page can ask has an index that answers it newest first, with a
-- million rows as with ten. Nothing here is asked of the previous release.

-- +goose Up

CREATE INDEX delivery_created ON delivery (created_at, id);
CREATE INDEX delivery_version ON delivery (config_version_id, created_at, id);

-- As before, and in the order of time within a state: a backlog of 100,000 is paged through like anything else.
DROP INDEX delivery_open;
CREATE INDEX delivery_open ON delivery (state, created_at, id) WHERE state IN ('fila', 'enviando', 'incerto', 'recusado');

-- The delivered ones are nearly all, and pay for none of these.
CREATE INDEX delivery_ignored ON delivery (created_at, id) WHERE state = 'ignorado';
CREATE INDEX delivery_blocked ON delivery (created_at, id) WHERE (state = 'recusado' OR needs_person);
CREATE INDEX delivery_reason ON delivery (reason_code, created_at, id) WHERE reason_code <> '';
