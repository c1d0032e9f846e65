package password

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"
)

// The parameters of Hash: the first choice of OWASP's cheat sheet for argon2id.
const (
	todayMemory = 19 << 10 // KiB
	todayPasses = 2
	todayLanes  = 1
)

// argon is a hash of argon2id or argon2i (RFC 9106).
type argon struct {
	name      string
	memory    uint32 // KiB
	passes    uint32
	lanes     uint8
	salt, key []byte
}

func today() argon {
	return argon{name: "argon2id", memory: todayMemory, passes: todayPasses, lanes: todayLanes}
}

// current reports whether f is what Hash would make of its password.
func current(f form) bool {
	a, ok := f.(argon)
	if !ok {
		return false
	}
	t := today()
	return a.name == t.name && a.memory == t.memory && a.passes == t.passes && a.lanes == t.lanes &&
		len(a.salt) == saltSize && len(a.key) == keySize
}

func parseArgon(text string) (form, error) {
	parts, err := sections(text, 5, "$argon2id$v=19$m=…,t=…,p=…$salt$hash")
	if err != nil {
		return nil, err
	}
	if parts[1] != fmt.Sprintf("v=%d", argon2.Version) {
		return nil, fmt.Errorf("only version %d of argon2 is understood", argon2.Version)
	}
	a := argon{name: parts[0]}
	if err := a.setParameters(parts[2]); err != nil {
		return nil, err
	}
	if a.salt, a.key, err = decodePair(parts[3:]); err != nil {
		return nil, err
	}
	return a, nil
}

func (a *argon) setParameters(text string) error {
	found, err := settings(text, "m", "t", "p")
	if err != nil {
		return err
	}
	memory, errM := number("m", found["m"], 8, 1<<32-1)
	passes, errT := number("t", found["t"], 1, 1<<16)
	lanes, errP := number("p", found["p"], 1, 64)
	if err := first(errM, errT, errP); err != nil {
		return err
	}
	if memory < 8*lanes {
		return errors.New("its parameter m must be at least 8 times p")
	}
	a.memory, a.passes, a.lanes = uint32(memory), uint32(passes), uint8(lanes)
	return affordable(memory<<10, passes)
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (a argon) derive(plain []byte, size uint32) []byte {
	if a.name == "argon2i" {
		return argon2.Key(plain, a.salt, a.passes, a.memory, a.lanes, size)
	}
	return argon2.IDKey(plain, a.salt, a.passes, a.memory, a.lanes, size)
}

func (a argon) matches(plain []byte) (bool, error) {
	return subtle.ConstantTimeCompare(a.derive(plain, uint32(len(a.key))), a.key) == 1, nil
}

// weight also counts lanes, which run at once.
func (a argon) weight() int64 { return max(places(uint64(a.memory)<<10), int64(a.lanes)) }

// text is the PHC form.
func (a argon) text() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$%s$v=%d$m=%d,t=%d,p=%d$%s$%s",
		a.name, argon2.Version, a.memory, a.passes, a.lanes, b64(a.salt), b64(a.key))
}
