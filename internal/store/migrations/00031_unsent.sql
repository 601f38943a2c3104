-- What somebody was writing when their tab closed: kept with their account for a few days, and never in the browser, because
-- others sit at the same machine. Nothing here is asked of the previous release.

-- +goose Up

-- place: "nova:unit:customer" or "ocorrencia:number". body is sealed: the form's fields, JSON.
CREATE TABLE unsent (
  user_id BIGINT NOT NULL REFERENCES app_user (id),
  place TEXT NOT NULL,
  customer_id BIGINT NOT NULL REFERENCES customer (id),
  body BYTEA NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (user_id, place)
);
CREATE INDEX unsent_at ON unsent (at);
CREATE INDEX unsent_customer ON unsent (customer_id);
