package torture

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The two declarations that the project goes to and fro between. Either change makes a table anew.
var declarations = [2]string{
	"  filling:   { type: text, was: padding }\nunique: [[write, part]]\nsearch: [filling]\n",
	"  padding:   { type: text, was: filling, required: true, default: none }\nunique: [[write, part]]\nindexes: [[parts]]\nsearch: [padding]\n",
}

const entries = `realtime: true
fields:
  id:        { type: int, identity: true }
  write:     { type: int, required: true }
  part:      { type: int, required: true }
  parts:     { type: int, required: true }
  writer_id: { ref: writers, required: true }
`

const writersFile = `realtime: true
fields:
  id:      int
  last:    { type: int, required: true, default: 0 }
  patched: { type: int, required: true, default: 0 }
policies: {}
`

// declare writes a project's files: one of the two declarations.
func declare(t *testing.T, dir string, version int) {
	t.Helper()
	seed := "id\n"
	for w := range writers {
		seed += fmt.Sprintln(w)
	}
	for name, text := range map[string]string{
		"socle.yaml":               "name: torture\n",
		"collections/entries.yaml": entries + declarations[version] + "policies: {}\n",
		"collections/writers.yaml": writersFile,
		"seed/writers.csv":         seed,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// kindOf is what a client asks under a number.
func kindOf(id int64) kind { return kind(id % int64(kinds)) }

func writerOf(id int64) int64 { return id % perRound / perWriter }

// partsOf is how many rows belong to a number; 0: it only changes one that is there, or is refused.
func partsOf(id int64) int64 {
	switch kindOf(id) {
	case patched, refusedByRule:
		return 0
	case one:
		return 1
	}
	return 1 + id/int64(kinds)%5
}

type kind int64

const (
	one           kind = iota // a row
	several                   // rows in one request
	together                  // a transaction: rows, and the last number of their writer
	patched                   // a row is changed, under an idempotency key
	keyed                     // rows under an idempotency key, the representation is the answer
	refusedByRule             // a transaction whose second step breaks a rule
	keyedTogether             // a transaction under an idempotency key
	kinds
)

// request is what a client sends.
type request struct {
	method, path, body, key string
	status                  int // that is wanted
}

func (k kind) hasKey() bool { return k == patched || k == keyed || k == keyedTogether }

// requestOf is the request under a number: the same one whenever it is asked for.
func requestOf(id int64) request {
	r := request{method: "POST", path: "/rest/v1/entries", body: rows(id), status: 201}
	switch k := kindOf(id); k {
	case patched:
		r = request{method: "PATCH", path: fmt.Sprintf("/rest/v1/writers?select=id&id=eq.%d", writerOf(id)), body: fmt.Sprintf(`{"patched":%d}`, id), status: 200}
	case keyed:
		r.path += "?select=id,write,part"
	case together, keyedTogether:
		r = request{method: "POST", path: "/rest/v1/rpc/transaction", status: 200, body: fmt.Sprintf(
			`[{"method":"POST","path":"entries?select=id,part","prefer":"return=representation","body":%s},{"method":"PATCH","path":"writers?id=eq.%d","body":{"last":%d}}]`,
			r.body, writerOf(id), id)}
	case refusedByRule:
		r = request{method: "POST", path: "/rest/v1/rpc/transaction", status: 409, body: fmt.Sprintf(
			`[{"method":"POST","path":"entries","body":%s},{"method":"POST","path":"entries","body":%s}]`, row(id, 0, 2), row(id, 0, 2))}
	}
	if kindOf(id).hasKey() {
		r.key = fmt.Sprint(id)
	}
	return r
}

func rows(id int64) string {
	var out []string
	for part := range partsOf(id) {
		out = append(out, row(id, part, partsOf(id)))
	}
	return "[" + strings.Join(out, ",") + "]"
}

func row(id, part, parts int64) string {
	return fmt.Sprintf(`{"write":%d,"part":%d,"parts":%d,"writer_id":%d}`, id, part, parts, writerOf(id))
}
