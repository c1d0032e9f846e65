package accounts_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"
)

// claimed is what a token says.
func claimed(t testing.TB, token string) (out map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no token", token)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// rushed asks n times at once and counts the answers by status.
func rushed(n int, ask func(i int) reply) map[int]int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	out, begin := map[int]int{}, make(chan struct{})
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			<-begin
			r := ask(i)
			mu.Lock()
			out[r.Code]++
			mu.Unlock()
		}()
	}
	close(begin)
	wg.Wait()
	return out
}

const crowd = 100

func TestOfAHundredWithOneCodeOneIsAccepted(t *testing.T) {
	t.Parallel()
	everywhere(t, near(nil), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		phone := ada.enroll(t, "")
		challenges := make([]string, crowd)
		for i := range challenges {
			challenges[i] = ada.challenge(t, phone.id)
		}
		code := phone.shows(t)
		if got := rushed(crowd, func(i int) reply { return ada.try(t, phone.id, challenges[i], code) }); got[200] != 1 || got[422]+got[429] != crowd-1 {
			t.Fatal("each with a challenge of its own:", got)
		}
		s.clock.advance(11 * time.Minute)
		one, code := ada.challenge(t, phone.id), phone.shows(t)
		if got := rushed(crowd, func(int) reply { return ada.try(t, phone.id, one, code) }); got[200] != 1 || got[404]+got[422]+got[429] != crowd-1 {
			t.Fatal("all with one challenge:", got)
		}
	})
}

func TestOfAHundredWithOneRecoveryCodeOneIsAccepted(t *testing.T) {
	t.Parallel()
	everywhere(t, near(nil), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		ada.prove(t, ada.enroll(t, ""))
		code := ada.me().post("factors/recovery-codes", nil).want(t, 200).field("codes.3")
		weak := s.signIn(t, "ada@example.org")
		got := rushed(crowd, func(int) reply {
			return weak.me().post("factors/recovery-codes/verify", map[string]string{"code": code})
		})
		if got[200] != 1 || got[422]+got[429] != crowd-1 {
			t.Fatal(got)
		}
		ada.me().get("factors/recovery-codes").want(t, 200, `{"total":10,"remaining":9}`)
	})
}
