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
		{dsn, "verify-full", "/nowhere/ca.crt", "address cannot be read"},
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
	for _, role := range []string{"older", "elsewhere", "nowhere"} {
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
		"ALTER ROLE older SET search_path = public, pg_catalog",
	} {
		if _, err := admin.Exec(ctx, sql); err != nil {
			t.Fatal(sql, err)
		}
	}
	for _, x := range []struct{ dsn, want string }{
		{as("older"), "the server is PostgreSQL 14.12; version 15 or later is needed"},
		{as("elsewhere"), `new tables would go to the schema "other"; set the role's search_path to public`},
		{as("nowhere"), `new tables would go to the schema ""; set the role's search_path to public`},
		{replica, "the server is a read-only replica; `database:` names the primary"},
		{replica + "&target_session_attrs=read-write", "cannot be reached"},
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
