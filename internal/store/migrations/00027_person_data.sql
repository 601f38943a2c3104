-- A person whose data was erased: the row stays for what refers to it, and says when. The previous release shows it like
-- any other.

-- +goose Up

ALTER TABLE customer ADD COLUMN erased_at BIGINT;
