package auth_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/policy"
)

// sessionAt is the id of a session that began at an instant.
func sessionAt(t time.Time) string {
	ms := t.UnixMilli()
	id := uuid.UUID{byte(ms >> 40), byte(ms >> 32), byte(ms >> 24), byte(ms >> 16), byte(ms >> 8), byte(ms), 0x70, 1, 0x80, 2}
	return id.String()
}

func of(uid, session string, issued time.Time) auth.Holder {
	return auth.Holder{Actor: policy.Actor{Role: policy.Authenticated, UID: uid}, Session: session, IssuedAt: issued.Truncate(time.Second)}
}

func TestTokensOfEndedSessionsAreRefusedAlsoOutOfTheCache(t *testing.T) {
	t.Parallel()
	tokens := auth.NewTokens(keys(t), "i", at(noon))
	ended := auth.NewEnded(at(noon))
	tokens.Heed(ended)
	issue := func(session string) string {
		token, err := tokens.Issue(auth.Grant{Sub: ann, TTL: time.Hour, Claims: map[string]any{"session_id": session}})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	one, two := sessionAt(noon.Add(-time.Hour)), sessionAt(noon.Add(-time.Minute))
	first, second := issue(one), issue(two)
	ended.Session(one, noon.Add(time.Hour))
	_, err := tokens.Verify(t.Context(), first)
	if code(err) != fault.InvalidClaims || err.Error() != "The session of this JWT has ended" || fault.From(err).Status() != 401 {
		t.Errorf("of the ended session: %v", err)
	}
	if h, err := tokens.Hold(t.Context(), first); err == nil || h.Actor.UID != "" {
		t.Errorf("held %+v", h)
	}
	if _, err := tokens.Verify(t.Context(), second); err != nil {
		t.Errorf("of the other session: %v", err)
	}
	ended.Session(two, noon.Add(time.Hour))
	if _, err := tokens.Verify(t.Context(), second); code(err) != fault.InvalidClaims {
		t.Errorf("of the session that ended later: %v", err)
	}
}

func TestAnAccountsEndLeavesToSessionsWhatClocksCannotTell(t *testing.T) {
	t.Parallel()
	line, session := noon.Add(300*time.Millisecond), sessionAt(noon)
	foreign := of(ann, "", noon.Add(auth.Apart))
	foreign.Foreign = true
	gone := "0190f3a1-7c5e-7000-8000-00000000000c"
	other := "0190f3a1-7c5e-7000-8000-00000000000b"
	for name, c := range map[string]struct {
		h    auth.Holder
		want bool
	}{
		"before, on any clock":                       {of(ann, session, noon.Add(-auth.Apart-time.Second)), true},
		"after, on any clock":                        {of(ann, "", noon.Add(auth.Apart+time.Second)), false},
		"no session, by a clock that is ahead":       {of(ann, "", noon.Add(auth.Apart)), true},
		"no session, the same second":                {of(ann, "", noon), true},
		"a session, by a clock that is behind":       {of(ann, session, noon.Add(-auth.Apart)), false},
		"a session, the same second":                 {of(ann, session, noon), false},
		"an ended session, by a clock that is ahead": {of(ann, gone, noon.Add(auth.Apart)), true},
		"foreign":         {foreign, true},
		"no iat":          {auth.Holder{Actor: policy.Actor{UID: ann}, Session: session}, true},
		"another account": {of(other, "", noon), false},
		"nobody":          {auth.Holder{}, false},
	} {
		e := auth.NewEnded(at(noon.Add(2 * time.Second)))
		e.Session(gone, noon.Add(time.Hour))
		e.Account(ann, line, noon.Add(time.Hour))
		e.Account(ann, line.Add(-time.Hour), noon) // an earlier line moves nothing
		if got := e.Holds(c.h); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	var none *auth.Ended
	if none.Holds(of(ann, "", noon)) {
		t.Error("no set holds somebody")
	}
}

// model is what Ended is to do, without letting go of anything.
type model struct {
	sessions map[string]time.Time
	accounts map[string][2]time.Time
}

func TestWhatEndedIsHeldUntilNoTokenOfItIsLeft(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 1))
	m := &moving{clock.System(), noon}
	e, want := auth.NewEnded(m), model{map[string]time.Time{}, map[string][2]time.Time{}}
	session := func() string { return sessionAt(noon.Add(time.Duration(r.IntN(40)) * time.Second)) }
	account := func() string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", r.IntN(20)) }
	latest := noon
	for range 20_000 {
		m.now = m.now.Add(time.Duration(r.IntN(2000)) * time.Millisecond)
		until := m.now.Add(time.Duration(r.IntN(60)) * time.Second)
		latest = maxTime(latest, until)
		switch id, uid := session(), account(); r.IntN(3) {
		case 0:
			e.Session(id, until)
			want.sessions[id] = maxTime(want.sessions[id], until)
		case 1:
			old := want.accounts[uid]
			e.Account(uid, m.now, until)
			want.accounts[uid] = [2]time.Time{maxTime(old[0], m.now), maxTime(old[1], until)}
		default:
			issued := m.now.Add(-time.Duration(r.IntN(600)) * time.Second).Truncate(time.Second)
			holds := !m.now.After(want.sessions[id].Add(30 * time.Second))
			if a, ok := want.accounts[uid]; ok && !m.now.After(a[1].Add(30*time.Second)) {
				holds = holds || issued.Before(a[0].Truncate(time.Second).Add(-auth.Apart))
			}
			if got := e.Holds(of(uid, id, issued)); got != holds {
				t.Fatalf("%v: session %s of %s issued %v: %v, want %v", m.now, id, uid, issued, got, holds)
			}
		}
	}
	if e.Len() == 0 {
		t.Error("empty while entries are due")
	}
	m.now = latest.Add(31 * time.Second)
	if n := e.Len(); n != 0 {
		t.Errorf("%d entries stay for good", n)
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func TestEndsAreSeenAtOnceByManyReaders(t *testing.T) {
	t.Parallel()
	e := auth.NewEnded(at(noon))
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 500 {
				id := uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%d %d", n, i)).String()
				if e.Holds(of(ann, id, noon)) {
					t.Error("held before it ended")
				}
				e.Session(id, noon.Add(time.Minute))
				if !e.Holds(of(ann, id, noon)) {
					t.Error("not held after it ended")
				}
			}
		})
	}
	wg.Wait()
	if e.Len() != 4000 {
		t.Errorf("%d entries", e.Len())
	}
}

func TestKeysOfPurposesAreStableAndApart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k, err := auth.Load(dir, "", at(noon))
	if err != nil {
		t.Fatal(err)
	}
	refresh := k.Purpose("refresh")
	if len(refresh) != 32 || bytes.Equal(refresh, k.Purpose("codes")) || bytes.Equal(refresh, keys(t).Purpose("refresh")) {
		t.Error("keys of two purposes or two projects are one")
	}
	if k, err = auth.Rotate(dir, auth.Rotation{Publishable: true, Secret: true, Signing: true, Revoke: true}, at(noon)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(refresh, k.Purpose("refresh")) {
		t.Error("a rotation changed the key of a purpose")
	}
}
