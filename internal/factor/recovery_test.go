package factor_test

import (
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/factor"
	"pgregory.net/rapid"
)

func TestRecoveryCodesAreGroupsWithoutLookAlikes(t *testing.T) {
	t.Parallel()
	codes, err := factor.RecoveryCodes(200, clock.System().Random())
	if err != nil || len(codes) != 200 {
		t.Fatal(len(codes), err)
	}
	form, seen := regexp.MustCompile(`^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$`), map[string]bool{}
	for _, c := range codes {
		if !form.MatchString(c) || seen[c] {
			t.Errorf("%s has another form, or came twice", c)
		}
		seen[c] = true
	}
}

// All 80 bits of randomness are in a code: whichever bit changes, another code comes.
func TestEveryRandomBitCountsInARecoveryCode(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for bit := -1; bit < 80; bit++ {
		raw := make([]byte, 10)
		if bit >= 0 {
			raw[bit/8] = 1 << (bit % 8)
		}
		codes, err := factor.RecoveryCodes(1, strings.NewReader(string(raw)))
		if err != nil || seen[factor.NormalRecoveryCode(codes[0])] {
			t.Fatalf("bit %d: %v, %v", bit, codes, err)
		}
		seen[factor.NormalRecoveryCode(codes[0])] = true
	}
}

func TestRecoveryCodesNeedRandomness(t *testing.T) {
	t.Parallel()
	broken := errors.New("no entropy")
	if codes, err := factor.RecoveryCodes(2, io.MultiReader(strings.NewReader("0123456789"), iotest.ErrReader(broken))); !errors.Is(err, broken) || codes != nil {
		t.Errorf("%v, %v", codes, err)
	}
}

func TestARecoveryCodeIsReadAsItWasMeant(t *testing.T) {
	t.Parallel()
	const want = "k4m9x7qp2ab8ht31"
	for _, typed := range []string{
		want, "k4m9-x7qp-2ab8-ht31", "K4M9-X7QP-2AB8-HT31", "k4m9 x7qp 2ab8 ht31", "  k4m9x7qp\t2ab8\nht31 ", "k4m9–x7qp—2ab8−ht31", "k4m9\u00a0x7qp_2ab8.ht31",
		"k4m9x7qp2ab8ht3l", "k4m9x7qp2ab8ht3I", "k4m9x7qp2ab8ht3|", "ｋ４ｍ９-ｘ７ｑｐ－２ａｂ８-ｈｔ３１", "\u200bk4m9\u00ad-x7qp-\ufeff2ab8-ht31",
	} {
		if got := factor.NormalRecoveryCode(typed); got != want {
			t.Errorf("%q is read as %q", typed, got)
		}
	}
	for typed, want := range map[string]string{"OoUuLliI": "00vv1111", "": "", "---": "", "k4m9-x7qp-2ab8-ht32": "k4m9x7qp2ab8ht32", "k4m9/x7qp": "k4m9/x7qp", "\xff": "\ufffd"} {
		if got := factor.NormalRecoveryCode(typed); got != want {
			t.Errorf("%q is read as %q, not %q", typed, got, want)
		}
	}
}

// What is folded folds to itself, and no two codes of ours fold together.
func TestFoldingIsDoneOnceAndLosesNoCode(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.StringOf(rapid.SampledFrom([]rune("0189abiklouvxzIKLOUVXZ|-–− _.\t\u00a0\u200bｋＯ－é!"))).Draw(t, "typed")
		once := factor.NormalRecoveryCode(typed)
		if twice := factor.NormalRecoveryCode(once); twice != once {
			t.Fatalf("%q, then %q", once, twice)
		}
		raw := rapid.SliceOfN(rapid.Byte(), 10, 10).Draw(t, "raw")
		codes, err := factor.RecoveryCodes(1, strings.NewReader(string(raw)))
		if err != nil {
			t.Fatal(err)
		}
		if got := factor.NormalRecoveryCode(strings.ToUpper(codes[0])); got != strings.ReplaceAll(codes[0], "-", "") {
			t.Fatalf("%s became %s", codes[0], got)
		}
	})
}

func TestASealDependsOnKeyKindAndCode(t *testing.T) {
	t.Parallel()
	key, other := []byte(strings.Repeat("k", 32)), []byte(strings.Repeat("o", 32))
	seal := factor.SealCode(key, "recovery", "k4m9x7qp2ab8ht31")
	if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(seal) || seal != factor.SealCode(key, "recovery", "k4m9x7qp2ab8ht31") {
		t.Errorf("a seal is %q", seal)
	}
	for name, s := range map[string]string{
		"key": factor.SealCode(other, "recovery", "k4m9x7qp2ab8ht31"), "kind": factor.SealCode(key, "otp", "k4m9x7qp2ab8ht31"),
		"code": factor.SealCode(key, "recovery", "k4m9x7qp2ab8ht32"), "border": factor.SealCode(key, "recover", "yk4m9x7qp2ab8ht31"),
	} {
		if s == seal {
			t.Errorf("another %s, the same seal", name)
		}
	}
}
