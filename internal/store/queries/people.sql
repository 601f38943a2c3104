-- name: InsertUser :one
INSERT INTO app_user (login, name, password_hash, roles, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id;

-- name: UserByLogin :one
SELECT * FROM app_user WHERE login = $1;

-- name: UserByID :one
SELECT * FROM app_user WHERE id = $1;

-- name: Users :many
SELECT * FROM app_user ORDER BY login;

-- name: SetPassword :execrows
UPDATE app_user SET password_hash = $2 WHERE id = $1;

-- name: SetUserDisabled :execrows
UPDATE app_user SET disabled = $2 WHERE id = $1;

-- name: SetUserLook :execrows
UPDATE app_user SET language = $2, theme = $3 WHERE id = $1;

-- name: SetUser :execrows
UPDATE app_user SET name = $2, roles = $3, few_developments = $4 WHERE id = $1;

-- name: InsertUserDevelopment :exec
INSERT INTO user_development (user_id, development_id) VALUES ($1, $2);

-- name: ForgetUserDevelopments :exec
DELETE FROM user_development WHERE user_id = $1;

-- name: UserDevelopments :many
SELECT d.id, d.code, d.name FROM user_development u JOIN development d ON d.id = u.development_id WHERE u.user_id = $1 ORDER BY d.code;

-- name: DevelopmentsOfUsers :many
SELECT u.user_id, d.id, d.code, d.name FROM user_development u JOIN development d ON d.id = u.development_id ORDER BY u.user_id, d.code;

-- name: SeeUser :exec
UPDATE app_user SET last_seen_at = @at WHERE id = @id AND (last_seen_at IS NULL OR last_seen_at < @at);

-- name: Session :one
SELECT data, seen_at, user_id FROM session WHERE token_hash = $1 AND expires_at > $2;

-- name: UpsertSession :exec
INSERT INTO session (token_hash, data, expires_at, user_id, began_at, seen_at, address, agent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (token_hash) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at, user_id = excluded.user_id,
  address = excluded.address, agent = excluded.agent;

-- name: SeeSession :exec
UPDATE session SET seen_at = $2 WHERE token_hash = $1;

-- name: SessionsOfUser :many
SELECT token_hash, began_at, seen_at, address, agent, expires_at FROM session WHERE user_id = $1 AND expires_at > $2
ORDER BY seen_at DESC, token_hash;

-- name: CountSessions :many
SELECT user_id, COUNT(*) AS n FROM session WHERE user_id IS NOT NULL AND expires_at > $1 GROUP BY user_id;

-- name: EndSession :execrows
DELETE FROM session WHERE user_id = $1 AND token_hash = $2;

-- name: EndSessions :execrows
-- All but one; an empty hash is of none.
DELETE FROM session WHERE user_id = $1 AND token_hash <> $2;

-- name: TakeTry :execrows
-- A try is taken if one is left, in one statement: of two replicas that ask at once each sees the other's.
INSERT INTO sign_in_try (scope, login, address, full_at) VALUES (@scope, @login, @address, CAST(@now AS BIGINT) + CAST(@every AS BIGINT))
ON CONFLICT (scope, login, address) DO UPDATE SET
  full_at = CASE WHEN sign_in_try.full_at > CAST(@now AS BIGINT) THEN sign_in_try.full_at ELSE CAST(@now AS BIGINT) END + CAST(@every AS BIGINT)
WHERE sign_in_try.full_at <= CAST(@latest AS BIGINT);

-- name: TryFullAt :one
SELECT full_at FROM sign_in_try WHERE scope = $1 AND login = $2 AND address = $3;

-- name: ForgiveTries :execrows
DELETE FROM sign_in_try WHERE scope = $1 AND login = $2 AND address = $3;

-- name: UnlockLogin :execrows
DELETE FROM sign_in_try WHERE scope = $1 AND login = $2;

-- name: SpentTries :many
-- Accounts at addresses that have no try left.
SELECT login, address, full_at FROM sign_in_try WHERE scope = $1 AND full_at > $2 AND login <> '' ORDER BY full_at DESC LIMIT 500;

-- name: SweepTries :exec
DELETE FROM sign_in_try WHERE full_at <= $1;

-- name: DeleteSession :exec
DELETE FROM session WHERE token_hash = $1;

-- name: DeleteOldSessions :exec
DELETE FROM session WHERE expires_at <= $1;

-- name: UserOfIdentity :one
SELECT user_id FROM user_identity WHERE issuer = $1 AND subject = $2;

-- name: InsertIdentity :exec
INSERT INTO user_identity (issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4);
