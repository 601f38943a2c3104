-- What the panel's figures and the lists behind them walk: each index answers its question by itself, within the period
-- that is asked about, with any number of occurrences. Nothing here is asked of the previous release. On PostgreSQL writers wait
-- while an index is built, some seconds for each million occurrences; readers wait only for the end.

-- +goose Up

UPDATE occurrence SET first_visit_at = (SELECT MIN(v.starts_at) FROM visit v WHERE v.occurrence_id = occurrence.id AND v.state = 'realizada')
WHERE id IN (SELECT v.occurrence_id FROM visit v WHERE v.state = 'realizada' AND v.starts_at IS NOT NULL);

CREATE INDEX occurrence_opened ON occurrence (opened_at, development_id, type, unit_id, is_test);
CREATE INDEX occurrence_closed ON occurrence (closed_at, development_id, type, opened_at, is_test) WHERE closed_at IS NOT NULL;
CREATE INDEX occurrence_visited ON occurrence (first_visit_at, development_id, type, opened_at, is_test) WHERE first_visit_at IS NOT NULL;
-- Failures of integration, which are few among the movements: what the system moved, with a reason.
CREATE INDEX movement_failed ON movement (at, to_status, occurrence_id) WHERE origin = 'sistema' AND kind = 'movimentacao' AND reason_code <> '';

-- Visits that somebody waits for.
CREATE INDEX visit_pending ON visit (starts_at, occurrence_id) WHERE state = 'agendada';

-- In place of occurrence_status: it answers by itself for some developments too. What closes the table goes last.
CREATE INDEX occurrence_by_status ON occurrence (status_code, opened_at, development_id, type, is_test);
DROP INDEX occurrence_status;
