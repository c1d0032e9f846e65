package engine

import (
	"encoding/json"
	"time"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// Idempotency makes a list of operations happen once, however often it is asked for within a day.
type Idempotency struct {
	Key   string // the client's
	Scope string // role, uid, method and path: keys of different scopes are different
	Body  string // a hash of what is asked; another one under the same key is refused
}

// kept is how long a key is remembered.
const kept = 24 * time.Hour

// record is what is remembered of one operation.
type record struct {
	Affected int64             `json:"affected"`
	Inserted int64             `json:"inserted"`
	Keys     []json.RawMessage `json:"keys"`
}

// known gives what was remembered under a key, nil where there is nothing.
func (s *session) known(id *Idempotency) ([]record, error) {
	e, err := sqlgen.Remembered(s.dialect, id.Scope, id.Key, s.now-kept.Microseconds())
	if err != nil {
		return nil, err
	}
	rows, err := s.tx.Query(s.ctx, e.Text, e.Args...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	var texts [2]string
	for i := range texts {
		v, err := s.dialect.Decode(value.Type{Kind: value.Text}, rows[0][i])
		if err != nil {
			return nil, err
		}
		texts[i] = v.Str()
	}
	if texts[0] != id.Body {
		return nil, fault.New(fault.IdempotencyReuse, "the idempotency key was used for another request")
	}
	out := []record{}
	return out, json.Unmarshal([]byte(texts[1]), &out)
}

// claim takes a key before anything is done under it, and forgets those of yesterday.
func (s *session) claim(id *Idempotency) error {
	if _, err := s.exec(sqlgen.Forget(s.dialect, s.now-kept.Microseconds())); err != nil {
		return err
	}
	n, err := s.exec(sqlgen.Claim(s.dialect, id.Scope, id.Key, id.Body, s.now))
	if err == nil && n == 0 {
		return overtaken{}
	}
	return err
}

// remember keeps the written keys of a list of operations.
func (s *session) remember(id *Idempotency, answers []Answer) error {
	records := make([]record, len(answers))
	for i, a := range answers {
		records[i] = record{Affected: a.Affected, Inserted: a.Inserted, Keys: a.texts}
	}
	text, err := json.Marshal(records)
	if err != nil {
		return err
	}
	_, err = s.exec(sqlgen.Remember(s.dialect, id.Scope, id.Key, string(text)))
	return err
}

// replay answers as the operations did, with what the actor may read of their rows now.
func (s *session) replay(ops []Op, known []record, err error) ([]Answer, error) {
	if err != nil {
		return nil, err
	}
	if len(known) != len(ops) {
		return nil, fault.New(fault.IdempotencyReuse, "the idempotency key was used for another request")
	}
	var out []Answer
	for i, op := range ops {
		w, err := op.write(out)
		if err != nil {
			return nil, err
		}
		a := Answer{Total: -1, Affected: known[i].Affected, Inserted: known[i].Inserted, Replayed: true}
		if w == nil {
			a, err = s.operation(op, out)
		} else {
			a, err = s.again(a, w, op.Import, known[i])
		}
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func (s *session) again(a Answer, w *ir.Write, importing bool, r record) (Answer, error) {
	x, err := s.writing(w, importing)
	if err != nil {
		return a, err
	}
	var keys []plan.Tuple
	for _, text := range r.Keys {
		key, err := x.keyOf(text)
		if err != nil {
			return a, err
		}
		keys = append(keys, key)
	}
	a.Keys, a.texts = keys, r.Keys
	if x.m.returned == nil {
		return a, nil
	}
	a.Level, a.Shape = x.m.returned.level, x.m.shape
	a.Result, err = x.represent(keys)
	return a, err
}

func (x *writing) keyOf(text json.RawMessage) (plan.Tuple, error) {
	var parts []json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		return nil, err
	}
	identity := plan.Identity(x.c)
	if len(parts) != len(identity) { // the collection has another key by now
		return nil, fault.New(fault.IdempotencyReuse, "the rows that were written under the idempotency key are known by another key now")
	}
	var key plan.Tuple
	for i, f := range identity {
		v, err := value.FromJSON(f.Type, parts[i])
		if err == nil {
			v, err = value.Fit(f.Type, v)
		}
		if err != nil {
			return nil, err
		}
		key = append(key, v)
	}
	return key, nil
}
