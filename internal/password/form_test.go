package password

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const (
	firebaseKey = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
	firebaseSum = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
)

// Hashes made by others: the reference implementations of argon2 and Firebase's scrypt, RFC 7914, crypt(3), OpenBSD's and
// Openwall's tests of bcrypt, Python's hashlib.
var vectors = []struct{ name, stored, plain string }{
	{"argon2id", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password"},
	{"argon2id of two lanes", "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password"},
	{"argon2id, parameters in another order", "$argon2id$v=19$t=2,p=1,m=256$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password"},
	{"argon2i", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA", "password"},
	{"bcrypt a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", "a"},
	{"bcrypt b", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
	{"bcrypt of 72 bytes and more", "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored"},
	{"bcrypt y, beyond ASCII", "$2y$05$abcdefghijklmnopqrstuuZVEMa1pjhlynBQ1qXmSvGBJpN9h1w8G", "pässwörd"},
	{"bcrypt of 80 bytes", "$2b$05$abcdefghijklmnopqrstuujf8SX2ahXLwp9w/B.Y5XdysS6yR576q", strings.Repeat("x", 72) + "12345678"},
	{"Firebase", "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" + firebaseKey + "$42xEC+ixf3L2lw==$" + firebaseSum, "user1password"},
	{"Firebase in the alphabet of URLs", "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" + firebaseKey + "$42xEC-ixf3L2lw$" +
		strings.NewReplacer("+", "-", "/", "_").Replace(firebaseSum), "user1password"},
	{"scrypt", "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw", "pleaseletmein"},
	{"PBKDF2 of passlib", "$pbkdf2-sha256$29000$AAECAwQFBgcICQoLDA0ODw$ZvLORN3Wu1.2s6Mb0kBKZ43bylSsC/t0Vz5rE9nJPNg", "correct horse"},
	{"PBKDF2 in PHC form", "$pbkdf2-sha256$i=29000,l=32$AAECAwQFBgcICQoLDA0ODw$ZvLORN3Wu1+2s6Mb0kBKZ43bylSsC/t0Vz5rE9nJPNg", "correct horse"},
	{"PBKDF2 with SHA-512", "$pbkdf2-sha512$25000$.//..//..//..//..//..//.$FhobqzuyFKPBsO9FiwMdc9m0Omfydjfrbc0gPEqXaJdzlATvuKA6seu9QMjdAWc9EmY8cnu5bBDpA4m3lM6hEQ", "correct horse"},
	{"PBKDF2 of Django", "pbkdf2_sha256$1000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=", "lètmein"},
}

func TestHashesOfOtherProductsAreUnderstood(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			stored, err := Import(" " + v.stored + "\n")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := h.Verify(t.Context(), stored, v.plain); err != nil || got != (Verdict{OK: true, Outdated: true}) {
				t.Errorf("its password: %+v, %v", got, err)
			}
			for _, other := range []string{"?" + v.plain, "!" + strings.ToUpper(v.plain), v.plain[1:]} {
				if got, err := h.Verify(t.Context(), stored, other); err != nil || got != (Verdict{}) {
					t.Errorf("%q: %+v, %v", other, got, err)
				}
			}
		})
	}
}

// The tables say where a text breaks and a part of what is said of it.
func TestHashesThatCannotBeUsedAreRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	const salt, key = "c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	const tail = "$" + salt + "$" + key
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "accepted are argon2id"},
		{"a password", "hunter22", "accepted are argon2id"},
		{"MD5", "$1$abc$def", "accepted are argon2id"},
		{"argon2d", "$argon2d$v=19$m=256,t=2,p=1" + tail, "accepted are argon2id"},
		{"8 GiB", "$argon2id$v=19$m=8388608,t=1,p=1" + tail, "8192 MiB of memory, more than 256 MiB"},
		{"many passes", "$argon2id$v=19$m=262144,t=5,p=1" + tail, "1280 MiB of memory over all passes"},
		{"no pass", "$argon2id$v=19$m=256,t=0,p=1" + tail, "parameter t must be a number from 1"},
		{"no lane", "$argon2id$v=19$m=256,t=1,p=0" + tail, "parameter p must be a number from 1"},
		{"a lane without memory", "$argon2id$v=19$m=8,t=1,p=2" + tail, "at least 8 times p"},
		{"a number too large for one", "$argon2id$v=19$m=99999999999999999999,t=1,p=1" + tail, "parameter m must be a number"},
		{"a negative number", "$argon2id$v=19$m=-1,t=1,p=1" + tail, "parameter m must be a number"},
		{"the older version", "$argon2id$v=16$m=256,t=1,p=1" + tail, "only version 19"},
		{"no version", "$argon2id$m=256,t=1,p=1" + tail, "its form is not"},
		{"a parameter twice", "$argon2id$v=19$m=256,t=1,p=1,p=1" + tail, "each once"},
		{"a parameter too many", "$argon2id$v=19$m=256,t=1,p=1,keyid=x" + tail, "each once"},
		{"a parameter missing", "$argon2id$v=19$m=256,t=1" + tail, "each once"},
		{"a hash that anything may meet", "$argon2id$v=19$m=256,t=1,p=1$" + salt + "$AAAA", "its hash has 3 bytes"},
		{"no hash", "$argon2id$v=19$m=256,t=1,p=1$" + salt + "$", "its hash has 0 bytes"},
		{"no base64", "$argon2id$v=19$m=256,t=1,p=1$so!t$" + key, "its salt is not base64"},
		{"a line break inside", "$argon2id$v=19$m=256,t=1,p=1$so\nlt$" + key, "not a printable ASCII character"},
		{"a text without end", "$2a$05$" + strings.Repeat("a", 2000), "more than 1024"},
		{"bcrypt with its old fault", "$2x$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui", "its form is not $2a$"},
		{"bcrypt that takes days", "$2a$31$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui", "cost must be a number from 4 to 16"},
		{"bcrypt cut short", "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBu", "53 characters"},
		{"scrypt of 8 GiB", "$scrypt$ln=23,r=8,p=1" + tail, "8192 MiB of memory"},
		{"scrypt many times", "$scrypt$ln=15,r=8,p=64" + tail, "2048 MiB of memory over all passes"},
		{"scrypt with ln of 63", "$scrypt$ln=63,r=8,p=1" + tail, "parameter ln must be a number from 1 to 24"},
		{"scrypt with too much to do", "$scrypt$ln=18,r=8,p=5" + tail, "1280 MiB of memory over all passes"},
		{"Firebase of another version", "$fbscrypt$v=2,n=14,r=8,p=1,ss=Bw==,sk=" + firebaseKey + "$42xEC+ixf3L2lw==$" + firebaseSum, "parameter v"},
		{"Firebase of 8 GiB", "$fbscrypt$v=1,n=23,r=8,p=1,ss=Bw==,sk=" + firebaseKey + "$42xEC+ixf3L2lw==$" + firebaseSum, "8192 MiB of memory"},
		{"Firebase with another key's length", "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=Bw==$42xEC+ixf3L2lw==$" + firebaseSum, "signer key"},
		{"Firebase without a key", "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==$42xEC+ixf3L2lw==$" + firebaseSum, "each once"},
		{"PBKDF2 for hours", "$pbkdf2-sha256$4000000000" + tail, "rounds must be a number from 1 to 5000000"},
		{"PBKDF2 with SHA-1", "$pbkdf2-sha1$29000" + tail, "only sha256 and sha512"},
		{"PBKDF2 with a length that is not", "$pbkdf2-sha256$i=29000,l=64" + tail, "parameter l"},
		{"Django without rounds", "pbkdf2_sha256$$salt$" + key, "rounds must be a number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			stored, err := Import(c.text)
			if err == nil || stored != "" || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("Import: %q, %v; want %q", stored, err, c.want)
			}
			if strings.Contains(err.Error(), key) || strings.Contains(err.Error(), firebaseSum) {
				t.Errorf("the error shows the hash: %v", err)
			}
			if got, err := New(Options{}).Verify(t.Context(), c.text, "password"); err == nil || got.OK {
				t.Errorf("Verify: %+v, %v", got, err)
			}
		})
	}
}

func TestWhatIsMadeIsUnderstoodAndMeetsItsPasswordOnly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		made := argon{
			name:   rapid.SampledFrom([]string{"argon2id", "argon2i"}).Draw(t, "name"),
			memory: rapid.Uint32Range(32, 256).Draw(t, "m"),
			passes: rapid.Uint32Range(1, 3).Draw(t, "t"),
			lanes:  rapid.Uint8Range(1, 4).Draw(t, "p"),
			salt:   rapid.SliceOfN(rapid.Byte(), 0, 32).Draw(t, "salt"),
		}
		plain, other := rapid.SliceOf(rapid.Byte()).Draw(t, "plain"), rapid.SliceOf(rapid.Byte()).Draw(t, "other")
		made.key = made.derive(plain, rapid.Uint32Range(16, 64).Draw(t, "size"))
		read, err := parse(made.text())
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := read.matches(plain); err != nil || !ok {
			t.Errorf("its own password: %v, %v", ok, err)
		}
		if ok, err := read.matches(other); err != nil || ok != slices.Equal(plain, other) {
			t.Errorf("another: %v, %v", ok, err)
		}
	})
}

// Whatever is accepted can be computed without harm; the small ones are.
func FuzzImport(f *testing.F) {
	for _, v := range vectors {
		f.Add(v.stored)
	}
	f.Fuzz(func(t *testing.T, text string) {
		stored, err := Import(text)
		if err != nil {
			return
		}
		if again, err := Import(stored); err != nil || again != stored {
			t.Fatalf("%q was accepted and is not: %v", stored, err)
		}
		read, err := parse(stored)
		if err != nil {
			t.Fatal(err)
		}
		if most := places(mostMemory); read.weight() < 1 || read.weight() > max(most, 64) {
			t.Fatalf("%q weighs %d", stored, read.weight())
		}
		if small(read) {
			if _, err := read.matches([]byte("password")); err != nil {
				t.Fatalf("%q: %v", stored, err)
			}
		}
	})
}

func small(f form) bool {
	switch f := f.(type) {
	case argon:
		return f.memory*f.passes < 1<<12
	case bcrypted:
		return f[4:6] <= "05"
	case plainScrypt:
		return f.n*f.r*f.p < 1<<12
	case firebase:
		return f.n*f.r*f.p < 1<<12
	case pbkdf2:
		return f.rounds < 1<<10
	}
	return false
}
