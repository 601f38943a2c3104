-- name: EnsureReconcileLease :exec
INSERT INTO reconcile_lease (connection_id, environment) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: ReconcileLease :one
SELECT * FROM reconcile_lease WHERE connection_id = $1 AND environment = $2;

-- name: TakeReconcileLease :one
-- One of many processes gets it; a former holder's steps then write nothing.
UPDATE reconcile_lease SET owner = @owner, token = token + 1, lease_until = @until
WHERE connection_id = @connection_id AND environment = @environment AND (lease_until <= @now OR owner = @owner) RETURNING *;

-- name: KeepReconcileLease :execrows
-- The gate of every step.
UPDATE reconcile_lease SET lease_until = @until WHERE connection_id = @connection_id AND environment = @environment AND token = @token;

-- name: StartReconcile :exec
UPDATE reconcile_lease SET run_id = @run_id, last_at = @now, asked_at = NULL, asked_by = ''
WHERE connection_id = @connection_id AND environment = @environment;

-- name: LeaveReconcile :execrows
-- With run_id kept, whoever comes next goes on with it.
UPDATE reconcile_lease SET owner = '', lease_until = 0, run_id = @run_id
WHERE connection_id = @connection_id AND environment = @environment AND token = @token;

-- name: AskReconcile :execrows
UPDATE reconcile_lease SET asked_at = @now, asked_by = @asked_by
WHERE connection_id = @connection_id AND environment = @environment AND run_id = '' AND asked_at IS NULL;

-- name: VoidReconcileLeases :exec
UPDATE reconcile_lease SET owner = '', lease_until = 0, token = token + 1 WHERE lease_until > 0;

-- name: InsertReconcileRun :exec
INSERT INTO reconcile_run (id, connection_id, environment, state, asked_by, started_at) VALUES ($1, $2, $3, 'rodando', $4, $5);

-- name: AddToReconcileRun :exec
UPDATE reconcile_run SET orders = orders + @orders, customers = customers + @customers, failed = failed + @failed, found = found + @found,
  taken = taken + @taken WHERE id = @id;

-- name: EndReconcileRun :exec
UPDATE reconcile_run SET state = $2, ended_at = $3, reason_code = $4 WHERE id = $1 AND state = 'rodando';

-- name: ForgetReconcileRuns :exec
-- Those that found nothing; what a finding names is kept with it.
DELETE FROM reconcile_run WHERE reconcile_run.connection_id = $1 AND reconcile_run.environment = $2 AND reconcile_run.started_at < $3
  AND reconcile_run.state <> 'rodando' AND NOT EXISTS (SELECT 1 FROM finding f WHERE f.run_id = reconcile_run.id);

-- name: LastReconcileRuns :many
SELECT * FROM reconcile_run WHERE connection_id = $1 AND environment = $2 ORDER BY started_at DESC, id DESC LIMIT CAST(@most AS BIGINT);

-- name: OrdersToLook :many
-- The longest unseen first. Opening orders are among them for what waits for a person.
SELECT s.id, s.occurrence_id FROM service_order s LEFT JOIN order_look l ON l.order_id = s.id
WHERE s.connection_id = @connection_id AND s.environment = @environment AND COALESCE(l.tried_at, 0) < CAST(@before AS BIGINT)
  AND (s.state IN ('aberta', 'abrindo') OR (s.state = 'encerrada' AND s.mobuss_id IS NOT NULL AND s.closed_at >= CAST(@closed_since AS BIGINT)))
ORDER BY COALESCE(l.ok_at, 0), s.id LIMIT CAST(@most AS BIGINT);

-- name: CustomersToLook :many
SELECT o.customer_id, CAST(MIN(s.id) AS BIGINT) AS order_id FROM service_order s JOIN occurrence o ON o.id = s.occurrence_id
  LEFT JOIN customer_look l ON l.connection_id = s.connection_id AND l.environment = s.environment AND l.customer_id = o.customer_id
WHERE s.connection_id = @connection_id AND s.environment = @environment AND COALESCE(l.tried_at, 0) < CAST(@before AS BIGINT)
  AND (s.state IN ('aberta', 'abrindo') OR (s.state = 'encerrada' AND s.closed_at >= CAST(@closed_since AS BIGINT)))
GROUP BY o.customer_id ORDER BY MIN(COALESCE(l.ok_at, 0)), o.customer_id LIMIT CAST(@most AS BIGINT);

-- name: OrdersOfCustomer :many
SELECT s.* FROM service_order s JOIN occurrence o ON o.id = s.occurrence_id
WHERE o.customer_id = @customer_id AND s.connection_id = @connection_id AND s.environment = @environment ORDER BY s.id;

-- name: OrderByLegacy :one
SELECT * FROM service_order WHERE connection_id = $1 AND environment = $2 AND legacy_id = $3;

-- name: OrderLook :one
SELECT * FROM order_look WHERE order_id = $1;

-- name: TryOrderLook :exec
INSERT INTO order_look (order_id, tried_at) VALUES ($1, $2) ON CONFLICT (order_id) DO UPDATE SET tried_at = excluded.tried_at;

-- name: SetOrderLook :exec
INSERT INTO order_look (order_id, tried_at, ok_at, situation, since, seen_at) VALUES ($1, $2, $2, $3, $4, $5)
ON CONFLICT (order_id) DO UPDATE SET tried_at = excluded.tried_at, ok_at = excluded.ok_at, situation = excluded.situation,
  since = excluded.since, seen_at = excluded.seen_at;

-- name: SetCustomerLook :exec
INSERT INTO customer_look (connection_id, environment, customer_id, tried_at, ok_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (connection_id, environment, customer_id) DO UPDATE SET tried_at = excluded.tried_at,
  ok_at = CASE WHEN excluded.ok_at > 0 THEN excluded.ok_at ELSE customer_look.ok_at END;

-- name: InsertFinding :execrows
INSERT INTO finding (id, connection_id, environment, kind, subject, state, occurrence_id, order_id, customer_id, delivery_id, mobuss_id, run_id,
  found_at, seen_at, ended_at, ended_by, mend, facts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, $15, $16, $17) ON CONFLICT DO NOTHING;

-- name: FindingByID :one
SELECT * FROM finding WHERE id = $1;

-- name: LiveFindingsOfOrder :many
SELECT * FROM finding WHERE order_id = $1 AND state IN ('aberto', 'ignorado');

-- name: LiveFindingsOfCustomer :many
SELECT * FROM finding WHERE customer_id = $1 AND state IN ('aberto', 'ignorado') AND connection_id = $2 AND environment = $3;

-- name: SeeFinding :exec
UPDATE finding SET seen_at = $2, facts = $3 WHERE id = $1;

-- name: EndFinding :execrows
UPDATE finding SET state = $2, ended_at = $3, ended_by = $4, ended_why = $5, mend = $6 WHERE id = $1 AND state = @from_state;

-- name: ReopenFinding :execrows
UPDATE finding SET state = 'aberto', ended_at = NULL, ended_by = '', ended_why = '', mend = '' WHERE id = $1 AND state = 'ignorado';

-- name: OpenFindings :many
SELECT f.id, f.kind, f.state, f.environment, f.occurrence_id, f.mobuss_id, f.run_id, f.found_at, f.seen_at, f.ended_at, f.ended_by, f.ended_why, f.mend,
  o.number, o.subject, o.development_id, s.mobuss_number
FROM finding f LEFT JOIN occurrence o ON o.id = f.occurrence_id LEFT JOIN service_order s ON s.id = f.order_id
WHERE f.id IN (SELECT x.id FROM finding x WHERE x.state = 'aberto'
    AND x.found_at <= CAST(@before AS BIGINT) AND (x.found_at < @before OR x.id < @before_id)
  ORDER BY x.found_at DESC, x.id DESC LIMIT CAST(@most AS BIGINT))
ORDER BY f.found_at DESC, f.id DESC;

-- name: AllFindings :many
SELECT f.id, f.kind, f.state, f.environment, f.occurrence_id, f.mobuss_id, f.run_id, f.found_at, f.seen_at, f.ended_at, f.ended_by, f.ended_why, f.mend,
  o.number, o.subject, o.development_id, s.mobuss_number
FROM finding f LEFT JOIN occurrence o ON o.id = f.occurrence_id LEFT JOIN service_order s ON s.id = f.order_id
WHERE f.id IN (SELECT x.id FROM finding x WHERE TRUE
    AND x.found_at <= CAST(@before AS BIGINT) AND (x.found_at < @before OR x.id < @before_id)
  ORDER BY x.found_at DESC, x.id DESC LIMIT CAST(@most AS BIGINT))
ORDER BY f.found_at DESC, f.id DESC;

-- name: CountOpenFindings :one
SELECT COUNT(*) FROM (SELECT 1 FROM finding WHERE state = 'aberto' LIMIT CAST($1 AS BIGINT)) AS few;

-- name: CountFindingsByKind :many
SELECT kind, COUNT(*) AS n FROM finding WHERE state = 'aberto' GROUP BY kind;

-- name: CountFindingsIn :many
-- Open findings by kind, of the developments whose ids stand between the commas.
SELECT f.kind, COUNT(*) AS n FROM finding f JOIN occurrence o ON o.id = f.occurrence_id WHERE f.state = 'aberto'
  AND CAST(@few AS TEXT) LIKE '%,' || CAST(o.development_id AS TEXT) || ',%' GROUP BY f.kind;

-- name: OpenFindingsOfOccurrence :many
SELECT id, kind, found_at FROM finding WHERE occurrence_id = $1 AND state = 'aberto' ORDER BY found_at, id;

-- name: FieldFacts :many
SELECT * FROM field_fact WHERE occurrence_id = $1 AND kind = $2 ORDER BY at, subject;

-- name: InsertFieldFact :execrows
INSERT INTO field_fact (occurrence_id, kind, subject, mobuss_id, gist, movement_id, called, looked, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING;

-- name: CallFieldFact :execrows
-- The call-back of news that a look-up took in before it.
UPDATE field_fact SET called = TRUE WHERE occurrence_id = $1 AND kind = $2 AND subject = $3 AND called = FALSE;

-- name: LookFieldFact :execrows
-- A look-up saw news that a call-back had told.
UPDATE field_fact SET looked = TRUE, mobuss_id = $4 WHERE occurrence_id = $1 AND kind = $2 AND subject = $3 AND looked = FALSE;

-- name: TieOrder :exec
UPDATE service_order SET mobuss_id = $2, mobuss_number = $3, state = $4, closed_at = NULL WHERE id = $1;

-- name: RenumberOrder :exec
UPDATE service_order SET former_number = mobuss_number, mobuss_number = $2 WHERE id = $1;

-- name: BelieveOrderOpen :exec
UPDATE service_order SET state = 'aberta', closed_at = NULL WHERE id = $1;


-- name: ForgetFindings :execrows
-- What is over. The ignored stay: they keep what is known from being found again.
DELETE FROM finding WHERE id IN (SELECT x.id FROM finding x WHERE x.state IN ('corrigido', 'sumiu') AND x.ended_at < CAST(@before AS BIGINT)
  ORDER BY x.ended_at LIMIT CAST(@most AS BIGINT));

-- name: ForgetFieldFacts :execrows
-- Of occurrences that were closed as long ago: nobody compares them any more.
DELETE FROM field_fact WHERE (occurrence_id, kind, subject) IN (SELECT x.occurrence_id, x.kind, x.subject FROM field_fact x
  JOIN occurrence o ON o.id = x.occurrence_id WHERE x.at < CAST(@before AS BIGINT) AND o.closed_at < @before ORDER BY x.at LIMIT CAST(@most AS BIGINT));
