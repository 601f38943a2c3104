-- name: CardsByStatus :many
-- What a column of the board shows: one status, newest news first, each with its last order, that order's opening, and what is
-- stuck.
SELECT o.id, o.number, o.subject, o.status_code, o.emergency, o.is_test, o.environment, o.opened_at, o.news, o.news_by, o.news_at,
  o.development_id, d.code AS development_code, d.name AS development_name, d.zone, b.code AS block_code,
  u.number AS unit_number, c.name AS customer_name, o.item_code, o.failure_code,
  CAST(COALESCE(s.state, '') AS TEXT) AS order_state, CAST(COALESCE(s.mobuss_number, '') AS TEXT) AS order_number,
  CAST(COALESCE((SELECT x.state FROM delivery x WHERE x.order_id = s.id AND x.point = 'MOBUSS_ISA' AND x.state <> 'ignorado'
    ORDER BY x.seq DESC LIMIT 1), '') AS TEXT) AS opening_state,
  CAST(COALESCE((SELECT y.state FROM delivery y WHERE y.occurrence_id = o.id AND (y.state = 'recusado' OR (y.state = 'incerto' AND y.needs_person))
    ORDER BY y.created_at, y.id LIMIT 1), '') AS TEXT) AS stuck_state
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
  LEFT JOIN service_order s ON s.id = (SELECT MAX(z.id) FROM service_order z WHERE z.occurrence_id = o.id)
WHERE o.status_code = @status ORDER BY o.news_at DESC, o.id DESC LIMIT CAST(@most AS BIGINT);

-- name: CardsByStatusIn :many
-- The same of one development.
SELECT o.id, o.number, o.subject, o.status_code, o.emergency, o.is_test, o.environment, o.opened_at, o.news, o.news_by, o.news_at,
  o.development_id, d.code AS development_code, d.name AS development_name, d.zone, b.code AS block_code,
  u.number AS unit_number, c.name AS customer_name, o.item_code, o.failure_code,
  CAST(COALESCE(s.state, '') AS TEXT) AS order_state, CAST(COALESCE(s.mobuss_number, '') AS TEXT) AS order_number,
  CAST(COALESCE((SELECT x.state FROM delivery x WHERE x.order_id = s.id AND x.point = 'MOBUSS_ISA' AND x.state <> 'ignorado'
    ORDER BY x.seq DESC LIMIT 1), '') AS TEXT) AS opening_state,
  CAST(COALESCE((SELECT y.state FROM delivery y WHERE y.occurrence_id = o.id AND (y.state = 'recusado' OR (y.state = 'incerto' AND y.needs_person))
    ORDER BY y.created_at, y.id LIMIT 1), '') AS TEXT) AS stuck_state
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
  LEFT JOIN service_order s ON s.id = (SELECT MAX(z.id) FROM service_order z WHERE z.occurrence_id = o.id)
WHERE o.development_id = @development AND o.status_code = @status ORDER BY o.news_at DESC, o.id DESC LIMIT CAST(@most AS BIGINT);

-- name: CardByID :many
SELECT o.id, o.number, o.subject, o.status_code, o.emergency, o.is_test, o.environment, o.opened_at, o.news, o.news_by, o.news_at,
  o.development_id, d.code AS development_code, d.name AS development_name, d.zone, b.code AS block_code,
  u.number AS unit_number, c.name AS customer_name, o.item_code, o.failure_code,
  CAST(COALESCE(s.state, '') AS TEXT) AS order_state, CAST(COALESCE(s.mobuss_number, '') AS TEXT) AS order_number,
  CAST(COALESCE((SELECT x.state FROM delivery x WHERE x.order_id = s.id AND x.point = 'MOBUSS_ISA' AND x.state <> 'ignorado'
    ORDER BY x.seq DESC LIMIT 1), '') AS TEXT) AS opening_state,
  CAST(COALESCE((SELECT y.state FROM delivery y WHERE y.occurrence_id = o.id AND (y.state = 'recusado' OR (y.state = 'incerto' AND y.needs_person))
    ORDER BY y.created_at, y.id LIMIT 1), '') AS TEXT) AS stuck_state
FROM occurrence o JOIN unit u ON u.id = o.unit_id JOIN block b ON b.id = u.block_id
  JOIN development d ON d.id = o.development_id JOIN customer c ON c.id = o.customer_id
  LEFT JOIN service_order s ON s.id = (SELECT MAX(z.id) FROM service_order z WHERE z.occurrence_id = o.id)
WHERE o.id = $1;
