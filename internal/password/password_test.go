package password

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
)

func TestAHashMeetsItsPasswordOnly(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	for _, plain := range []string{"correct horse", " ", "\u00e9 as one", "e\u0301 as two", "日本語のパスワード", strings.Repeat("x", longest)} {
		stored, err := h.Hash(t.Context(), plain)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := h.Verify(t.Context(), stored, plain); err != nil || got != (Verdict{OK: true}) {
			t.Errorf("%.20q: %+v, %v", plain, got, err)
		}
		if got, err := h.Verify(t.Context(), stored, plain[:len(plain)-1]+"!"); err != nil || got.OK {
			t.Errorf("%.20q, its end changed: %+v, %v", plain, got, err)
		}
	}
}

func TestAPasswordIsItsBytes(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	stored, err := h.Hash(t.Context(), "caf\u00e9 au lait")
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"cafe\u0301 au lait", "CAF\u00c9 AU LAIT", "caf\u00e9 au lait ", "cafe au lait"} {
		if got, err := h.Verify(t.Context(), stored, other); err != nil || got.OK {
			t.Errorf("%q: %+v, %v", other, got, err)
		}
	}
}

func TestTwoHashesOfOnePasswordDiffer(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	one, err1 := h.Hash(t.Context(), "correct horse")
	two, err2 := h.Hash(t.Context(), "correct horse")
	if err1 != nil || err2 != nil || one == two {
		t.Errorf("%v, %v, same: %v", err1, err2, one == two)
	}
	if !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("the form is %s", one[:40])
	}
}

func TestASaltComesFromTheGivenSourceAndIsNeverShort(t *testing.T) {
	t.Parallel()
	h := New(Options{Random: bytes.NewReader(make([]byte, saltSize))})
	if stored, err := h.Hash(t.Context(), "correct horse"); err != nil || !strings.Contains(stored, "$AAAAAAAAAAAAAAAAAAAAAA$") {
		t.Errorf("%s, %v", stored, err)
	}
	if stored, err := h.Hash(t.Context(), "correct horse"); err == nil {
		t.Errorf("with the source at its end: %s", stored)
	}
}

// bcrypt repeats a password that ends in NUL until it has 72 bytes, so that "a" and "a\x00a" would be one.
func TestTextsThatNoRulesAcceptAreNeverThePassword(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	const ofA = "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"
	const ofNothing = "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."
	for _, c := range []struct{ stored, plain string }{
		{ofA, "a\x00a"}, {ofA, "a\x00"}, {ofNothing, ""}, {ofNothing, "\x00"}, {ofA, strings.Repeat("a", longest+1)}, {ofA, "\xff"},
	} {
		if got, err := h.Verify(t.Context(), c.stored, c.plain); err != nil || got != (Verdict{}) {
			t.Errorf("%.20q: %+v, %v", c.plain, got, err)
		}
		var weak *Weak
		if stored, err := h.Hash(t.Context(), c.plain); !errors.As(err, &weak) || stored != "" {
			t.Errorf("Hash of %.20q: %v", c.plain, err)
		}
	}
}

func TestOnlyTodaysParametersAreNotOutdated(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	for name, change := range map[string]func(*argon){
		"today":         func(*argon) {},
		"less memory":   func(a *argon) { a.memory = 12 << 10 },
		"more memory":   func(a *argon) { a.memory = 20 << 10 },
		"more passes":   func(a *argon) { a.passes = 3 },
		"more lanes":    func(a *argon) { a.lanes = 2 },
		"argon2i":       func(a *argon) { a.name = "argon2i" },
		"a longer salt": func(a *argon) { a.salt = make([]byte, 24) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := today()
			a.salt = make([]byte, saltSize)
			change(&a)
			a.key = a.derive([]byte("correct horse"), keySize)
			want := Verdict{OK: true, Outdated: name != "today"}
			if got, err := h.Verify(t.Context(), a.text(), "correct horse"); err != nil || got != want {
				t.Errorf("%+v, %v; want %+v", got, err, want)
			}
			if got, err := h.Verify(t.Context(), a.text(), "wrong horse"); err != nil || got != (Verdict{}) {
				t.Errorf("another password: %+v, %v", got, err)
			}
		})
	}
}

// What Waste computes is what Verify computes for a present account, in number and in every parameter.
func TestWasteDoesTheWorkOfVerify(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	var computed []argon
	h.match = func(f form, plain []byte) (bool, error) {
		a := f.(argon)
		computed = append(computed, argon{a.name, a.memory, a.passes, a.lanes, make([]byte, len(a.salt)), make([]byte, len(a.key))})
		return f.matches(plain)
	}
	stored, err := h.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	for _, plain := range []string{"correct horse", "wrong horse", "", "\x00", strings.Repeat("x", longest+1)} {
		computed = nil
		if _, err := h.Verify(t.Context(), stored, plain); err != nil {
			t.Fatal(err)
		}
		verified := computed
		computed = nil
		if err := h.Waste(t.Context(), plain); err != nil {
			t.Fatal(err)
		}
		if len(verified) != len(computed) {
			t.Fatalf("%.20q: Verify computed %d hashes, Waste %d", plain, len(verified), len(computed))
		}
		for i := range verified {
			if verified[i].text() != computed[i].text() {
				t.Errorf("%.20q: Verify computed %s, Waste %s", plain, verified[i].text(), computed[i].text())
			}
		}
	}
}

func TestAllKindsOfWorkShareOneQueue(t *testing.T) {
	t.Parallel()
	stored, err := New(Options{}).Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	work := map[string]func(*Hasher, context.Context) error{
		"Hash": func(h *Hasher, ctx context.Context) error { _, err := h.Hash(ctx, "correct horse"); return err },
		"Verify": func(h *Hasher, ctx context.Context) error {
			_, err := h.Verify(ctx, stored, "correct horse")
			return err
		},
		"Waste": func(h *Hasher, ctx context.Context) error { return h.Waste(ctx, "correct horse") },
	}
	for name, do := range work {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := New(Options{Parallel: 1, Waiting: 1})
				release := hold(h.queue, 1)
				ctx, cancel := context.WithCancel(t.Context())
				left := make(chan error, 1)
				go func() { left <- do(h, ctx) }()
				synctest.Wait()
				if err := do(h, t.Context()); err != ErrBusy {
					t.Errorf("with a full queue: %v", err)
				}
				cancel()
				if err := <-left; err != context.Canceled {
					t.Errorf("cancelled while waiting: %v", err)
				}
				release()
			})
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	h := New(Options{})
	stored, err := h.Hash(b.Context(), "correct horse")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if got, err := h.Verify(b.Context(), stored, "correct horse"); err != nil || !got.OK {
			b.Fatal(got, err)
		}
	}
}
