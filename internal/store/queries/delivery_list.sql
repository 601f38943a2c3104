-- The list of deliveries. One walk along one index per question: the newest first, below a moment (and, at the same
-- moment, below an id). The walk is a query of its own, so that no statistics can talk a planner out of it.

-- name: DeliveriesByTime :many
SELECT d.id, d.lane_id, d.seq, d.point, d.state, d.attempts, d.needs_person, d.reason_code, d.reason_args, d.created_at, d.settled_at,
  v.number AS version, l.environment, l.pending, o.number, o.subject, o.development_id, s.mobuss_number
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN occurrence o ON o.id = d.occurrence_id
  JOIN config_version v ON v.id = d.config_version_id LEFT JOIN service_order s ON s.id = d.order_id
WHERE d.id IN (SELECT x.id FROM delivery x WHERE TRUE
    AND x.created_at >= CAST(@since AS BIGINT) AND x.created_at <= CAST(@before AS BIGINT)
    AND (x.created_at < @before OR x.id < @before_id)
  ORDER BY x.created_at DESC, x.id DESC LIMIT CAST(@most AS BIGINT))
ORDER BY d.created_at DESC, d.id DESC;

-- name: DeliveriesBlocked :many
-- What waits for a person at the head of its lane: refused, or uncertain and not to be settled without one.
SELECT d.id, d.lane_id, d.seq, d.point, d.state, d.attempts, d.needs_person, d.reason_code, d.reason_args, d.created_at, d.settled_at,
  v.number AS version, l.environment, l.pending, o.number, o.subject, o.development_id, s.mobuss_number
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN occurrence o ON o.id = d.occurrence_id
  JOIN config_version v ON v.id = d.config_version_id LEFT JOIN service_order s ON s.id = d.order_id
WHERE d.id IN (SELECT x.id FROM delivery x WHERE (x.state = 'recusado' OR x.needs_person)
    AND NOT EXISTS (SELECT 1 FROM delivery b WHERE b.lane_id = x.lane_id AND b.seq < x.seq AND b.state IN ('fila', 'enviando', 'incerto', 'recusado'))
    AND x.created_at >= CAST(@since AS BIGINT) AND x.created_at <= CAST(@before AS BIGINT)
    AND (x.created_at < @before OR x.id < @before_id)
  ORDER BY x.created_at DESC, x.id DESC LIMIT CAST(@most AS BIGINT))
ORDER BY d.created_at DESC, d.id DESC;

-- name: DeliveriesOfState :many
SELECT d.id, d.lane_id, d.seq, d.point, d.state, d.attempts, d.needs_person, d.reason_code, d.reason_args, d.created_at, d.settled_at,
  v.number AS version, l.environment, l.pending, o.number, o.subject, o.development_id, s.mobuss_number
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN occurrence o ON o.id = d.occurrence_id
  JOIN config_version v ON v.id = d.config_version_id LEFT JOIN service_order s ON s.id = d.order_id
WHERE d.id IN (SELECT x.id FROM delivery x WHERE x.state IN ('fila', 'enviando', 'incerto', 'recusado') AND x.state = @state
    AND x.created_at >= CAST(@since AS BIGINT) AND x.created_at <= CAST(@before AS BIGINT)
    AND (x.created_at < @before OR x.id < @before_id)
  ORDER BY x.created_at DESC, x.id DESC LIMIT CAST(@most AS BIGINT))
ORDER BY d.created_at DESC, d.id DESC;

-- name: DeliveriesIgnored :many
SELECT d.id, d.lane_id, d.seq, d.point, d.state, d.attempts, d.needs_person, d.reason_code, d.reason_args, d.created_at, d.settled_at,
  v.number AS version, l.environment, l.pending, o.number, o.subject, o.development_id, s.mobuss_number
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN occurrence o ON o.id = d.occurrence_id
  JOIN config_version v ON v.id = d.config_version_id LEFT JOIN service_order s ON s.id = d.order_id
WHERE d.id IN (SELECT x.id FROM delivery x WHERE x.state = 'ignorado'
    AND x.created_at >= CAST(@since AS BIGINT) AND x.created_at <= CAST(@before AS BIGINT)
    AND (x.created_at < @before OR x.id < @before_id)
  ORDER BY x.created_at DESC, x.id DESC LIMIT CAST(@most AS BIGINT))
ORDER BY d.created_at DESC, d.id DESC;

-- name: DeliveriesByReason :many
SELECT d.id, d.lane_id, d.seq, d.point, d.state, d.attempts, d.needs_person, d.reason_code, d.reason_args, d.created_at, d.settled_at,
  v.number AS version, l.environment, l.pending, o.number, o.subject, o.development_id, s.mobuss_number
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN occurrence o ON o.id = d.occurrence_id
  JOIN config_version v ON v.id = d.config_version_id LEFT JOIN service_order s ON s.id = d.order_id
WHERE d.id IN (SELECT x.id FROM delivery x WHERE x.reason_code <> '' AND x.reason_code = @reason_code
    AND x.created_at >= CAST(@since AS BIGINT) AND x.created_at <= CAST(@before AS BIGINT)
    AND (x.created_at < @before OR x.id < @before_id)
  ORDER BY x.created_at DESC, x.id DESC LIMIT CAST(@most AS BIGINT))
ORDER BY d.created_at DESC, d.id DESC;

-- name: DeliveriesByVersion :many
SELECT d.id, d.lane_id, d.seq, d.point, d.state, d.attempts, d.needs_person, d.reason_code, d.reason_args, d.created_at, d.settled_at,
  v.number AS version, l.environment, l.pending, o.number, o.subject, o.development_id, s.mobuss_number
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN occurrence o ON o.id = d.occurrence_id
  JOIN config_version v ON v.id = d.config_version_id LEFT JOIN service_order s ON s.id = d.order_id
WHERE d.id IN (SELECT x.id FROM delivery x WHERE x.config_version_id = @version_id
    AND x.created_at >= CAST(@since AS BIGINT) AND x.created_at <= CAST(@before AS BIGINT)
    AND (x.created_at < @before OR x.id < @before_id)
  ORDER BY x.created_at DESC, x.id DESC LIMIT CAST(@most AS BIGINT))
ORDER BY d.created_at DESC, d.id DESC;

-- name: DeliveriesOfKind :many
-- One point in one environment.
SELECT d.id, d.lane_id, d.seq, d.point, d.state, d.attempts, d.needs_person, d.reason_code, d.reason_args, d.created_at, d.settled_at,
  v.number AS version, l.environment, l.pending, o.number, o.subject, o.development_id, s.mobuss_number
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN occurrence o ON o.id = d.occurrence_id
  JOIN config_version v ON v.id = d.config_version_id LEFT JOIN service_order s ON s.id = d.order_id
WHERE d.id IN (SELECT x.id FROM delivery x WHERE x.environment = @environment AND x.point = @point
    AND x.created_at >= CAST(@since AS BIGINT) AND x.created_at <= CAST(@before AS BIGINT)
    AND (x.created_at < @before OR x.id < @before_id)
  ORDER BY x.created_at DESC, x.id DESC LIMIT CAST(@most AS BIGINT))
ORDER BY d.created_at DESC, d.id DESC;

-- name: DeliveriesTold :many
-- Those of which something is told: why they wait, were refused or passed over.
SELECT d.id, d.lane_id, d.seq, d.point, d.state, d.attempts, d.needs_person, d.reason_code, d.reason_args, d.created_at, d.settled_at,
  v.number AS version, l.environment, l.pending, o.number, o.subject, o.development_id, s.mobuss_number
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN occurrence o ON o.id = d.occurrence_id
  JOIN config_version v ON v.id = d.config_version_id LEFT JOIN service_order s ON s.id = d.order_id
WHERE d.id IN (SELECT x.id FROM delivery x WHERE x.reason_code <> ''
    AND x.created_at >= CAST(@since AS BIGINT) AND x.created_at <= CAST(@before AS BIGINT)
    AND (x.created_at < @before OR x.id < @before_id)
  ORDER BY x.created_at DESC, x.id DESC LIMIT CAST(@most AS BIGINT))
ORDER BY d.created_at DESC, d.id DESC;

-- name: DeliveryLines :many
SELECT d.id, d.lane_id, d.seq, d.point, d.state, d.attempts, d.needs_person, d.reason_code, d.reason_args, d.created_at, d.settled_at,
  v.number AS version, l.environment, l.pending, o.number, o.subject, o.development_id, s.mobuss_number
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN occurrence o ON o.id = d.occurrence_id
  JOIN config_version v ON v.id = d.config_version_id LEFT JOIN service_order s ON s.id = d.order_id
WHERE d.id = $1
ORDER BY d.id;

-- name: DeliveriesOfOccurrence :many
SELECT d.id, d.lane_id, d.seq, d.point, d.state, d.attempts, d.needs_person, d.reason_code, d.reason_args, d.created_at, d.settled_at,
  v.number AS version, l.environment, l.pending, o.number, o.subject, o.development_id, s.mobuss_number
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN occurrence o ON o.id = d.occurrence_id
  JOIN config_version v ON v.id = d.config_version_id LEFT JOIN service_order s ON s.id = d.order_id
WHERE d.id IN (SELECT x.id FROM delivery x WHERE x.occurrence_id = $1 ORDER BY x.created_at DESC LIMIT CAST($2 AS BIGINT))
ORDER BY d.created_at DESC, d.id DESC;

-- name: DeliveriesOfOrder :many
SELECT d.id, d.lane_id, d.seq, d.point, d.state, d.attempts, d.needs_person, d.reason_code, d.reason_args, d.created_at, d.settled_at,
  v.number AS version, l.environment, l.pending, o.number, o.subject, o.development_id, s.mobuss_number
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN occurrence o ON o.id = d.occurrence_id
  JOIN config_version v ON v.id = d.config_version_id LEFT JOIN service_order s ON s.id = d.order_id
WHERE d.id IN (SELECT x.id FROM delivery x WHERE x.order_id = $1 ORDER BY x.created_at DESC LIMIT CAST($2 AS BIGINT))
ORDER BY d.created_at DESC, d.id DESC;

-- name: DeliveriesOfUnit :many
SELECT d.id, d.lane_id, d.seq, d.point, d.state, d.attempts, d.needs_person, d.reason_code, d.reason_args, d.created_at, d.settled_at,
  v.number AS version, l.environment, l.pending, o.number, o.subject, o.development_id, s.mobuss_number
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN occurrence o ON o.id = d.occurrence_id
  JOIN config_version v ON v.id = d.config_version_id LEFT JOIN service_order s ON s.id = d.order_id
WHERE d.id IN (SELECT x.id FROM occurrence o2 JOIN delivery x ON x.occurrence_id = o2.id WHERE o2.unit_id = $1 ORDER BY x.created_at DESC LIMIT CAST($2 AS BIGINT))
ORDER BY d.created_at DESC, d.id DESC;

-- name: DeliveriesOfCustomer :many
SELECT d.id, d.lane_id, d.seq, d.point, d.state, d.attempts, d.needs_person, d.reason_code, d.reason_args, d.created_at, d.settled_at,
  v.number AS version, l.environment, l.pending, o.number, o.subject, o.development_id, s.mobuss_number
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN occurrence o ON o.id = d.occurrence_id
  JOIN config_version v ON v.id = d.config_version_id LEFT JOIN service_order s ON s.id = d.order_id
WHERE d.id IN (SELECT x.id FROM occurrence o2 JOIN delivery x ON x.occurrence_id = o2.id WHERE o2.customer_id = $1 ORDER BY x.created_at DESC LIMIT CAST($2 AS BIGINT))
ORDER BY d.created_at DESC, d.id DESC;

-- name: PlaceDeliveries :execrows
-- What the previous release wrote lacks its environment.
UPDATE delivery SET environment = (SELECT l.environment FROM lane l WHERE l.id = delivery.lane_id)
WHERE id IN (SELECT x.id FROM delivery x WHERE x.environment = '' LIMIT CAST($1 AS BIGINT));

-- name: DeliveriesOfLane :many
-- What waits behind a place in its lane.
SELECT d.id, d.lane_id, d.seq, d.point, d.state, d.attempts, d.needs_person, d.reason_code, d.reason_args, d.created_at, d.settled_at,
  v.number AS version, l.environment, l.pending, o.number, o.subject, o.development_id, s.mobuss_number
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN occurrence o ON o.id = d.occurrence_id
  JOIN config_version v ON v.id = d.config_version_id LEFT JOIN service_order s ON s.id = d.order_id
WHERE d.lane_id = $1 AND d.seq > $2 AND d.state IN ('fila', 'enviando', 'incerto', 'recusado')
ORDER BY d.seq LIMIT CAST($3 AS BIGINT);

-- name: CountBlocked :one
-- Counts no further than a page can use.
SELECT COUNT(*) FROM (SELECT 1 FROM delivery d WHERE (d.state = 'recusado' OR d.needs_person)
  AND NOT EXISTS (SELECT 1 FROM delivery b WHERE b.lane_id = d.lane_id AND b.seq < d.seq AND b.state IN ('fila', 'enviando', 'incerto', 'recusado')) LIMIT CAST($1 AS BIGINT)) AS counted;

-- name: CountBlockedIn :one
-- As CountBlocked, of the developments whose ids stand between the commas.
SELECT COUNT(*) FROM (SELECT 1 FROM delivery d JOIN occurrence o ON o.id = d.occurrence_id
  WHERE (d.state = 'recusado' OR d.needs_person) AND CAST(@few AS TEXT) LIKE '%,' || CAST(o.development_id AS TEXT) || ',%'
  AND NOT EXISTS (SELECT 1 FROM delivery b WHERE b.lane_id = d.lane_id AND b.seq < d.seq AND b.state IN ('fila', 'enviando', 'incerto', 'recusado'))
  LIMIT CAST(@most AS BIGINT)) AS counted;

-- name: ConfigVersions :many
SELECT id, number, created_at FROM config_version ORDER BY number DESC, id DESC LIMIT CAST($1 AS BIGINT);

-- name: AskAgain :exec
-- Two looks are due anew, for the outcome is as unknown as it was.
UPDATE delivery SET needs_person = FALSE, looks = 0, unknown_since = COALESCE(unknown_since, @now) WHERE id = @id;

-- name: OrdersByMobussID :many
SELECT * FROM service_order WHERE connection_id = $1 AND environment = $2 AND mobuss_id = $3 ORDER BY id;

-- name: OrdersNumbered :many
SELECT id FROM service_order WHERE mobuss_number = $1 ORDER BY id DESC LIMIT CAST($2 AS BIGINT);
