package app_test

import (
	"testing"

	"github.com/socle-hq/socle/internal/testkit"
)

func TestReadsGoToReplicasAndASessionSeesItsOwnWrites(t *testing.T) {
	t.Parallel()
	c := testkit.NewCluster(t)
	shared := keys(t)
	join(t, nodeOptions(t, shop, shared, c.URL(), nil)).Close()
	name, replica := c.Replica()
	n := join(t, nodeOptions(t, shop, shared, c.URL(), map[string]string{"SOCLE_DATABASE_REPLICAS": replica}))

	eventually(t, "the replica has the rows", func() bool { return n.anonymous("/rest/v1/notes?select=id") == `[{"id":1},{"id":2}]` })
	sql(t, replica, "SELECT pg_wal_replay_pause()")
	n.wants(t, "POST", "/rest/v1/notes", `{"text":"three"}`, 201, ``)
	n.wants(t, "GET", "/rest/v1/notes?select=id&order=id", "", 200, `[{"id":1},{"id":2},{"id":3}]`)
	if got := n.anonymous("/rest/v1/notes?select=id"); got != `[{"id":1},{"id":2}]` {
		t.Errorf("a session that has not written reads from the replica: %s", got)
	}
	sql(t, replica, "SELECT pg_wal_replay_resume()")
	eventually(t, "the replica follows", func() bool { return n.anonymous("/rest/v1/notes?select=id") == `[{"id":1},{"id":2},{"id":3}]` })

	c.Do("kill", name)
	for range 3 {
		if got := n.anonymous("/rest/v1/notes?select=id&id=eq.3"); got != `[{"id":3}]` {
			t.Errorf("without its replica: %s", got)
		}
	}
}

// anonymous is what an anonymous caller reads.
func (n *node) anonymous(path string) string { return get(n.Runtime, path) }
