-- The check of the units' ids in Mobuss. Each question stands here once per environment, because each environment has a
-- column and indexes of its own.
--
-- Whether Mobuss knows an id is said by the list that was imported and by look-ups; the later one counts.

-- name: MobussUnitList :one
SELECT * FROM mobuss_unit_list WHERE connection_id = $1 AND environment = $2;

-- name: SetMobussUnitList :exec
INSERT INTO mobuss_unit_list (connection_id, environment, imported_at, imported_by, name, units) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (connection_id, environment) DO UPDATE SET imported_at = excluded.imported_at, imported_by = excluded.imported_by,
  name = excluded.name, units = excluded.units;

-- name: PutMobussUnit :exec
INSERT INTO mobuss_unit (connection_id, environment, mobuss_id, name, imported_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (connection_id, environment, mobuss_id) DO UPDATE SET name = excluded.name, imported_at = excluded.imported_at;

-- name: FormerMobussUnits :many
-- Of all lists, a step at a time.
SELECT mobuss_id, imported_at FROM mobuss_unit WHERE connection_id = $1 AND environment = $2 AND mobuss_id > $3
ORDER BY mobuss_id LIMIT CAST($4 AS BIGINT);

-- name: ForgetMobussUnit :exec
DELETE FROM mobuss_unit WHERE connection_id = $1 AND environment = $2 AND mobuss_id = $3 AND imported_at < $4;

-- name: CountMobussUnits :one
SELECT COUNT(*) FROM mobuss_unit WHERE connection_id = $1 AND environment = $2 AND imported_at >= $3;

-- name: LatestMobussLook :one
SELECT CAST(COALESCE(MAX(at), 0) AS BIGINT) AS at, COUNT(*) AS n FROM mobuss_unit_look WHERE connection_id = $1 AND environment = $2;

-- name: PutMobussLook :exec
INSERT INTO mobuss_unit_look (connection_id, environment, mobuss_id, known, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (connection_id, environment, mobuss_id) DO UPDATE SET known = excluded.known, at = excluded.at;

-- name: CountUnitsWithoutHomologation :one
SELECT COUNT(*) FROM unit WHERE id_mobuss_homologacao IS NULL;

-- name: CountUnitsWithoutProduction :one
SELECT COUNT(*) FROM unit WHERE id_mobuss_producao IS NULL;

-- name: CountSharedHomologation :one
SELECT COUNT(*) AS ids, CAST(COALESCE(SUM(n), 0) AS BIGINT) AS units FROM (SELECT COUNT(*) AS n FROM unit
  WHERE id_mobuss_homologacao IS NOT NULL GROUP BY id_mobuss_homologacao HAVING COUNT(*) > 1) s;

-- name: CountSharedProduction :one
SELECT COUNT(*) AS ids, CAST(COALESCE(SUM(n), 0) AS BIGINT) AS units FROM (SELECT COUNT(*) AS n FROM unit
  WHERE id_mobuss_producao IS NOT NULL GROUP BY id_mobuss_producao HAVING COUNT(*) > 1) s;

-- name: MissingByBlockHomologation :many
SELECT u.block_id, COUNT(*) AS n FROM unit u WHERE u.id_mobuss_homologacao IS NULL GROUP BY u.block_id ORDER BY u.block_id;

-- name: MissingByBlockProduction :many
SELECT u.block_id, COUNT(*) AS n FROM unit u WHERE u.id_mobuss_producao IS NULL GROUP BY u.block_id ORDER BY u.block_id;

-- name: UnitsWithoutHomologation :many
SELECT u.id, u.number, u.common_area FROM unit u WHERE u.block_id = $1 AND u.id_mobuss_homologacao IS NULL AND u.number > $2
ORDER BY u.number LIMIT CAST($3 AS BIGINT);

-- name: UnitsWithoutProduction :many
SELECT u.id, u.number, u.common_area FROM unit u WHERE u.block_id = $1 AND u.id_mobuss_producao IS NULL AND u.number > $2
ORDER BY u.number LIMIT CAST($3 AS BIGINT);

-- name: SharedHomologation :many
SELECT u.id_mobuss_homologacao AS mobuss_id, COUNT(*) AS n FROM unit u WHERE u.id_mobuss_homologacao > CAST(@above AS TEXT)
GROUP BY u.id_mobuss_homologacao HAVING COUNT(*) > 1 ORDER BY u.id_mobuss_homologacao LIMIT CAST(@most AS BIGINT);

-- name: SharedProduction :many
SELECT u.id_mobuss_producao AS mobuss_id, COUNT(*) AS n FROM unit u WHERE u.id_mobuss_producao > CAST(@above AS TEXT)
GROUP BY u.id_mobuss_producao HAVING COUNT(*) > 1 ORDER BY u.id_mobuss_producao LIMIT CAST(@most AS BIGINT);

-- name: UnitsSharingHomologation :many
SELECT u.id, u.number, u.common_area, b.code AS block_code, d.code AS development_code
FROM unit u JOIN block b ON b.id = u.block_id JOIN development d ON d.id = u.development_id
WHERE u.id_mobuss_homologacao = $1 ORDER BY u.id LIMIT CAST($2 AS BIGINT);

-- name: UnitsSharingProduction :many
SELECT u.id, u.number, u.common_area, b.code AS block_code, d.code AS development_code
FROM unit u JOIN block b ON b.id = u.block_id JOIN development d ON d.id = u.development_id
WHERE u.id_mobuss_producao = $1 ORDER BY u.id LIMIT CAST($2 AS BIGINT);

-- name: CountUnknownHomologation :one
-- EXCEPT walks two indexes side by side, where NOT EXISTS would look a million ids up one by one (measured: 0.7 s, not 7).
-- listed is 0 where there is no list: then only look-ups say what is unknown.
SELECT COUNT(*) FROM unit w WHERE w.id_mobuss_homologacao IN (
  SELECT u.id_mobuss_homologacao FROM unit u WHERE u.id_mobuss_homologacao IS NOT NULL AND CAST(@listed AS BIGINT) > 0
  EXCEPT SELECT m.mobuss_id FROM mobuss_unit m WHERE m.connection_id = @connection AND m.environment = 'homologacao' AND m.imported_at >= @listed
  EXCEPT SELECT l.mobuss_id FROM mobuss_unit_look l WHERE l.connection_id = @connection AND l.environment = 'homologacao' AND l.at >= @listed AND l.known
  UNION SELECT l.mobuss_id FROM mobuss_unit_look l WHERE l.connection_id = @connection AND l.environment = 'homologacao' AND l.at >= @listed AND NOT l.known);

-- name: UnknownHomologation :many
-- A page of ids, in their order, each with all of its units.
SELECT w.id_mobuss_homologacao AS mobuss_id, w.id, w.number, w.common_area, b.code AS block_code, d.code AS development_code
FROM unit w JOIN block b ON b.id = w.block_id JOIN development d ON d.id = w.development_id
WHERE w.id_mobuss_homologacao IN (SELECT x.id_mobuss_homologacao FROM (
  SELECT u.id_mobuss_homologacao FROM unit u WHERE u.id_mobuss_homologacao IS NOT NULL AND CAST(@listed AS BIGINT) > 0 AND u.id_mobuss_homologacao > CAST(@above AS TEXT)
  EXCEPT SELECT m.mobuss_id FROM mobuss_unit m WHERE m.connection_id = @connection AND m.environment = 'homologacao' AND m.imported_at >= @listed AND m.mobuss_id > CAST(@above AS TEXT)
  EXCEPT SELECT l.mobuss_id FROM mobuss_unit_look l WHERE l.connection_id = @connection AND l.environment = 'homologacao' AND l.at >= @listed AND l.known AND l.mobuss_id > CAST(@above AS TEXT)
  UNION SELECT l.mobuss_id FROM mobuss_unit_look l WHERE l.connection_id = @connection AND l.environment = 'homologacao' AND l.at >= @listed AND NOT l.known AND l.mobuss_id > CAST(@above AS TEXT)) x ORDER BY 1 LIMIT CAST(@most AS BIGINT))
ORDER BY w.id_mobuss_homologacao, w.id LIMIT 1000;

-- name: CountMobussOnlyHomologation :one
SELECT COUNT(*) FROM (SELECT m.mobuss_id FROM mobuss_unit m
  WHERE m.connection_id = @connection AND m.environment = 'homologacao' AND m.imported_at >= @listed
  EXCEPT SELECT u.id_mobuss_homologacao FROM unit u WHERE u.id_mobuss_homologacao IS NOT NULL) x;

-- name: MobussOnlyHomologation :many
SELECT o.mobuss_id, o.name FROM mobuss_unit o WHERE o.connection_id = @connection AND o.environment = 'homologacao' AND o.mobuss_id IN (
  SELECT x.mobuss_id FROM (SELECT m.mobuss_id FROM mobuss_unit m
    WHERE m.connection_id = @connection AND m.environment = 'homologacao' AND m.imported_at >= @listed AND m.mobuss_id > CAST(@above AS TEXT)
    EXCEPT SELECT u.id_mobuss_homologacao FROM unit u WHERE u.id_mobuss_homologacao > CAST(@above AS TEXT)) x ORDER BY 1 LIMIT CAST(@most AS BIGINT))
ORDER BY o.mobuss_id;

-- name: CountUnknownProduction :one
SELECT COUNT(*) FROM unit w WHERE w.id_mobuss_producao IN (
  SELECT u.id_mobuss_producao FROM unit u WHERE u.id_mobuss_producao IS NOT NULL AND CAST(@listed AS BIGINT) > 0
  EXCEPT SELECT m.mobuss_id FROM mobuss_unit m WHERE m.connection_id = @connection AND m.environment = 'producao' AND m.imported_at >= @listed);

-- name: UnknownProduction :many
SELECT w.id_mobuss_producao AS mobuss_id, w.id, w.number, w.common_area, b.code AS block_code, d.code AS development_code
FROM unit w JOIN block b ON b.id = w.block_id JOIN development d ON d.id = w.development_id
WHERE w.id_mobuss_producao IN (SELECT x.id_mobuss_producao FROM (
  SELECT u.id_mobuss_producao FROM unit u WHERE u.id_mobuss_producao IS NOT NULL AND CAST(@listed AS BIGINT) > 0 AND u.id_mobuss_producao > CAST(@above AS TEXT)
  EXCEPT SELECT m.mobuss_id FROM mobuss_unit m WHERE m.connection_id = @connection AND m.environment = 'producao' AND m.imported_at >= @listed AND m.mobuss_id > CAST(@above AS TEXT)) x ORDER BY 1 LIMIT CAST(@most AS BIGINT))
ORDER BY w.id_mobuss_producao, w.id LIMIT 1000;

-- name: CountMobussOnlyProduction :one
SELECT COUNT(*) FROM (SELECT m.mobuss_id FROM mobuss_unit m
  WHERE m.connection_id = @connection AND m.environment = 'producao' AND m.imported_at >= @listed
  EXCEPT SELECT u.id_mobuss_producao FROM unit u WHERE u.id_mobuss_producao IS NOT NULL) x;

-- name: MobussOnlyProduction :many
SELECT o.mobuss_id, o.name FROM mobuss_unit o WHERE o.connection_id = @connection AND o.environment = 'producao' AND o.mobuss_id IN (
  SELECT x.mobuss_id FROM (SELECT m.mobuss_id FROM mobuss_unit m
    WHERE m.connection_id = @connection AND m.environment = 'producao' AND m.imported_at >= @listed AND m.mobuss_id > CAST(@above AS TEXT)
    EXCEPT SELECT u.id_mobuss_producao FROM unit u WHERE u.id_mobuss_producao > CAST(@above AS TEXT)) x ORDER BY 1 LIMIT CAST(@most AS BIGINT))
ORDER BY o.mobuss_id;

-- name: CountLookedHomologation :one
SELECT COUNT(*) FROM unit u WHERE u.id_mobuss_homologacao IN (SELECT l.mobuss_id FROM mobuss_unit_look l
  WHERE l.connection_id = $1 AND l.environment = 'homologacao');

-- name: UnitLookJob :one
SELECT * FROM unit_look_job WHERE connection_id = $1;

-- name: BeginUnitLooks :exec
INSERT INTO unit_look_job (connection_id, running, total, asked_by, began_at) VALUES ($1, TRUE, $2, $3, $4)
ON CONFLICT (connection_id) DO UPDATE SET running = TRUE, above = '', total = excluded.total, asked = 0, unclear = 0, asked_by = excluded.asked_by,
  began_at = excluded.began_at, ended_at = NULL, reason_code = '', reason_args = '';

-- name: StepUnitLooks :execrows
UPDATE unit_look_job SET above = $2, asked = asked + $3, unclear = unclear + $4 WHERE connection_id = $1 AND running;

-- name: EndUnitLooks :execrows
UPDATE unit_look_job SET running = FALSE, ended_at = $2, reason_code = $3, reason_args = $4 WHERE connection_id = $1 AND running;

-- name: NextUnitsToLook :many
-- The next ids with one of the units that have each.
SELECT u.id_mobuss_homologacao AS mobuss_id, u.number, u.common_area, b.code AS block_code, b.name AS block_name, d.code AS development_code,
  d.name AS development_name, d.zone
FROM unit u JOIN block b ON b.id = u.block_id JOIN development d ON d.id = u.development_id
WHERE u.id_mobuss_homologacao > CAST(@above AS TEXT) AND u.id = (SELECT MIN(o.id) FROM unit o WHERE o.id_mobuss_homologacao = u.id_mobuss_homologacao)
ORDER BY u.id_mobuss_homologacao LIMIT CAST(@most AS BIGINT);

-- name: CountMobussIDsHomologation :one
SELECT COUNT(DISTINCT id_mobuss_homologacao) FROM unit WHERE id_mobuss_homologacao IS NOT NULL;
