CREATE SCHEMA "Billing Dept";
CREATE SCHEMA auth;
CREATE TABLE auth.users (id uuid PRIMARY KEY, email text);
CREATE TYPE status AS ENUM ('open', 'doing', 'done', 'on');
CREATE TYPE gap AS ENUM ('', 'full');
CREATE TYPE place AS (street text, number int);
CREATE DOMAIN email AS text CHECK (VALUE ~ '^[^@]+@[^@]+$') NOT NULL;
CREATE DOMAIN percent AS numeric(5, 2) DEFAULT 50 CHECK (VALUE >= 0 AND VALUE <= 100);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$;
CREATE FUNCTION total(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT a + b';
CREATE SEQUENCE tickets_no START 100;

CREATE TABLE customers (
  id serial PRIMARY KEY,
  email email,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "Weird Name!" text DEFAULT 'it''s "so"',
  "ÄÖ" text, "in" int, "_hidden" text, "no" bool DEFAULT true, "CASE" int, "case" int,
  code varchar(8) UNIQUE CHECK (code ~ '^[A-Z]\d{2,7}$'),
  fixed char(3), one char(1) CHECK (one IN ('a', 'b')),
  discount percent,
  balance money DEFAULT 0,
  ratio real, weight double precision CHECK (weight > 0),
  any_number numeric, empty_number numeric, huge numeric(50, 2), small numeric(4, 2) DEFAULT -1.5,
  at time, "span" interval, host inet, area int4range, doc xml, bits bit(3), point point,
  home place, tags text[] DEFAULT '{a,b}', matrix int[][], numbers numeric[], stamps timestamptz[], raw bytea, raws bytea[],
  meta jsonb DEFAULT '{"a": [1, null]}', old_meta json, naive timestamp DEFAULT (now() AT TIME ZONE 'utc'), born date DEFAULT CURRENT_DATE,
  gap gap, word text DEFAULT 'now', token uuid DEFAULT gen_random_uuid(), random_text text DEFAULT md5(random()::text),
  name_length int GENERATED ALWAYS AS (length("Weird Name!")) STORED,
  doubled int GENERATED ALWAYS AS (("in" * 2) + 1) STORED,
  search tsvector GENERATED ALWAYS AS (to_tsvector('simple', coalesce(word, ''))) STORED
);
COMMENT ON TABLE customers IS 'Who buys: "people" & firms';
COMMENT ON COLUMN customers.code IS E'Two lines\nof text';
INSERT INTO customers (email, any_number, numbers, raw, raws, home, balance, at, old_meta, fixed)
  VALUES ('ann@example.org', 12.345, '{1.5,2.25}', '\x00ff', '{"\\x01","\\x0203"}', ('Lane', 4), 12.5, '13:00', E'{"b":\n 1,   "a": 2}', 'x');

CREATE TABLE tickets (
  no bigint DEFAULT nextval('tickets_no'), year smallint, title varchar(200) NOT NULL, state status NOT NULL DEFAULT 'open',
  customer_id int NOT NULL REFERENCES customers ON DELETE CASCADE,
  reviewer int REFERENCES customers ON DELETE SET NULL,
  watcher int CONSTRAINT "Watched by" REFERENCES customers (id) ON DELETE SET DEFAULT,
  customer_code varchar(8) REFERENCES customers (code) ON UPDATE CASCADE,
  parent_no bigint, parent_year smallint, owner uuid REFERENCES auth.users,
  starts date, ends date, estimate numeric(8, 2) DEFAULT 1.5, done bool, kind text,
  updated_at timestamptz DEFAULT now(),
  PRIMARY KEY (no, year),
  CONSTRAINT tickets_parent FOREIGN KEY (parent_no, parent_year) REFERENCES tickets (no, year) DEFERRABLE,
  CONSTRAINT ends_after_start CHECK (ends >= starts),
  CONSTRAINT titled CHECK (length(title) > 0 AND title <> 'none'),
  CONSTRAINT done_state CHECK (NOT (done AND state = 'open') OR estimate IS NULL),
  CONSTRAINT kinds CHECK (kind = ANY (ARRAY['bug', 'task']) AND state <> ALL (ARRAY['doing'::status])),
  CONSTRAINT "One Parent" CHECK (num_nonnulls(parent_no, parent_year) <> 1),
  CONSTRAINT like_this CHECK (title NOT LIKE 'x%'),
  CONSTRAINT ordered_text CHECK (title > 'a'),
  CONSTRAINT odd CHECK (no % 2 = 1 OR extract(year FROM starts) > 2000),
  CONSTRAINT shouting CHECK (upper(title) <> title),
  UNIQUE (title, customer_id),
  CONSTRAINT odd_name UNIQUE (kind, year),
  EXCLUDE USING gist (daterange(starts, ends) WITH &&)
);
CREATE INDEX ON tickets (customer_id, starts DESC);
CREATE INDEX tickets_lower ON tickets (lower(title));
CREATE INDEX tickets_open ON tickets (starts) WHERE state = 'open';
CREATE INDEX tickets_carry ON tickets (starts) INCLUDE (ends);
CREATE UNIQUE INDEX tickets_estimate ON tickets (estimate, no);
CREATE UNIQUE INDEX tickets_one_open ON tickets (customer_id) WHERE state = 'open';
CREATE TRIGGER touched BEFORE UPDATE ON tickets FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE tickets ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON tickets FOR SELECT USING (owner IS NOT NULL);

CREATE TABLE no_key (a int, b text);
CREATE TABLE no_columns ();
CREATE TABLE members (ticket_no bigint, ticket_year smallint, customer_id int REFERENCES customers, role text,
  PRIMARY KEY (ticket_no, ticket_year, customer_id), FOREIGN KEY (ticket_no, ticket_year) REFERENCES tickets ON DELETE CASCADE);
CREATE TABLE "Order" ("ID" int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "customerId" int REFERENCES customers);
CREATE TABLE "order" (id int PRIMARY KEY);
CREATE TABLE _private (id uuid PRIMARY KEY);
CREATE TABLE jsonkeyed (k jsonb PRIMARY KEY, v text);
CREATE TABLE "2024 Übersicht" (id int PRIMARY KEY);
CREATE TABLE "目录" ("编号" int PRIMARY KEY, "名称" text);
CREATE TABLE events (id bigint, day date NOT NULL, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO events VALUES (1, '2024-05-05');
CREATE TABLE animals (id int PRIMARY KEY);
CREATE TABLE cats (claws int) INHERITS (animals);

CREATE VIEW open_tickets AS SELECT no, year, title AS headline, state FROM tickets WHERE state = 'open' AND ends IS NULL;
CREATE VIEW renamed AS SELECT id AS "Customer", email FROM customers c;
CREATE VIEW per_customer AS SELECT customer_id, count(*) FROM tickets GROUP BY customer_id;
CREATE VIEW shouted AS SELECT no, year FROM tickets WHERE upper(title) = title;
CREATE MATERIALIZED VIEW summary AS SELECT count(*) FROM tickets;

CREATE TABLE "Billing Dept".invoices (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), customer_id int REFERENCES public.customers,
  amount numeric(12, 2) NOT NULL CHECK (amount >= 0::numeric), "order" int REFERENCES "order");
CREATE TABLE "Billing Dept"."order" (id int PRIMARY KEY);
