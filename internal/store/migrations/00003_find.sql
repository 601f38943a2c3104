-- What lists and the one search box need: the latest news of an occurrence beside it, and the keys by which people
-- are found. Defaults let the previous release go on writing; what it writes has no news until something happens.

-- +goose Up

ALTER TABLE occurrence ADD COLUMN news TEXT NOT NULL DEFAULT '';
ALTER TABLE occurrence ADD COLUMN news_by TEXT NOT NULL DEFAULT '';
ALTER TABLE occurrence ADD COLUMN news_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX occurrence_news ON occurrence (status_code, news_at);

-- The phone's digits, last first, so that people find it by its end.
ALTER TABLE customer ADD COLUMN phone_key TEXT NOT NULL DEFAULT '';
CREATE INDEX customer_phone ON customer (phone_key);

-- The words of a customer's name, without accents and in capitals; found by their beginning.
CREATE TABLE customer_word (
  word TEXT NOT NULL,
  customer_id BIGINT NOT NULL REFERENCES customer (id),
  PRIMARY KEY (word, customer_id)
);
CREATE INDEX customer_word_customer ON customer_word (customer_id);
CREATE INDEX service_order_number ON service_order (mobuss_number);
CREATE INDEX delivery_person ON delivery (created_at) WHERE needs_person;
CREATE INDEX visit_day ON visit (starts_at);
