// Package roster owns the files in which other products hand out their accounts: Firebase's and PocketBase's exports, Supabase's
// table of users, and a plain form of lines of JSON. It reads them one account at a time and says of each mistake on which line it
// is. What becomes of the accounts is for package account.
package roster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/socle-hq/socle/internal/account"
	"github.com/socle-hq/socle/internal/value"
)

// Form is the form of a file.
type Form string

// The forms.
const (
	Firebase   Form = "firebase"
	PocketBase Form = "pocketbase"
	Supabase   Form = "supabase"
	Plain      Form = "socle"
)

// Mistake is an account that cannot be read.
type Mistake struct {
	Line int
	What string
}

// Error says where and what.
func (m *Mistake) Error() string { return fmt.Sprintf("line %d: %s", m.Line, m.What) }

// Reader gives the accounts of a file one after the other.
type Reader struct {
	next func() (object, error)
	read func(object) (account.Imported, error)
}

// Open begins to read a file. h is what Firebase's hashes were made with, nil where that is not known.
func Open(f Form, r io.Reader, h *HashConfig) (*Reader, error) {
	out := &Reader{}
	switch f {
	case Firebase:
		out.read = func(o object) (account.Imported, error) { return firebase(o, h) }
	case PocketBase:
		out.read = pocketBase
	case Supabase:
		out.read = supabase
	case Plain:
		out.read = plain
	default:
		return nil, fmt.Errorf("%q is not a form of accounts that is known", f)
	}
	var err error
	out.next, err = objects(r, f == Supabase, map[Form]string{Firebase: "users", PocketBase: "items"}[f])
	return out, err
}

// Next is the next account; io.EOF ends the file. After a *Mistake the file goes on.
func (r *Reader) Next() (account.Imported, error) {
	o, err := r.next()
	if err != nil {
		return account.Imported{}, err
	}
	a, err := r.read(o)
	a.Line = o.line
	if err == nil {
		err = o.err()
	}
	if err != nil {
		return a, &Mistake{o.line, err.Error()}
	}
	return a, nil
}

// object is an account as it is written.
type object struct {
	line    int
	members map[string]json.RawMessage
	wrong   *error
}

func newObject(line int, members map[string]json.RawMessage) object {
	return object{line, members, new(error)}
}

func (o object) err() error { return *o.wrong }

func (o object) fail(name, what string) {
	if *o.wrong == nil {
		*o.wrong = fmt.Errorf("%s %s", name, what)
	}
}

// has reports whether a member is there and is not null.
func (o object) has(name string) bool {
	raw, ok := o.members[name]
	return ok && string(raw) != "null"
}

// text is a member that is a text, "" where it is not there.
func (o object) text(name string) string {
	var out string
	if o.has(name) && json.Unmarshal(o.members[name], &out) != nil {
		o.fail(name, "is not a text")
	}
	return out
}

// truth is a member that is true or false, also as the text of a CSV file.
func (o object) truth(name string) bool {
	switch strings.Trim(string(o.members[name]), `"`) {
	case "true", "t":
		return true
	case "false", "f", "null", "":
	default:
		o.fail(name, "is neither true nor false")
	}
	return false
}

// data is a member that is an object, also as a text of JSON; nil where it is not there.
func (o object) data(name string) map[string]any {
	if !o.has(name) {
		return nil
	}
	raw := o.members[name]
	var text string
	if json.Unmarshal(raw, &text) == nil {
		raw = json.RawMessage(text)
	}
	if len(raw) == 0 {
		return nil
	}
	var out map[string]any
	if json.Unmarshal(raw, &out) != nil {
		o.fail(name, "is not an object")
	}
	return out
}

// time is a member that is an instant as a text, the zero time where it is not there.
func (o object) time(name string) time.Time {
	text := o.text(name)
	if text == "" {
		return time.Time{}
	}
	v, err := value.Parse(value.Type{Kind: value.Timestamp}, text)
	if err != nil {
		o.fail(name, "is not an instant such as 2024-01-02T03:04:05Z")
		return time.Time{}
	}
	return time.UnixMicro(v.Int()).UTC()
}

var errShape = errors.New("the file is neither lines of JSON objects nor a list of them")
