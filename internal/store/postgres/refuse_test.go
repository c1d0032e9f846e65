package postgres_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/postgres"
	"github.com/socle-hq/socle/internal/testkit"
)

func TestTheServerIsTheOneWhoseCertificateSaysSoOrIsRefused(t *testing.T) {
	t.Parallel()
	dsn, authority, stranger := testkit.TLS(t)
	ctx := context.Background()
	named := strings.Replace(dsn, "127.0.0.1", "localhost", 1) // the certificate has the number alone
	for _, x := range []struct{ dsn, mode, root, refusal string }{
		{dsn, "verify-full", authority, ""},
		{dsn, "verify-ca", authority, ""},
		{named, "verify-ca", authority, ""},
		{dsn, "require", "", ""},
		{dsn, "verify-full", stranger, "unknown authority"},
		{dsn, "verify-ca", stranger, "unknown authority"},
		{named, "verify-full", authority, "localhost"},
		{dsn, "verify-full", "/nowhere/ca.crt", "cannot be read"},
	} {
		q := url.Values{"sslmode": {x.mode}}
		if x.root != "" {
			q.Set("sslrootcert", x.root)
		}
		s, err := postgres.Open(ctx, x.dsn+"?"+q.Encode())
		if x.refusal != "" {
			if err == nil || !strings.Contains(err.Error(), x.refusal) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s with %s: %v, want %s", x.mode, x.root, err, x.refusal)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s with %s: %v", x.mode, x.root, err)
			continue
		}
		err = s.Write(ctx, func(tx store.Tx) error {
			rows, err := tx.Query(ctx, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
			if err == nil && rows[0][0] != "t" {
				t.Errorf("%s does not encrypt", x.mode)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		s.Close()
	}
}

// An older server is one that says so: its word is shadowed by a function of the role's own.
func TestDatabasesThatTheProductCannotLiveInAreRefused(t *testing.T) {
	t.Parallel()
	c := testkit.NewCluster(t)
	_, replica := c.Replica()
	as := func(role string) string {
		u, err := url.Parse(c.URL())
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.User(role)
		return u.String()
	}
	for _, role := range []string{"older", "elsewhere", "nowhere", "reader"} {
		c.Run("CREATE ROLE " + role + " LOGIN SUPERUSER")
	}
	ctx := context.Background()
	admin, err := pgx.Connect(ctx, c.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(ctx)
	for _, sql := range []string{
		"CREATE SCHEMA other",
		"ALTER ROLE elsewhere SET search_path = other",
		"ALTER ROLE nowhere SET search_path = missing",
		"CREATE FUNCTION public.current_setting(name text) RETURNS text LANGUAGE sql AS $$ SELECT CASE name WHEN 'server_version_num' THEN '140012' ELSE '14.12' END $$",
		"ALTER ROLE reader SET default_transaction_read_only = on",
		"CREATE ROLE limited LOGIN",
		"CREATE DATABASE closed CONNECTION LIMIT 0",
		"ALTER ROLE older SET search_path = public, pg_catalog",
	} {
		if _, err := admin.Exec(ctx, sql); err != nil {
			t.Fatal(sql, err)
		}
	}
	closed, err := url.Parse(as("limited"))
	if err != nil {
		t.Fatal(err)
	}
	closed.Path = "/closed"
	for _, x := range []struct{ dsn, want string }{
		{as("older"), "the server is PostgreSQL 14.12; version 15 or later is needed"},
		{as("elsewhere"), `new tables would go to the schema "other"; set the role's search_path to public`},
		{as("nowhere"), `new tables would go to the schema ""; set the role's search_path to public`},
		{replica, "the server is a read-only replica; `database:` names the primary"},
		{replica + "&target_session_attrs=read-write", "is what its target_session_attrs asks for"},
		{as("reader"), `the user "reader" only reads where nothing else is said; ALTER ROLE "reader" SET default_transaction_read_only = off`},
		{closed.String(), `lets no more connections to the database "closed"; ALTER the database "closed" with a higher CONNECTION LIMIT`},
		{"postgres://u:hunter2@no-such-host.invalid/x", `there is no host "no-such-host.invalid"`},
	} {
		s, err := postgres.Open(ctx, x.dsn)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), x.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want %s", err, x.want)
		}
	}
}

func TestAUserWhoMayNotWriteIsToldWhichRightIsMissing(t *testing.T) {
	t.Parallel()
	c := testkit.NewCluster(t)
	admin, err := pgx.Connect(context.Background(), c.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.Background())
	run := func(sql string) {
		t.Helper()
		if _, err := admin.Exec(context.Background(), sql); err != nil {
			t.Fatal(sql, err)
		}
	}
	for _, sql := range []string{"CREATE ROLE clerk LOGIN", `CREATE TABLE "things" (id int)`, `CREATE TABLE "_socle_leases" (k text)`,
		`GRANT SELECT, INSERT, UPDATE ON "things", "_socle_leases" TO clerk`, `GRANT DELETE ON "_socle_leases" TO clerk`} {
		run(sql)
	}
	u, err := url.Parse(c.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User("clerk")
	s := connect(t, u.String(), postgres.Options{})
	tables := []string{`"public"."things"`, `"public"."not there"`}
	err = s.Entitled(context.Background(), tables)
	if err == nil || !strings.Contains(err.Error(), `the user "clerk" may not DELETE on the table things;`) || !strings.HasSuffix(err.Error(), `GRANT DELETE ON things TO "clerk"`) {
		t.Error(err)
	}
	run(`GRANT DELETE ON things TO clerk`)
	if err := s.Entitled(context.Background(), tables); err != nil {
		t.Error(err)
	}
	run(`REVOKE INSERT ON "_socle_leases" FROM clerk`)
	if err := s.Entitled(context.Background(), tables); err == nil || !strings.Contains(err.Error(), "INSERT on the table _socle_leases") {
		t.Error(err)
	}
}
