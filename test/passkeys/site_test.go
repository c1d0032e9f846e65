package passkeys_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/socle-hq/socle/internal/passkey"
)

// page runs a ceremony with the site whose passkeys it is about: its own, or the one that the query names.
const page = `<!doctype html><title>passkeys</title><script>
const home = new URLSearchParams(location.search).get('home') ?? ''
const post = async (path, body) => (await fetch(home + path, { method: 'POST', body: JSON.stringify(body) })).json()
const ceremony = async (kind, ask) => {
  const { options, refused } = await post('/' + kind + '/options')
  if (refused) return { refused }
  try {
    return await post('/' + kind + '/verify', await ask(options))
  } catch (e) {
    return { thrown: e.name }
  }
}
const create = () => ceremony('registration', async (o) =>
  (await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(o) })).toJSON())
const get = (kind) => ceremony(kind, async (o) =>
  (await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(o) })).toJSON())
</script>`

// site has one account and keeps one state of each ceremony: enough for one page.
type site struct {
	URL    string
	party  *passkey.Party
	mu     sync.Mutex
	user   passkey.User
	states map[string][]byte
}

// newSite is at http://localhost, with a port of its own.
func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{states: map[string][]byte{}, user: passkey.User{ID: []byte("0123456789abcdef"), Name: "ann@example.org", DisplayName: "Ann"}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	var err error
	if s.party, err = passkey.NewParty("Team", s.URL, nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// ServeHTTP answers the page, options and verdicts.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind, half, ceremony := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if !ceremony {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, page)
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	body, err := io.ReadAll(r.Body)
	var answer any
	if half == "options" && err == nil {
		answer, err = s.begin(kind)
	} else if err == nil {
		answer, err = s.finish(kind, body)
	}
	if refused := (*passkey.Refused)(nil); errors.As(err, &refused) {
		answer = map[string]any{"refused": refused.Reason}
	} else if err != nil {
		answer = map[string]any{"failed": err.Error()}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (s *site) begin(kind string) (any, error) {
	var (
		options []byte
		err     error
	)
	switch kind {
	case "registration":
		options, s.states[kind], err = s.party.BeginRegistration(s.user)
	case "named":
		options, s.states[kind], err = s.party.BeginAuthentication(&s.user)
	default:
		options, s.states[kind], err = s.party.BeginAuthentication(nil)
	}
	return map[string]any{"options": json.RawMessage(options)}, err
}

func (s *site) finish(kind string, response []byte) (any, error) {
	if kind == "registration" {
		c, err := s.party.FinishRegistration(s.user, s.states[kind], response)
		if err != nil {
			return nil, err
		}
		s.user.Credentials = append(s.user.Credentials, *c)
		return map[string]any{"made": c}, nil
	}
	u, used, err := s.party.FinishAuthentication(func(_, _ []byte) (*passkey.User, error) { return &s.user, nil }, s.states[kind], response)
	if err != nil {
		return nil, err
	}
	for i := range u.Credentials {
		if string(u.Credentials[i].ID) == string(used.ID) {
			u.Credentials[i] = *used
		}
	}
	return map[string]any{"user": u.Name, "used": used}, nil
}
