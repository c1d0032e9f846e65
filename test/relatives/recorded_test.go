package relatives

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// The columns of PostgreSQL's csvlog: https://www.postgresql.org/docs/15/runtime-config-logging.html.
const (
	columnMessage     = 13
	columnApplication = 22
)

// logged is how the server words a statement: "statement: …" of the simple protocol, "execute name: …" of the extended one.
var logged = regexp.MustCompile(`^(?:statement|execute [^:]*): `)

// pooler is what PgBouncer says by itself, to give a server connection the settings its client began with.
var pooler = regexp.MustCompile(`^SET (DateStyle|TimeZone|client_encoding|standard_conforming_strings|application_name)='[^']*';`)

// TestEveryRecordedStatementFitsTheRelatives judges the server logs in the folder SOCLE_TEST_STATEMENTS, which the suite's
// throwaway servers write when the variable is set: `make relatives` does both.
func TestEveryRecordedStatementFitsTheRelatives(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("SOCLE_TEST_STATEMENTS")
	if dir == "" {
		t.Skip("SOCLE_TEST_STATEMENTS names no folder of recorded statements")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range files {
		if err := statements(f, func(sql string) { seen[sql] = true }); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
	}
	if len(seen) < 1000 {
		t.Errorf("%d different statements in %d logs: too few to be the suite's", len(seen), len(files))
	}
	refused := 0
	for sql := range seen {
		if err := judge(sql); err != nil {
			if refused++; refused <= 20 {
				t.Errorf("%v\n\t%s", err, shortened(sql))
			}
		}
	}
	t.Logf("%d different statements, %d refused", len(seen), refused)
}

// statements calls f for every statement of the product in a csvlog; a last line cut short by the server's end is not one.
func statements(file string, f func(sql string)) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	r := csv.NewReader(bufio.NewReader(in))
	r.ReuseRecord, r.FieldsPerRecord = true, -1
	for {
		row, err := r.Read()
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, csv.ErrQuote), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		case len(row) <= columnApplication || row[columnApplication] != "socle":
			continue
		}
		at := logged.FindStringIndex(row[columnMessage])
		if at == nil {
			continue
		}
		if sql := row[columnMessage][at[1]:]; !pooler.MatchString(sql) {
			f(sql)
		}
	}
}
