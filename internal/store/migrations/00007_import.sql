-- Configuration versions with a note, an address that says who set it, and units found by how people write them within
-- a block. Defaults let the previous release go on writing.

-- +goose Up

-- restored_from is the number of the older version whose document this one is again.
ALTER TABLE config_version ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE config_version ADD COLUMN restored_from BIGINT;

-- Who set the address, and when and by whom the credentials were set: null where they never were.
ALTER TABLE endpoint ADD COLUMN updated_by TEXT NOT NULL DEFAULT '';
ALTER TABLE endpoint ADD COLUMN credentials_at BIGINT;
ALTER TABLE endpoint ADD COLUMN credentials_by TEXT NOT NULL DEFAULT '';

-- An import finds "0101" where the registry says "101".
CREATE INDEX unit_block_key ON unit (block_id, number_key);
