-- What is held of a customer, and its erasure.

-- name: OccurrencesOfCustomer :many
SELECT * FROM occurrence WHERE customer_id = $1 ORDER BY id;

-- name: HeldOfCustomer :one
-- What still needs the data, and what there is.
SELECT
  (SELECT COUNT(*) FROM occurrence o WHERE o.customer_id = $1) AS occurrences,
  (SELECT COUNT(*) FROM occurrence o WHERE o.customer_id = $1 AND o.closed_at IS NULL) AS open_occurrences,
  (SELECT COUNT(*) FROM contract k WHERE k.customer_id = $1 AND k.current) AS current_contracts,
  (SELECT COUNT(*) FROM delivery d JOIN occurrence o ON o.id = d.occurrence_id WHERE o.customer_id = $1
    AND d.state NOT IN ('entregue', 'ignorado')) AS open_deliveries,
  (SELECT COUNT(*) FROM inbound_call c JOIN occurrence o ON o.id = c.occurrence_id WHERE o.customer_id = $1
    AND c.outcome = 'recusado' AND c.ended IS NULL) AS open_calls,
  (SELECT COUNT(*) FROM finding f JOIN occurrence o ON o.id = f.occurrence_id WHERE o.customer_id = $1
    AND f.state = 'aberto') AS open_findings,
  (SELECT COUNT(*) FROM attachment a JOIN occurrence o ON o.id = a.occurrence_id WHERE o.customer_id = $1) AS files;

-- name: EraseCustomer :execrows
UPDATE customer SET name = $2, document_key = NULL, email = '', phone = '', phone_key = '', erased_at = $3
WHERE id = $1 AND erased_at IS NULL;

-- name: EraseOccurrences :execrows
UPDATE occurrence SET subject = @gone, description = @gone, place = '', requester_name = '', requester_phone = '', news = '',
  solution = CASE WHEN solution = '' THEN '' ELSE @gone END, rev = rev + 1 WHERE customer_id = @customer;

-- name: EraseMovements :execrows
UPDATE movement SET comment = CASE WHEN comment = '' THEN '' ELSE @gone END
WHERE occurrence_id IN (SELECT o.id FROM occurrence o WHERE o.customer_id = @customer);

-- name: EraseBulkMoves :execrows
-- One comment was said of many; what it says of this one nobody can tell. What was still to be done with it is not done: neither
-- those words nor these in their place are what anybody wanted to say.
UPDATE bulk_move SET comment = @gone, ended_at = COALESCE(ended_at, CAST(@now AS BIGINT)), changed_at = @now,
  state = CASE WHEN state IN ('feito', 'parado', 'falhou') THEN state ELSE 'parado' END
WHERE comment <> '' AND id IN (SELECT i.bulk_move_id FROM bulk_move_item i JOIN occurrence o ON o.id = i.occurrence_id WHERE o.customer_id = @customer);

-- name: EraseFileNames :execrows
UPDATE attachment SET name = 'anexo-' || CAST(attachment.id AS TEXT)
WHERE occurrence_id IN (SELECT o.id FROM occurrence o WHERE o.customer_id = $1);

-- name: EraseDeliveries :execrows
UPDATE delivery SET frozen = NULL, bound = NULL
WHERE occurrence_id IN (SELECT o.id FROM occurrence o WHERE o.customer_id = $1);

-- name: EraseFormerDeliveries :execrows
UPDATE delivery_former SET frozen = NULL, bound = NULL WHERE delivery_id IN (
  SELECT d.id FROM delivery d JOIN occurrence o ON o.id = d.occurrence_id WHERE o.customer_id = $1);

-- name: EraseExchanges :execrows
UPDATE attempt SET exchange = NULL WHERE delivery_id IN (
  SELECT d.id FROM delivery d JOIN occurrence o ON o.id = d.occurrence_id WHERE o.customer_id = $1);

-- name: EraseCalls :execrows
UPDATE inbound_call SET call = NULL, fields = '', ended_why = ''
WHERE occurrence_id IN (SELECT o.id FROM occurrence o WHERE o.customer_id = $1);

-- name: EraseTrialCalls :execrows
DELETE FROM trial_call WHERE occurrence_id IN (SELECT o.id FROM occurrence o WHERE o.customer_id = $1);

-- name: EraseFindings :execrows
DELETE FROM finding WHERE finding.customer_id = $1 OR finding.occurrence_id IN (SELECT o.id FROM occurrence o WHERE o.customer_id = $1);

-- name: EraseFieldFacts :execrows
UPDATE field_fact SET gist = '' WHERE occurrence_id IN (SELECT o.id FROM occurrence o WHERE o.customer_id = $1);

-- Reasons, whose arguments may hold what somebody wrote.

-- name: MovementReasons :many
SELECT m.id, m.reason_args FROM movement m JOIN occurrence o ON o.id = m.occurrence_id WHERE o.customer_id = $1 AND m.reason_args <> '';

-- name: SetMovementReason :exec
UPDATE movement SET reason_args = $2 WHERE id = $1;

-- name: DeliveryReasons :many
SELECT d.id, d.reason_args FROM delivery d JOIN occurrence o ON o.id = d.occurrence_id WHERE o.customer_id = $1 AND d.reason_args <> '';

-- name: SetDeliveryReason :exec
UPDATE delivery SET reason_args = $2 WHERE id = $1;

-- name: AttemptReasons :many
SELECT a.delivery_id, a.token, a.reason_args FROM attempt a JOIN delivery d ON d.id = a.delivery_id JOIN occurrence o ON o.id = d.occurrence_id
WHERE o.customer_id = $1 AND a.reason_args <> '';

-- name: SetAttemptReason :exec
UPDATE attempt SET reason_args = $3 WHERE delivery_id = $1 AND token = $2;

-- name: CallReasons :many
SELECT c.id, c.error FROM inbound_call c JOIN occurrence o ON o.id = c.occurrence_id WHERE o.customer_id = $1 AND c.error <> '';

-- name: SetCallReason :exec
UPDATE inbound_call SET error = $2 WHERE id = $1;
