-- name: StoreBlob :one
-- Whoever stores the same bytes again learns where they lie.
INSERT INTO blob (sha256, stored_at, used_at, size) VALUES ($1, @now, @now, $2)
ON CONFLICT (sha256) DO UPDATE SET used_at = excluded.used_at RETURNING stored_at;

-- name: NameBlob :execrows
-- No row: it was swept meanwhile. The new used_at makes a sweep that waits for this row look again.
UPDATE blob SET used_at = @now WHERE sha256 = @sha256 AND stored_at = @stored_at;

-- name: Blob :one
SELECT * FROM blob WHERE sha256 = $1;

-- name: OrphanBlobs :many
SELECT * FROM blob b WHERE b.used_at < $1 AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.sha256 = b.sha256)
ORDER BY b.used_at LIMIT CAST($2 AS BIGINT);

-- name: LockBlob :exec
-- The no-op update is the row lock of both databases; the next statement sees what was named before it.
UPDATE blob SET used_at = used_at WHERE sha256 = $1;

-- name: ForgetBlob :execrows
DELETE FROM blob WHERE blob.sha256 = @sha256 AND blob.used_at < @before
  AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.sha256 = blob.sha256);

-- name: InsertGoneBlob :exec
INSERT INTO blob_gone (sha256, stored_at) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: GoneBlobs :many
SELECT * FROM blob_gone LIMIT CAST($1 AS BIGINT);

-- name: DeleteGoneBlob :exec
DELETE FROM blob_gone WHERE sha256 = $1 AND stored_at = $2;

-- name: InsertAttachment :one
INSERT INTO attachment (occurrence_id, movement_id, name, content_type, declared_type, size, sha256, internal, origin,
  actor_kind, actor_id, actor_name, at, arrived_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id;

-- name: AttachmentByID :one
SELECT * FROM attachment WHERE id = $1;

-- name: AttachmentsOf :many
-- By the second and then by arrival, as movements are.
SELECT * FROM attachment WHERE occurrence_id = $1 ORDER BY at / 1000, id;

-- name: InsertDeliveryAttachment :exec
INSERT INTO delivery_attachment (delivery_id, attachment_id) VALUES ($1, $2);

-- name: AttachmentOfDelivery :one
SELECT a.* FROM attachment a JOIN delivery_attachment l ON l.attachment_id = a.id WHERE l.delivery_id = $1;

-- name: DeliveryAttachmentsOf :many
SELECT l.delivery_id, l.attachment_id FROM delivery_attachment l JOIN attachment a ON a.id = l.attachment_id
WHERE a.occurrence_id = $1;

-- name: CountSendings :one
-- Deliveries of an attachment to an order that were not given up.
SELECT COUNT(*) FROM delivery_attachment l JOIN delivery d ON d.id = l.delivery_id
WHERE l.attachment_id = $1 AND d.order_id = $2 AND d.state <> 'ignorado';

-- name: ExtendLease :exec
-- A large file takes longer than the lease with which its lane was claimed.
UPDATE lane SET lease_until = CAST(@until AS BIGINT), next_at = CAST(@until AS BIGINT) WHERE id = @id AND token = @token;

-- name: BlobsStored :many
-- In the order in which they came, from a moment on (and, at the same moment, behind a hash).
SELECT sha256, stored_at FROM blob WHERE (stored_at, sha256) > (CAST(@stored_at AS BIGINT), CAST(@sha256 AS TEXT))
ORDER BY stored_at, sha256 LIMIT CAST(@most AS BIGINT);

-- name: BlobsNamed :many
SELECT b.sha256, b.stored_at FROM blob b WHERE EXISTS (SELECT 1 FROM attachment a WHERE a.sha256 = b.sha256) ORDER BY b.sha256;
