package postgres

import (
	"context"
	"fmt"
	"testing"

	"github.com/socle-hq/socle/internal/testkit"
)

func TestAStatementThatComesTwiceInABatchHasOneName(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := Open(ctx, testkit.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l := &link{pool: s.main}
	defer l.release()
	send := func(texts ...string) {
		t.Helper()
		var batch []statement
		for _, text := range texts {
			batch = append(batch, statement{sql: text})
		}
		if _, err := l.send(ctx, batch); err != nil {
			t.Fatal(texts, err)
		}
	}
	send("SELECT 0")
	named := namesOf(l.wire())
	made, kept := named.made, len(named.of)
	send("SELECT 1", "SELECT 2", "SELECT 1")
	if named.made-made != 2 || len(named.of)-kept != 2 {
		t.Errorf("%d names were made for two statements, %d are kept", named.made-made, len(named.of)-kept)
	}
	for i := range 2 * mostNames { // those of before make room
		text := fmt.Sprintf("SELECT %d", 10+i)
		send(text, text)
	}
	send("SELECT 1", "SELECT 2", "SELECT 1")
	rows := 0
	if _, err := l.run(ctx, "SELECT 1 FROM pg_prepared_statements", nil, func([][]byte) error { rows++; return nil }); err != nil || rows > mostNames {
		t.Errorf("the server keeps %d statements, %v", rows, err)
	}
}
