-- The time that was proposed with a request for an inspection, so that the request can be sent again whole.

-- +goose Up

CREATE TABLE visit_wish (
  movement_id BIGINT PRIMARY KEY REFERENCES movement (id),
  starts_at BIGINT,
  ends_at BIGINT
);
