-- Who ran into the time limit may be accepted late. The previous release leaves it as it is, and settles by the settling time
-- alone.

-- +goose Up

-- The outcome is unknown because nobody answered in time: the other side may still be at it.
ALTER TABLE delivery ADD COLUMN late BOOLEAN NOT NULL DEFAULT FALSE;
