package testkit

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// SignIn goes to an authorize URL as a browser would, and gives what it is sent back with: the query of the callback's URL, or
// the form for a provider that posts it.
func (i *Issuer) SignIn(t testing.TB, authorizeURL string) url.Values {
	t.Helper()
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.Get(authorizeURL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.Header.Get("X-Form-Post") != "" {
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Fatal(err)
		}
		return form
	}
	back, err := answer.Location()
	if err != nil {
		t.Fatalf("%s instead of a way back", answer.Status)
	}
	return back.Query()
}

// Emails sets what the GitHub-like /user/emails lists: members email, primary, verified. Without, the address of the user.
func (i *Issuer) Emails(list ...map[string]any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.emails = list
}

// OAuth are the addresses of an OAuth 2 provider: auth_url, token_url, user_url. The path is "/user" (GitHub), "/users/@me"
// (Discord) or "/userinfo".
func (i *Issuer) OAuth(path string) (authorize, token, user string) {
	return i.URL + "/authorize", i.URL + "/token", i.URL + path
}

// of is the user an access token belongs to.
func (i *Issuer) of(r *http.Request) (map[string]any, bool) {
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	i.mu.Lock()
	defer i.mu.Unlock()
	user, ok := i.tokens[bearer]
	return maps.Clone(user), ok
}

func (i *Issuer) userinfo(w http.ResponseWriter, r *http.Request) {
	user, ok := i.of(r)
	if !ok {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_token"})
		return
	}
	if i.is(UserinfoOfAnother) {
		user["sub"] = "somebody-else"
	}
	if hidden, ok := user["userinfo"].(map[string]any); ok { // what the ID token does not say
		delete(user, "userinfo")
		maps.Copy(user, hidden)
	}
	answer(w, http.StatusOK, user)
}

func (i *Issuer) userEmails(w http.ResponseWriter, r *http.Request) {
	user, ok := i.of(r)
	if !ok {
		answer(w, http.StatusUnauthorized, map[string]any{"message": "Bad credentials"})
		return
	}
	i.mu.Lock()
	list := i.emails
	i.mu.Unlock()
	if list == nil {
		list = []map[string]any{{"email": user["email"], "primary": true, "verified": user["email_verified"]}}
	}
	answer(w, http.StatusOK, list)
}
