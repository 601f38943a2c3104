-- name: SecondFactor :one
SELECT * FROM second_factor WHERE user_id = $1;

-- name: PutSecondFactor :execrows
-- One that was confirmed is not replaced: it is taken away first.
INSERT INTO second_factor (user_id, secret) VALUES ($1, $2)
ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = 0 WHERE second_factor.confirmed_at IS NULL;

-- name: TakeStep :execrows
-- A step counts once, whichever replica is asked.
UPDATE second_factor SET last_step = $2 WHERE user_id = $1 AND last_step < $2;

-- name: ConfirmSecondFactor :execrows
UPDATE second_factor SET confirmed_at = $2 WHERE user_id = $1 AND confirmed_at IS NULL;

-- name: DropSecondFactor :execrows
DELETE FROM second_factor WHERE user_id = $1;

-- name: InsertRecoveryCode :exec
INSERT INTO recovery_code (user_id, code_hash) VALUES ($1, $2);

-- name: TakeRecoveryCode :execrows
UPDATE recovery_code SET used_at = $3 WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL;

-- name: CountRecoveryCodes :one
SELECT COUNT(*) FROM recovery_code WHERE user_id = $1 AND used_at IS NULL;

-- name: DropRecoveryCodes :exec
DELETE FROM recovery_code WHERE user_id = $1;

-- name: SecondFactorRoles :many
SELECT role FROM second_factor_role ORDER BY role;

-- name: ForgetSecondFactorRoles :exec
DELETE FROM second_factor_role;

-- name: InsertSecondFactorRole :exec
INSERT INTO second_factor_role (role) VALUES ($1);
