package password

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	defaultMin = 8
	longest    = 1024 // bytes
)

// Rules are what a new password has to meet.
type Rules struct {
	Min      int   // the fewest characters (code points); 0: 8
	Breached *List // passwords that are known to attackers; nil: none
}

// Weak is the error of a password that must not be used. Message is safe to show and holds nothing of the password.
type Weak struct {
	Reasons []string // GoTrue's: "length", "characters", "pwned"
	Message string
}

func (w *Weak) Error() string { return w.Message }

func (w *Weak) add(reason, format string, args ...any) {
	w.Reasons = append(w.Reasons, reason)
	w.Message = strings.TrimSpace(w.Message + " " + fmt.Sprintf(format, args...))
}

// Check is nil for a password that may be used and a *Weak, with all reasons at once, for one that may not. Any other
// error means that the list of breached passwords could not be read.
func (r Rules) Check(plain string) error {
	if weak := unusable(plain); weak != nil && plain != "" {
		return weak
	}
	least := r.Min
	if least <= 0 {
		least = defaultMin
	}
	weak := &Weak{}
	if utf8.RuneCountInString(plain) < least {
		weak.add("length", "Password should be at least %d characters.", least)
	}
	breached, err := r.Breached.Has(plain)
	if err != nil {
		return err
	}
	if breached && plain != "" {
		weak.add("pwned", "Password is known to be weak and easy to guess, please choose a different one.")
	}
	if len(weak.Reasons) == 0 {
		return nil
	}
	return weak
}

// unusable is why a text cannot be a password under any rules: forms that end at a NUL, or read 72 bytes of it, would let
// other texts in for it.
func unusable(plain string) *Weak {
	weak := &Weak{}
	switch {
	case plain == "":
		weak.add("length", "Password should not be empty.")
	case len(plain) > longest:
		weak.add("length", "Password cannot be longer than %d bytes.", longest)
	case !utf8.ValidString(plain):
		weak.add("characters", "Password should be valid UTF-8.")
	case strings.ContainsRune(plain, 0):
		weak.add("characters", "Password should not contain the character NUL.")
	default:
		return nil
	}
	return weak
}
