-- What is found by its words and kept apart by what it is: an inverted index of the occurrences. found_rev is the rev that
-- the index has; where it is another, the row is read itself until somebody indexed it: of before this migration, of the
-- previous release, or of the last moments. So nothing here is asked of the previous release.

-- +goose Up

ALTER TABLE occurrence ADD COLUMN found_rev BIGINT NOT NULL DEFAULT 0;
CREATE INDEX occurrence_unfound ON occurrence (id) WHERE found_rev <> rev;

-- The words that the index has, so that those with a beginning are few and known before it is asked.
CREATE TABLE search_word (word TEXT PRIMARY KEY);

-- Whether the index is being written anew, so that words that were taken out of it leave the file: 0 no, 1 to begin, 2 begun.
CREATE TABLE search_purge (id BIGINT PRIMARY KEY, state BIGINT NOT NULL);
INSERT INTO search_purge (id, state) VALUES (1, 0);

-- The index itself is the one thing that each database has its own for. It holds no text, and no backup holds it.
-- +sqlite CREATE VIRTUAL TABLE search USING fts5 (tokens, content = '', contentless_delete = 1, detail = none, prefix = '2 3 4', tokenize = "ascii tokenchars '_'");
-- +postgres
CREATE TABLE search (id BIGINT PRIMARY KEY, tokens tsvector NOT NULL);
CREATE INDEX search_tokens ON search USING gin (tokens);
-- +both

INSERT INTO work_lease (name) VALUES ('busca');
