package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// What a stored hash may ask for. A hash beyond these is an attack on the server or a mistake, and is never computed.
const (
	mostText   = 1024    // bytes of its text
	mostMemory = 1 << 28 // bytes it needs at once
	mostWork   = 1 << 30 // bytes it fills over all passes
	leastKey   = 16      // bytes of its result: fewer would let other passwords in
	mostKey    = 128
	mostSalt   = 128
)

// form is one stored hash, understood and within bounds.
type form interface {
	matches(plain []byte) (bool, error)
	weight() int64 // places it takes in the queue
}

const accepted = "accepted are argon2id and argon2i ($argon2id$v=19$m=…,t=…,p=…$salt$hash), bcrypt ($2a$, $2b$, $2y$), " +
	"scrypt ($scrypt$ln=…,r=…,p=…$salt$hash), Firebase's scrypt ($fbscrypt$v=1,n=…,r=…,p=1,ss=…,sk=…$salt$hash) and " +
	"PBKDF2 ($pbkdf2-sha256$…, $pbkdf2-sha512$…, pbkdf2_sha256$…)"

// Import checks a hash that another product made, and returns the text that Verify takes. White space around it is
// dropped. The error says what is wrong and what is accepted, holds nothing of the salt or the hash, and is safe to show.
func Import(text string) (stored string, err error) {
	stored = strings.TrimSpace(text)
	if _, err := parse(stored); err != nil {
		return "", err
	}
	return stored, nil
}

// forms are the readers of each form, by what its text begins with.
var forms = []struct {
	prefix, name string
	parse        func(text string) (form, error)
}{
	{"$argon2id$", "argon2id", parseArgon},
	{"$argon2i$", "argon2i", parseArgon},
	{"$2", "bcrypt", parseBcrypt},
	{"$scrypt$", "scrypt", parseScrypt},
	{"$fbscrypt$", "Firebase scrypt", parseFirebase},
	{"$pbkdf2-", "PBKDF2", parsePBKDF2},
	{"pbkdf2_sha256$", "PBKDF2", parseDjango},
}

func parse(text string) (form, error) {
	if err := plausible(text); err != nil {
		return nil, err
	}
	for _, known := range forms {
		if !strings.HasPrefix(text, known.prefix) {
			continue
		}
		f, err := known.parse(text)
		if err != nil {
			return nil, fmt.Errorf("this %s password hash cannot be used: %w", known.name, err)
		}
		return f, nil
	}
	return nil, errors.New("this is not a password hash of a known form: " + accepted)
}

func plausible(text string) error {
	if len(text) > mostText {
		return fmt.Errorf("this password hash cannot be used: it has %d bytes, more than %d", len(text), mostText)
	}
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return fmt.Errorf("this password hash cannot be used: byte %d is not a printable ASCII character", i+1)
		}
	}
	return nil
}

// sections splits `$name$a$b` into its n parts after the first dollar sign.
func sections(text string, n int, shape string) ([]string, error) {
	parts := strings.Split(strings.TrimPrefix(text, "$"), "$")
	if len(parts) != n {
		return nil, fmt.Errorf("its form is not %s", shape)
	}
	return parts, nil
}

// settings reads `a=1,b=2`: each of the names once, in any order, and nothing else.
func settings(text string, names ...string) (map[string]string, error) {
	want := strings.Join(names, ", ")
	found := map[string]string{}
	for item := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(item, "=")
		if _, twice := found[name]; !ok || twice {
			return nil, fmt.Errorf("its parameters must be %s, each once", want)
		}
		found[name] = value
	}
	for _, name := range names {
		if _, ok := found[name]; !ok || len(found) != len(names) {
			return nil, fmt.Errorf("its parameters must be %s, each once", want)
		}
	}
	return found, nil
}

// number reads a parameter between least and most.
func number(name, text string, least, most uint64) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("its parameter %s must be a number from %d to %d", name, least, most)
	}
	return n, nil
}

// affordable bounds memory and work, both in bytes.
func affordable(memory, passes uint64) error {
	if memory > mostMemory {
		return fmt.Errorf("it needs %d MiB of memory, more than %d MiB", memory>>20, mostMemory>>20)
	}
	if memory*passes > mostWork {
		return fmt.Errorf("it fills %d MiB of memory over all passes, more than %d MiB", memory*passes>>20, mostWork>>20)
	}
	return nil
}

// places is how many hashes of today take as much memory.
func places(memory uint64) int64 {
	const one = todayMemory << 10
	return int64(max(1, (memory+one-1)/one))
}

var alphabets = strings.NewReplacer("-", "+", "_", "/", ".", "+")

// decode reads base64 with or without padding, in the standard, the URL and passlib's alphabet.
func decode(name, text string, least, most int) ([]byte, error) {
	raw, err := base64.RawStdEncoding.DecodeString(alphabets.Replace(strings.TrimRight(text, "=")))
	if err != nil {
		return nil, fmt.Errorf("its %s is not base64", name)
	}
	if len(raw) < least || len(raw) > most {
		return nil, fmt.Errorf("its %s has %d bytes; it must have %d to %d", name, len(raw), least, most)
	}
	return raw, nil
}

// decodePair reads the salt and the hash that end a text.
func decodePair(parts []string) (salt, key []byte, err error) {
	if salt, err = decode("salt", parts[0], 0, mostSalt); err != nil {
		return nil, nil, err
	}
	key, err = decode("hash", parts[1], leastKey, mostKey)
	return salt, key, err
}
