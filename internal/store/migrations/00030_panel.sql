-- What the panel's figures and the lists behind them walk: each index answers its question by itself, within the period
-- that is asked about, with any number of occurrences. Nothing here is asked of the previous release: visits that it
-- records while both run have their occurrence's first_visit_at with the next news of a visit.

-- +goose Up

-- When somebody was there first; null: nobody yet.
ALTER TABLE occurrence ADD COLUMN first_visit_at BIGINT;
UPDATE occurrence SET first_visit_at = (SELECT MIN(v.starts_at) FROM visit v WHERE v.occurrence_id = occurrence.id AND v.state = 'realizada')
WHERE id IN (SELECT v.occurrence_id FROM visit v WHERE v.state = 'realizada' AND v.starts_at IS NOT NULL);

CREATE INDEX occurrence_opened ON occurrence (opened_at, development_id, type, unit_id, is_test);
CREATE INDEX occurrence_closed ON occurrence (closed_at, development_id, type, opened_at, is_test) WHERE closed_at IS NOT NULL;
CREATE INDEX occurrence_visited ON occurrence (first_visit_at, development_id, type, opened_at, is_test) WHERE first_visit_at IS NOT NULL;
-- As before, and it answers by itself for some developments too.
DROP INDEX occurrence_status;
CREATE INDEX occurrence_status ON occurrence (status_code, opened_at, development_id, type, is_test);

-- Failures of integration, which are few among the movements: what the system moved, with a reason.
CREATE INDEX movement_failed ON movement (at, to_status, occurrence_id) WHERE origin = 'sistema' AND kind = 'movimentacao' AND reason_code <> '';

-- Visits that somebody waits for.
CREATE INDEX visit_pending ON visit (starts_at, occurrence_id) WHERE state = 'agendada';
