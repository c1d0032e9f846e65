package social

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// largest is the length in bytes of an answer, whatever the client allows.
const largest = 1 << 20

var errLarge = errors.New("the answer is too large")

// status is an answer that is not 200.
type status int

func (s status) Error() string { return fmt.Sprintf("it answered with status %d", int(s)) }

// getter asks with the product's client.
type getter struct{ client *http.Client }

// bytes is the body of an answer with status 200.
func (g getter) bytes(ctx context.Context, address, bearer string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	answer, err := g.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, status(answer.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, largest+1))
	if err == nil && len(body) > largest {
		err = errLarge
	}
	return body, err
}

// mine asks for something of the user's with their access token: a refusal is about that token, everything else is the network.
func (p *Provider) mine(ctx context.Context, address, access string) ([]byte, error) {
	raw, err := p.get.bytes(ctx, address, access)
	var code status
	if errors.As(err, &code) && code >= 400 && code < 500 && code != http.StatusTooManyRequests {
		return nil, refuse("The provider does not show who the user is; it may lack a scope.")
	}
	if err != nil {
		return nil, unavailable(p.name, "it does not say who the user is", err)
	}
	return raw, nil
}

// mineObject is mine for one JSON object.
func (p *Provider) mineObject(ctx context.Context, address, access string) (claims, error) {
	raw, err := p.mine(ctx, address, access)
	if err != nil {
		return nil, err
	}
	c, err := object(raw)
	if err != nil {
		return nil, unavailable(p.name, "what it says of the user cannot be read", err)
	}
	return c, nil
}

// join is an address below a base.
func join(base, path string) string { return strings.TrimSuffix(base, "/") + path }
