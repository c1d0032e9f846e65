package roster

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/socle-hq/socle/internal/account"
)

// plain is a line of our own form.
func plain(o object) (account.Imported, error) {
	a := account.Imported{ID: o.text("id"), Email: o.text("email"), Phone: o.text("phone"), Hash: o.text("password_hash"),
		EmailProved: o.truth("email_confirmed") || o.has("email_confirmed_at"), PhoneProved: o.truth("phone_confirmed") || o.has("phone_confirmed_at"),
		UserMetadata: o.data("user_metadata"), AppMetadata: o.data("app_metadata"),
		CreatedAt: o.time("created_at"), LastSignIn: o.time("last_sign_in_at"), BannedUntil: o.time("banned_until")}
	if o.has("identities") && json.Unmarshal(o.members["identities"], &a.Known) != nil {
		o.fail("identities", "is not a list of objects with provider, subject and email")
	}
	for name := range o.members {
		if !plainMembers[name] {
			return a, fmt.Errorf("there is no member %q; those there are: id, email, email_confirmed, phone, phone_confirmed, password_hash, "+
				"user_metadata, app_metadata, created_at, last_sign_in_at, banned_until, identities", name)
		}
	}
	return a, nil
}

var plainMembers = map[string]bool{"id": true, "email": true, "phone": true, "password_hash": true, "email_confirmed": true,
	"email_confirmed_at": true, "phone_confirmed": true, "phone_confirmed_at": true, "user_metadata": true, "app_metadata": true,
	"created_at": true, "last_sign_in_at": true, "banned_until": true, "identities": true}

// supabase is a row of its table auth.users.
func supabase(o object) (account.Imported, error) {
	if o.has("deleted_at") {
		return account.Imported{}, errors.New("the account was deleted (deleted_at); it is left out")
	}
	return account.Imported{ID: o.text("id"), Email: o.text("email"), Phone: o.text("phone"), Hash: o.text("encrypted_password"),
		EmailProved: o.has("email_confirmed_at"), PhoneProved: o.has("phone_confirmed_at"),
		UserMetadata: o.data("raw_user_meta_data"), AppMetadata: o.data("raw_app_meta_data"),
		CreatedAt: o.time("created_at"), LastSignIn: o.time("last_sign_in_at"), BannedUntil: o.time("banned_until")}, nil
}

// pocketBase is a record of an auth collection. Before its version 0.23 the hash was called passwordHash, and is called password
// since then.
func pocketBase(o object) (account.Imported, error) {
	a := account.Imported{ID: o.text("id"), Email: o.text("email"), EmailProved: o.truth("verified"), CreatedAt: o.time("created"),
		Hash: o.text("passwordHash"), UserMetadata: map[string]any{}}
	if a.Hash == "" {
		a.Hash = o.text("password")
	}
	for _, name := range []string{"name", "username", "avatar"} {
		if text := o.text(name); text != "" {
			a.UserMetadata[name] = text
		}
	}
	return a, nil
}

// HashConfig is what a Firebase project's hashes are made with, as its console shows it.
type HashConfig struct {
	SignerKey, Separator string // base64
	Rounds, Memory       int
}

var configLine = regexp.MustCompile(`"?(algorithm|base64_signer_key|base64_salt_separator|rounds|mem_cost)"?\s*[:=]\s*"?([^",\s}]+)`)

// ReadHashConfig reads the parameters of a project's hashes, as Firebase's console shows them or as JSON.
func ReadHashConfig(raw []byte) (*HashConfig, error) {
	found := map[string]string{}
	for _, m := range configLine.FindAllStringSubmatch(string(raw), -1) {
		found[m[1]] = m[2]
	}
	h := &HashConfig{SignerKey: found["base64_signer_key"], Separator: found["base64_salt_separator"]}
	var err, err2 error
	h.Rounds, err = strconv.Atoi(found["rounds"])
	h.Memory, err2 = strconv.Atoi(found["mem_cost"])
	if a, given := found["algorithm"]; given && !strings.EqualFold(a, "scrypt") {
		return nil, fmt.Errorf("the hashes are %s; only SCRYPT is known", a)
	}
	if h.SignerKey == "" || err != nil || err2 != nil {
		return nil, errors.New("the parameters are base64_signer_key, base64_salt_separator, rounds and mem_cost, as the console of Firebase shows them")
	}
	return h, nil
}

// hash is an account's hash with everything that it was made with.
func (h *HashConfig) hash(salt, hash string) (string, error) {
	if h == nil {
		return "", errors.New("its password needs the project's hash parameters: give them with --hash-config")
	}
	return fmt.Sprintf("$fbscrypt$v=1,n=%d,r=%d,p=1,ss=%s,sk=%s$%s$%s", h.Memory, h.Rounds, h.Separator, h.SignerKey, salt, hash), nil
}

// atFirebase are providers by the names that Firebase has for them.
var atFirebase = map[string]string{"google.com": "google", "github.com": "github", "apple.com": "apple", "microsoft.com": "microsoft", "facebook.com": "facebook"}

// firebase is an account of `firebase auth:export`.
func firebase(o object, h *HashConfig) (a account.Imported, err error) {
	a = account.Imported{ID: o.text("localId"), Email: o.text("email"), EmailProved: o.truth("emailVerified"), Phone: o.text("phoneNumber"),
		CreatedAt: o.millis("createdAt"), LastSignIn: o.millis("lastSignedInAt"), UserMetadata: map[string]any{}, AppMetadata: o.data("customAttributes")}
	a.PhoneProved = a.Phone != ""
	if hash := o.text("passwordHash"); hash != "" {
		if a.Hash, err = h.hash(o.text("salt"), hash); err != nil {
			return a, err
		}
	}
	for from, to := range map[string]string{"displayName": "full_name", "photoUrl": "avatar_url"} {
		if text := o.text(from); text != "" {
			a.UserMetadata[to] = text
		}
	}
	if o.truth("disabled") {
		a.BannedUntil = forever
	}
	var at []struct{ ProviderID, RawID, Email string }
	if o.has("providerUserInfo") && json.Unmarshal(o.members["providerUserInfo"], &at) != nil {
		o.fail("providerUserInfo", "is not a list of objects")
	}
	for _, p := range at {
		if name, ok := atFirebase[p.ProviderID]; ok && p.RawID != "" {
			a.Known = append(a.Known, account.ImportedKnown{Provider: name, Subject: p.RawID, Email: p.Email})
		}
	}
	return a, nil
}

// forever is until when accounts are banned that were disabled.
var forever = time.Date(2125, 1, 1, 0, 0, 0, 0, time.UTC)

// millis is a member of milliseconds since 1970, as a text.
func (o object) millis(name string) time.Time {
	text := strings.Trim(string(o.members[name]), `"`)
	if text == "" || text == "null" {
		return time.Time{}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		o.fail(name, "is not a number of milliseconds")
	}
	return time.UnixMilli(n).UTC()
}
