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
-- What somebody was written about a visit: the next letter's place, and how often one may have reached them.
SELECT CAST(COALESCE(MAX(visit_seq) + 1, 0) AS BIGINT) AS next,
  CAST(COALESCE(SUM(CASE WHEN state = 'falhou' AND smtp_code >= 500 THEN 0 ELSE attempts END), 0) AS BIGINT) AS told
FROM letter WHERE visit_id = $1 AND customer_id = $2 AND visit_seq < CAST(@before AS BIGINT);

-- name: LaterLettersOfVisit :one
SELECT COUNT(*) FROM letter WHERE visit_id = $1 AND customer_id = $2 AND visit_seq > $3;

-- name: DueLetters :many
SELECT * FROM letter WHERE settled_at IS NULL AND due_at <= CAST(@now AS BIGINT) ORDER BY due_at, id LIMIT CAST(@most AS BIGINT);

-- name: NextLetter :many
SELECT due_at FROM letter WHERE settled_at IS NULL ORDER BY due_at, id LIMIT 1;

-- name: TryLetter :execrows
-- Nothing where somebody settled it, or tried, since it was read.
UPDATE letter SET state = 'enviando', attempts = attempts + 1, tried_at = $2, due_at = $3
WHERE id = $1 AND settled_at IS NULL AND attempts = $4;

-- name: VoidLetterLeases :exec
UPDATE letter SET due_at = CAST(@now AS BIGINT) WHERE state = 'enviando';

-- name: RetryLetter :execrows
-- Only by whoever tried last.
UPDATE letter SET state = 'fila', due_at = $2, reason_code = $3, smtp_code = $4 WHERE id = $1 AND attempts = $5 AND state = 'enviando';

-- name: EndLetter :execrows
-- What it said goes with it.
UPDATE letter SET state = $2, settled_at = $3, reason_code = $4, smtp_code = $5, print = $6, facts = NULL
WHERE id = $1 AND attempts = $7 AND state IN ('fila', 'enviando');

-- name: LetterLeftAfterAll :execrows
-- It was settled while it was being sent, and the server took it.
UPDATE letter SET state = 'enviada', settled_at = $2 WHERE id = $1 AND attempts = $3 AND state = 'dispensada';

-- name: ExpireLetters :execrows
-- What nobody sends any more: there is no mail server, or none that came in time. A sending under way has its lease.
UPDATE letter SET state = CASE WHEN attempts > 0 THEN 'falhou' ELSE 'dispensada' END, settled_at = CAST(@now AS BIGINT), reason_code = 'passou_do_prazo', facts = NULL
WHERE settled_at IS NULL AND expires_at <= CAST(@now AS BIGINT) AND (state = 'fila' OR due_at <= CAST(@steady AS BIGINT));

-- name: DropLettersOfOccurrence :execrows
UPDATE letter SET state = 'dispensada', settled_at = $2, reason_code = $3, facts = NULL WHERE occurrence_id = $1 AND state IN ('fila', 'enviando');

-- name: DropLetters :execrows
-- After a restore: whoever ran meanwhile may have sent them.
UPDATE letter SET state = 'dispensada', settled_at = $1, reason_code = 'restaurado', facts = NULL WHERE state IN ('fila', 'enviando');

-- name: Letter :one
SELECT * FROM letter WHERE id = $1;

-- name: LettersOfOccurrence :many
SELECT id, kind, state, test, development_id, occurrence_id, movement_id, visit_id, visit_seq, customer_id, shown, attempts, created_at, created_by, expires_at, tried_at, settled_at, reason_code, smtp_code
FROM letter WHERE occurrence_id = $1 ORDER BY id;

-- name: LettersOfCustomer :many
SELECT l.*, o.number FROM letter l JOIN occurrence o ON o.id = l.occurrence_id WHERE l.customer_id = $1 AND NOT l.test ORDER BY l.id;

-- name: LettersByTime :many
SELECT l.id, l.kind, l.state, l.test, l.development_id, l.occurrence_id, l.movement_id, l.visit_id, l.visit_seq, l.customer_id, l.shown, l.attempts, l.created_at, l.created_by, l.expires_at, l.tried_at, l.settled_at, l.reason_code, l.smtp_code,
  o.number, o.subject, d.zone
FROM letter l JOIN occurrence o ON o.id = l.occurrence_id JOIN development d ON d.id = l.development_id
WHERE (l.created_at < CAST(@before AS BIGINT) OR l.created_at = CAST(@before AS BIGINT) AND l.id < CAST(@before_id AS TEXT))
ORDER BY l.created_at DESC, l.id DESC LIMIT CAST(@most AS BIGINT);

-- name: LettersOfState :many
SELECT l.id, l.kind, l.state, l.test, l.development_id, l.occurrence_id, l.movement_id, l.visit_id, l.visit_seq, l.customer_id, l.shown, l.attempts, l.created_at, l.created_by, l.expires_at, l.tried_at, l.settled_at, l.reason_code, l.smtp_code,
  o.number, o.subject, d.zone
FROM letter l JOIN occurrence o ON o.id = l.occurrence_id JOIN development d ON d.id = l.development_id
WHERE l.state = @state AND (l.created_at < CAST(@before AS BIGINT) OR l.created_at = CAST(@before AS BIGINT) AND l.id < CAST(@before_id AS TEXT))
ORDER BY l.created_at DESC, l.id DESC LIMIT CAST(@most AS BIGINT);

-- name: LastTrialLetter :many
SELECT * FROM letter WHERE kind = 'teste' ORDER BY created_at DESC, id DESC LIMIT 1;

-- name: CountLetters :many
SELECT state, COUNT(*) AS n FROM letter WHERE state IN ('fila', 'enviando', 'falhou') GROUP BY state;

-- name: EraseLettersTo :execrows
-- To the person. What was under way goes no further.
UPDATE letter SET facts = NULL, shown = '', print = '', customer_id = NULL,
  settled_at = COALESCE(settled_at, CAST(@now AS BIGINT)), reason_code = CASE WHEN settled_at IS NULL THEN 'removida' ELSE reason_code END,
  state = CASE WHEN settled_at IS NULL THEN 'dispensada' ELSE state END
WHERE customer_id = CAST(@customer AS BIGINT);

-- name: EraseLettersAbout :execrows
-- About what they asked for, whoever asked in their place.
UPDATE letter SET facts = NULL, shown = '', print = '', customer_id = NULL,
  settled_at = COALESCE(settled_at, CAST(@now AS BIGINT)), reason_code = CASE WHEN settled_at IS NULL THEN 'removida' ELSE reason_code END,
  state = CASE WHEN settled_at IS NULL THEN 'dispensada' ELSE state END
WHERE occurrence_id IN (SELECT o.id FROM occurrence o WHERE o.customer_id = CAST(@customer AS BIGINT));

-- name: ForgetLetters :execrows
-- Not those about a visit that is as young: who was told of it may have to hear more.
DELETE FROM letter WHERE id IN (
  SELECT l.id FROM letter l WHERE l.created_at < CAST(@before AS BIGINT) AND l.state IN ('enviada', 'falhou', 'dispensada')
    AND (l.visit_id IS NULL OR NOT EXISTS (SELECT 1 FROM visit v WHERE v.id = l.visit_id AND v.starts_at >= CAST(@before AS BIGINT)))
  LIMIT CAST(@most AS BIGINT));
