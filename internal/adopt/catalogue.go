package adopt

// The statements about the catalogue; they work on PostgreSQL 13 and later. $1 are the schemas. Each gives one JSON array.
const (
	tablesSQL = `SELECT coalesce(json_agg(x ORDER BY x.schema, x.name), '[]') FROM (
SELECT c.oid::int8 AS id, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind, c.relispartition AS partition,
  (SELECT count(*) FROM pg_inherits i WHERE i.inhparent = c.oid AND c.relkind = 'p') AS partitions,
  CASE WHEN NOT c.relispartition THEN (SELECT json_agg(i.inhparent::regclass::text) FROM pg_inherits i WHERE i.inhrelid = c.oid) END AS parents,
  coalesce(obj_description(c.oid, 'pg_class'), '') AS comment, c.relrowsecurity AS guarded,
  CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) ELSE '' END AS definition
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')) x`

	columnsSQL = `SELECT coalesce(json_agg(x ORDER BY x."table", x.number), '[]') FROM (
SELECT a.attrelid::int8 AS "table", a.attnum AS number, a.attname AS name, a.attnotnull AS required, a.attidentity::text AS identity,
  a.attgenerated::text AS generated, a.attndims AS dimensions, coalesce(col_description(a.attrelid, a.attnum), '') AS comment,
  coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS initial, a.atttypid::int8 AS type, a.atttypmod AS modifier,
  format_type(a.atttypid, a.atttypmod) AS shown, coalesce(l.collisdeterministic, true) AS deterministic,
  EXISTS (SELECT FROM pg_depend s JOIN pg_class q ON q.oid = s.objid AND q.relkind = 'S' WHERE s.classid = 'pg_class'::regclass
    AND s.refclassid = 'pg_class'::regclass AND s.refobjid = a.attrelid AND s.refobjsubid = a.attnum AND s.deptype IN ('a', 'i')) AS owns
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped) x`

	typesSQL = `SELECT coalesce(json_agg(x), '[]') FROM (
SELECT t.oid::int8 AS id, n.nspname AS schema, t.typname AS name, t.typtype::text AS kind, t.typbasetype::int8 AS base, t.typtypmod AS modifier,
  t.typndims AS dimensions, CASE WHEN t.typcategory = 'A' THEN t.typelem::int8 ELSE 0 END AS element, t.typnotnull AS required,
  coalesce(t.typdefault, '') AS initial, format_type(t.oid, NULL) AS shown,
  (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid) AS labels,
  (SELECT json_agg(json_build_object('name', k.conname, 'expression', pg_get_expr(k.conbin, 0)) ORDER BY k.conname)
    FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c') AS checks
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace) x`

	constraintsSQL = `SELECT coalesce(json_agg(x ORDER BY x."table", x.name), '[]') FROM (
SELECT k.conrelid::int8 AS "table", k.conname AS name, k.contype::text AS kind, k.conkey AS columns, k.confrelid::int8 AS target,
  coalesce(fn.nspname, '') AS target_schema, coalesce(f.relname, '') AS target_name, k.confkey AS targets, k.confdeltype::text AS deleting,
  k.confupdtype::text AS updating, k.confmatchtype::text AS matching, k.condeferrable AS deferrable, k.convalidated AS validated,
  pg_get_constraintdef(k.oid) AS definition, coalesce(pg_get_expr(k.conbin, k.conrelid), '') AS expression
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_class f ON f.oid = k.confrelid LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND k.contype IN ('p', 'u', 'f', 'c', 'x')
  AND NOT (k.contype = 'f' AND k.conparentid <> 0 AND NOT c.relispartition)) x`

	indexesSQL = `SELECT coalesce(json_agg(x ORDER BY x."table", x.name), '[]') FROM (
SELECT i.indrelid::int8 AS "table", c.relname AS name, m.amname AS method, i.indisunique AS "unique", i.indisvalid AS valid,
  i.indpred IS NOT NULL AS partial, i.indexprs IS NOT NULL AS computed, i.indkey::int2[] AS columns, i.indnkeyatts AS keys,
  i.indoption::int2[] AS options, pg_get_indexdef(i.indexrelid) AS definition,
  NOT EXISTS (SELECT FROM unnest(i.indclass::oid[]) o JOIN pg_opclass p ON p.oid = o WHERE NOT p.opcdefault) AS usual
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam JOIN pg_class t ON t.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND t.relkind IN ('r', 'p')
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))) x`

	attachedSQL = `SELECT coalesce(json_agg(x ORDER BY x."table", x.kind, x.name), '[]') FROM (
SELECT g.tgrelid::int8 AS "table", 'trigger' AS kind, g.tgname AS name, pg_get_triggerdef(g.oid) AS definition
  FROM pg_trigger g WHERE NOT g.tgisinternal
UNION ALL SELECT r.ev_class::int8, 'rule', r.rulename, pg_get_ruledef(r.oid) FROM pg_rewrite r WHERE r.rulename <> '_RETURN'
UNION ALL SELECT p.polrelid::int8, 'row policy', p.polname, 'FOR ' || CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT'
    WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END || CASE WHEN p.polpermissive THEN '' ELSE ' RESTRICTIVE' END
    || coalesce(' TO ' || nullif((SELECT string_agg(rolname, ', ' ORDER BY rolname) FROM pg_roles o WHERE o.oid = ANY (p.polroles)), ''), '')
    || coalesce(' USING ' || pg_get_expr(p.polqual, p.polrelid), '') || coalesce(' WITH CHECK ' || pg_get_expr(p.polwithcheck, p.polrelid), '')
  FROM pg_policy p) x
JOIN pg_class c ON c.oid::int8 = x."table" JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY ($1::text[])`

	functionsSQL = `SELECT coalesce(json_agg(x ORDER BY x.schema, x.signature), '[]') FROM (
SELECT n.nspname AS schema, format('%I(%s)', f.proname, pg_get_function_identity_arguments(f.oid)) AS signature
FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace WHERE n.nspname = ANY ($1::text[])
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'e')) x`

	sequencesSQL = `SELECT coalesce(json_agg(x ORDER BY x.schema, x.name), '[]') FROM (
SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND c.relkind = 'S'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i', 'e'))) x`

	// schemasSQL gives the schemas that are there, and whether the product's own table is.
	schemasSQL = `SELECT coalesce(json_agg(n.nspname ORDER BY n.nspname), '[]') FROM pg_namespace n
WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'`
	factsSQL = `SELECT current_setting('server_version_num')::int, scale(1::money::numeric),
  EXISTS (SELECT FROM pg_class WHERE relname = '_socle_meta' AND relkind = 'r')`

	// measureSQL makes the statement that looks at the values of one column; the server quotes the names. $1 schema, $2 table, $3 column,
	// $4 whether the values are lists, $5 whether the table is partitioned.
	measureSQL = `SELECT format('SELECT coalesce(max(scale(v)), 0)::int4, coalesce(max(length(trunc(abs(v))::text)), 0)::int4,
  coalesce(bool_or(v::text IN (''NaN'', ''Infinity'', ''-Infinity'')), false), count(v)::int8 FROM (SELECT %s AS v FROM %s %I.%I) x',
  CASE WHEN $4::bool THEN format('unnest(%I::numeric[])', $3::text) ELSE format('%I::numeric', $3::text) END,
  CASE WHEN $5::bool THEN '' ELSE 'ONLY' END, $1::text, $2::text)`

	// rowsSQL makes the statement that gives a table's rows as JSON, in the order of its key. concat gives a value's own text, where a cast
	// may add to it. $1 schema, $2 table, $3 columns, $4 what
	// they are called in the file, $5 the forms they are given in, $6 the columns of the key, $7 whether the table is partitioned.
	rowsSQL = `SELECT format('SELECT row_to_json(x.*)::text FROM (SELECT %s FROM %s %I.%I%s) x',
  (SELECT string_agg(CASE f.form
      WHEN 'text' THEN format('CASE WHEN %1$I IS NOT NULL THEN concat(%1$I) END AS %2$I', f.c, f.w)
      WHEN 'texts' THEN format('CASE WHEN %1$I IS NOT NULL THEN ARRAY(SELECT CASE WHEN e IS NOT NULL THEN concat(e) END FROM unnest(%1$I) WITH ORDINALITY AS u(e, o) ORDER BY o) END AS %2$I', f.c, f.w)
      WHEN 'number' THEN format('%I::numeric AS %I', f.c, f.w)
      WHEN 'numbers' THEN format('%I::numeric[] AS %I', f.c, f.w)
      WHEN 'bytes' THEN format('translate(encode(%I, ''base64''), E''\n'', '''') AS %I', f.c, f.w)
      WHEN 'bytess' THEN format('CASE WHEN %1$I IS NOT NULL THEN ARRAY(SELECT translate(encode(e, ''base64''), E''\n'', '''') FROM unnest(%1$I) WITH ORDINALITY AS u(e, o) ORDER BY o) END AS %2$I', f.c, f.w)
      ELSE format('%I AS %I', f.c, f.w) END, ', ' ORDER BY f.o)
    FROM unnest($3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS f(c, w, form, o)),
  CASE WHEN $7::bool THEN '' ELSE 'ONLY' END, $1::text, $2::text,
  coalesce((SELECT ' ORDER BY ' || string_agg(format('%I', k.c), ', ' ORDER BY k.o) FROM unnest($6::text[]) WITH ORDINALITY AS k(c, o)), ''))`
)
