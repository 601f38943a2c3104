-- name: PutUnsent :exec
INSERT INTO unsent (user_id, place, customer_id, body, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (user_id, place) DO UPDATE SET customer_id = excluded.customer_id, body = excluded.body, at = excluded.at;

-- name: Unsent :one
SELECT body, at FROM unsent WHERE user_id = $1 AND place = $2;

-- name: UnsentOf :many
SELECT place, at FROM unsent WHERE user_id = $1 AND place >= CAST(@since AS TEXT) AND place < CAST(@until AS TEXT) ORDER BY at DESC LIMIT 5;

-- name: DropUnsent :exec
DELETE FROM unsent WHERE user_id = $1 AND place = $2;

-- name: EraseUnsent :execrows
DELETE FROM unsent WHERE customer_id = $1;

-- name: ForgetUnsent :execrows
DELETE FROM unsent WHERE at < $1;
