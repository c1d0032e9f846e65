package social

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"
)

// longest is the length in bytes of a token that is looked at.
const longest = 16 << 10

// token is a JWT taken apart. Nothing in it is to be believed before verify.
type token struct {
	raw                  string
	algorithm, kid, kind string
	payload              []byte
	claims               claims
}

// parse takes a token apart. Members of the header that would change what is verified are refused; those that would bring
// a key of their own (jwk, jku, x5u, x5c) are never looked at.
func parse(raw string) (*token, error) {
	if len(raw) > longest {
		return nil, refuse(tooLong)
	}
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return nil, refuse(notAToken)
	}
	header, err := object(segment(parts[0]))
	if err != nil {
		return nil, refuse(notAToken)
	}
	payload := segment(parts[1])
	if payload == nil || segment(parts[2]) == nil {
		return nil, refuse(notAToken)
	}
	t := &token{raw: raw, algorithm: header.text("alg"), kid: header.text("kid"), kind: strings.ToLower(header.text("typ")), payload: payload}
	_, crit := header["crit"]
	_, b64 := header["b64"]
	if crit || b64 {
		return nil, refuse(notAToken)
	}
	if t.claims, err = object(payload); err != nil {
		return nil, refuse(unreadable)
	}
	return t, nil
}

// segment decodes a part of a token, of which there is one way to write it; nil where it is not.
func segment(text string) []byte {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil
	}
	return raw
}

// object reads one JSON object, whose names count exactly as they are written.
func object(raw []byte) (claims, error) {
	var out claims
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		return nil, err
	}
	if _, err := d.Token(); out == nil || err != io.EOF {
		return nil, errNoObject
	}
	return out, nil
}

// verify checks kind, algorithm, key and signature; issuer is the one whose keys these are. Of algorithms only asymmetric ones find
// a key that fits.
func (t *token) verify(ctx context.Context, keys keySet, issuer string, algorithms, kinds []string) error {
	if !slices.Contains(kinds, t.kind) {
		return refuse(notAToken)
	}
	alg, known := jwa.LookupSignatureAlgorithm(t.algorithm)
	if !known || !slices.Contains(algorithms, t.algorithm) {
		return refuse(wrongAlgorithm)
	}
	key, err := keys.find(ctx, t, issuer)
	if err != nil {
		return err
	}
	signed, err := jws.Verify([]byte(t.raw), jws.WithKey(alg, key))
	if err != nil || !bytes.Equal(signed, t.payload) {
		return refuse(wrongSignature)
	}
	return nil
}
