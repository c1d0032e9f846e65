package factor_test

import (
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/pquerna/otp/hotp"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/factor"
	"pgregory.net/rapid"
)

// rfcSecret is the key of RFC 6238, appendix B, for SHA-1.
var rfcSecret = base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte("12345678901234567890"))

// The last six of the eight digits that the RFC lists.
func TestCodesAreThoseOfRFC6238(t *testing.T) {
	t.Parallel()
	for at, code := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		step, ok := factor.CheckTOTP(rfcSecret, code, time.Unix(at, 0), 0)
		if !ok || step != at/30 {
			t.Errorf("at %d: %s is of step %d, %v", at, code, step, ok)
		}
	}
}

func TestACodeIsGoodOneStepBeforeAndAfterAndNoLonger(t *testing.T) {
	t.Parallel()
	const begins = 1111111110 // a multiple of 30
	code := codeAt(t, rfcSecret, begins/30)
	for late, want := range map[int64]bool{-60: false, -31: false, -30: true, -1: true, 0: true, 29: true, 30: true, 59: true, 60: false, 90: false} {
		if _, ok := factor.CheckTOTP(rfcSecret, code, time.Unix(begins+late, 0), 0); ok != want {
			t.Errorf("%d s after its step began: %v", late, ok)
		}
	}
}

func TestWhatIsNoCodeIsRefused(t *testing.T) {
	t.Parallel()
	now := time.Unix(59, 0)
	for _, code := range []string{"", "287083", "28708", "2870822", "94287082", "٢٨٧٠٨٢", "287082\x00", "abcdef", strings.Repeat("2", 1<<16)} {
		if step, ok := factor.CheckTOTP(rfcSecret, code, now, 0); ok || step != 0 {
			t.Errorf("%.20q is accepted", code)
		}
	}
	for _, secret := range []string{"not base 32!", "1"} {
		if _, ok := factor.CheckTOTP(secret, "287082", now, 0); ok {
			t.Errorf("secret %q has a code", secret)
		}
	}
	if _, ok := factor.CheckTOTP(rfcSecret, " 287 082\n", now, 0); !ok {
		t.Error("blanks, as apps show them, are not ignored")
	}
}

// Somebody sees every code that was accepted and tries all of them again, at any time, with clocks that go back.
func TestNoStepIsEverAcceptedTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "secret"))
		at, last := rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "start"), int64(0)
		steps := map[int64]bool{}
		for range 40 {
			at += rapid.Int64Range(-45, 60).Draw(t, "passes")
			step := at/30 + rapid.Int64Range(-3, 3).Draw(t, "of step")
			got, ok := factor.CheckTOTP(secret, codeAt(t, secret, step), time.Unix(at, 0), last)
			if !ok {
				continue
			}
			if steps[got] || got <= last || got < at/30-1 || got > at/30+1 {
				t.Fatalf("step %d is accepted at step %d after %d", got, at/30, last)
			}
			steps[got], last = true, got
		}
	})
}

// Steps 56188870 and 56188871 of the RFC's key have one code: whoever saw it accepted cannot use it in the second.
func TestACodeOfTwoStepsIsSpentForBoth(t *testing.T) {
	t.Parallel()
	const first, code = 56188870, "617002"
	for step := int64(first); step <= first+1; step++ {
		if codeAt(t, rfcSecret, step) != code {
			t.Fatalf("step %d has another code", step)
		}
	}
	now := time.Unix(first*30, 0)
	last, ok := factor.CheckTOTP(rfcSecret, code, now, 0)
	if !ok || last != first+1 {
		t.Errorf("it counts for step %d, %v", last, ok)
	}
	for range 3 {
		if step, ok := factor.CheckTOTP(rfcSecret, code, now, last); ok {
			t.Errorf("accepted again, for step %d", step)
		}
		now = now.Add(30 * time.Second)
	}
}

func codeAt(t interface {
	Helper()
	Fatal(...any)
}, secret string, step int64,
) string {
	t.Helper()
	code, err := hotp.GenerateCode(secret, uint64(step))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestANewSecretIsWhatAnAppReads(t *testing.T) {
	t.Parallel()
	made, err := factor.NewTOTP("Team: Überblick", "ann@example.org", clock.System().Random())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(made.URI)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Team  Überblick:ann@example.org" ||
		q.Get("secret") != made.Secret || q.Get("issuer") != "Team  Überblick" || q.Get("digits") != "6" || q.Get("period") != "30" || q.Get("algorithm") != "SHA1" {
		t.Errorf("the URI does not say what an app needs: %s%s without its secret: %v", u.Host, u.Path, q["issuer"])
	}
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(made.Secret)
	if err != nil || len(raw) != 20 {
		t.Errorf("a secret of %d bytes, %v", len(raw), err)
	}
	for _, shown := range []string{fmt.Sprint(made), fmt.Sprintf("%+v", made), fmt.Sprintf("%#v", made)} {
		if strings.Contains(shown, made.Secret) {
			t.Error("printing a TOTP shows its secret")
		}
	}
}

func TestANewSecretNeedsNamesRoomAndRandomness(t *testing.T) {
	t.Parallel()
	broken := errors.New("no entropy")
	for _, c := range []struct {
		issuer, account, says string
	}{
		{"", "ann", "needs a name"}, {"Team", " : ", "needs a name"}, {"Team", strings.Repeat("a", 3000), "account (3000 bytes) are too long"},
	} {
		if made, err := factor.NewTOTP(c.issuer, c.account, clock.System().Random()); err == nil || !strings.Contains(err.Error(), c.says) || made != (factor.TOTP{}) {
			t.Errorf("%q, %.10q: %v", c.issuer, c.account, err)
		}
	}
	if _, err := factor.NewTOTP("Team", "ann", iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("without randomness: %v", err)
	}
}
