-- On its own, so that nobody waits for what 30 does with it. Visits that the previous release records while both run have it
-- with the next news of a visit.

-- +goose Up

-- When somebody was there first; null: nobody yet.
ALTER TABLE occurrence ADD COLUMN first_visit_at BIGINT;
