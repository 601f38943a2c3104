-- name: OwnViews :many
SELECT id, name, name_key, query, place FROM saved_view WHERE user_id = CAST(@owner AS BIGINT) ORDER BY place, id;

-- name: SharedViews :many
SELECT id, name, name_key, query, place FROM saved_view WHERE user_id IS NULL ORDER BY place, id;

-- name: StartView :many
SELECT view_id FROM saved_view_start WHERE user_id = $1;

-- name: HoldView :many
-- The no-op update is the row lock of both databases.
UPDATE saved_view SET place = place WHERE id = $1 RETURNING id;

-- name: InsertView :one
INSERT INTO saved_view (user_id, name, name_key, query, place, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id;

-- name: ChangeView :exec
UPDATE saved_view SET user_id = $2, name = $3, name_key = $4, query = $5, changed_at = $6, changed_by = $7 WHERE id = $1;

-- name: PlaceView :exec
UPDATE saved_view SET place = $2 WHERE id = $1;

-- name: PutStartView :exec
INSERT INTO saved_view_start (user_id, view_id) VALUES ($1, $2) ON CONFLICT (user_id) DO UPDATE SET view_id = excluded.view_id;

-- name: DropStartView :exec
DELETE FROM saved_view_start WHERE user_id = $1;

-- name: LeaveView :exec
-- Nobody begins there any more; but for one, if it stays theirs.
DELETE FROM saved_view_start WHERE view_id = @view AND user_id <> CAST(@but AS BIGINT);

-- name: DropView :exec
DELETE FROM saved_view WHERE id = $1;

-- name: DropOwnViews :exec
DELETE FROM saved_view WHERE user_id = CAST(@owner AS BIGINT);
