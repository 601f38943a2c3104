-- Letters to customers.

-- name: LetterSettings :one
SELECT * FROM letter_settings WHERE id = 1;

-- name: PutLetterSettings :exec
INSERT INTO letter_settings (id, document, updated_at, updated_by) VALUES (1, $1, $2, $3)
ON CONFLICT (id) DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at, updated_by = excluded.updated_by;

-- name: SetLetterKinds :exec
UPDATE installation SET letters = $1 WHERE id = 1;

-- name: SetNoLetters :execrows
UPDATE customer SET no_letters = $2 WHERE id = $1 AND erased_at IS NULL;

-- name: InsertLetter :exec
INSERT INTO letter (id, kind, state, test, development_id, occurrence_id, movement_id, visit_id, visit_seq, customer_id, shown, facts,
  created_at, created_by, due_at, expires_at)
VALUES ($1, $2, 'fila', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);

-- name: LettersOfVisit :one
-- How many there are, and the first one's id, which is the appointment's for good.
SELECT COUNT(*) AS many, CAST(COALESCE(MIN(id), '') AS TEXT) AS first, CAST(COALESCE(SUM(attempts), 0) AS BIGINT) AS attempts
FROM letter WHERE visit_id = $1 AND visit_seq < CAST(@before AS BIGINT);

-- name: LaterLettersOfVisit :one
SELECT COUNT(*) FROM letter WHERE visit_id = $1 AND visit_seq > $2;

-- name: DueLetters :many
SELECT * FROM letter WHERE settled_at IS NULL AND due_at <= CAST(@now AS BIGINT) ORDER BY due_at, id LIMIT CAST(@most AS BIGINT);

-- name: NextLetter :many
SELECT due_at FROM letter WHERE settled_at IS NULL ORDER BY due_at, id LIMIT 1;

-- name: TryLetter :exec
UPDATE letter SET state = 'enviando', attempts = attempts + 1, tried_at = $2, due_at = $3, shown = $4 WHERE id = $1;

-- name: VoidLetterLeases :exec
UPDATE letter SET due_at = CAST(@now AS BIGINT) WHERE state = 'enviando';

-- name: RetryLetter :execrows
-- Only by whoever tried last.
UPDATE letter SET state = 'fila', due_at = $2, reason_code = $3, smtp_code = $4 WHERE id = $1 AND attempts = $5 AND state = 'enviando';

-- name: EndLetter :execrows
-- What it said goes with it.
UPDATE letter SET state = $2, settled_at = $3, reason_code = $4, smtp_code = $5, print = $6, facts = NULL
WHERE id = $1 AND attempts = $7 AND state IN ('fila', 'enviando');

-- name: DropLettersOfOccurrence :execrows
UPDATE letter SET state = 'dispensada', settled_at = $2, reason_code = $3, facts = NULL WHERE occurrence_id = $1 AND state IN ('fila', 'enviando');

-- name: DropLetters :execrows
-- After a restore: whoever ran meanwhile may have sent them.
UPDATE letter SET state = 'dispensada', settled_at = $1, reason_code = 'restaurado', facts = NULL WHERE state IN ('fila', 'enviando');

-- name: Letter :one
SELECT * FROM letter WHERE id = $1;

-- name: LettersOfOccurrence :many
SELECT * FROM letter WHERE occurrence_id = $1 ORDER BY id;

-- name: LettersOfCustomer :many
SELECT l.*, o.number FROM letter l JOIN occurrence o ON o.id = l.occurrence_id WHERE l.customer_id = $1 AND NOT l.test ORDER BY l.id;

-- name: LettersByTime :many
SELECT l.*, o.number, o.subject, d.zone FROM letter l JOIN occurrence o ON o.id = l.occurrence_id JOIN development d ON d.id = l.development_id
WHERE (l.created_at < CAST(@before AS BIGINT) OR l.created_at = CAST(@before AS BIGINT) AND l.id < CAST(@before_id AS TEXT))
  AND (CAST(@few AS TEXT) = '' OR CAST(@few AS TEXT) LIKE '%,' || CAST(l.development_id AS TEXT) || ',%')
ORDER BY l.created_at DESC, l.id DESC LIMIT CAST(@most AS BIGINT);

-- name: LettersOfState :many
SELECT l.*, o.number, o.subject, d.zone FROM letter l JOIN occurrence o ON o.id = l.occurrence_id JOIN development d ON d.id = l.development_id
WHERE l.state = @state AND (l.created_at < CAST(@before AS BIGINT) OR l.created_at = CAST(@before AS BIGINT) AND l.id < CAST(@before_id AS TEXT))
  AND (CAST(@few AS TEXT) = '' OR CAST(@few AS TEXT) LIKE '%,' || CAST(l.development_id AS TEXT) || ',%')
ORDER BY l.created_at DESC, l.id DESC LIMIT CAST(@most AS BIGINT);

-- name: LastTrialLetter :many
SELECT * FROM letter WHERE kind = 'teste' ORDER BY created_at DESC, id DESC LIMIT 1;

-- name: CountLetters :many
SELECT state, COUNT(*) AS n FROM letter WHERE state IN ('fila', 'enviando', 'falhou') GROUP BY state;

-- name: EraseLetters :execrows
-- Those to the person, and those about what they asked for. What was under way goes no further.
UPDATE letter SET facts = NULL, shown = '', print = '', customer_id = NULL,
  settled_at = CASE WHEN state IN ('fila', 'enviando') THEN CAST(@now AS BIGINT) ELSE settled_at END,
  reason_code = CASE WHEN state IN ('fila', 'enviando') THEN 'removida' ELSE reason_code END,
  state = CASE WHEN state IN ('fila', 'enviando') THEN 'dispensada' ELSE state END
WHERE letter.customer_id = CAST(@customer AS BIGINT) OR letter.occurrence_id IN (SELECT o.id FROM occurrence o WHERE o.customer_id = CAST(@customer AS BIGINT));

-- name: ForgetLetters :execrows
DELETE FROM letter WHERE id IN (
  SELECT l.id FROM letter l WHERE l.created_at < CAST(@before AS BIGINT) AND l.state IN ('enviada', 'falhou', 'dispensada') LIMIT CAST(@most AS BIGINT));
