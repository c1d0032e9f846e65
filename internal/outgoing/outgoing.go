// Package outgoing owns the one HTTP client with which the product calls others: sign-in providers, key sets, webhooks. An
// address that is written in settings, or that another server names, reaches public hosts only, whatever the name resolves to.
// It refuses to know whom it calls, and why.
package outgoing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// What a request ends in, behind the *url.Error of package http. The texts name no address.
var (
	ErrRefused  = errors.New("the address is not a public one")
	ErrRedirect = errors.New("the server redirects to where it must not")
	ErrTooLarge = errors.New("the answer is too large")
)

const (
	defaultBody    = 1 << 20
	defaultTimeout = 10 * time.Second
	redirects      = 3
	headerBytes    = 64 << 10
)

// Options of New; the zero value is the strictest.
type Options struct {
	AllowLoopback bool          // 127.0.0.0/8 and ::1; for dev and tests
	MaxBody       int64         // bytes of an answer's body, decompressed; 1 MiB where 0
	Timeout       time.Duration // of the whole exchange, redirects and body included; 10 s where 0

	resolver *net.Resolver // a test's own
}

// New makes a client. It keeps no cookies, knows no proxy, and follows at most three redirects, never of a request with a body
// and never from https to http. Every connection, also that of a redirect, is judged by the address it is made to.
func New(o Options) *http.Client {
	if o.MaxBody <= 0 {
		o.MaxBody = defaultBody
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	dialer := &net.Dialer{Timeout: o.Timeout, Resolver: o.resolver, ControlContext: control(guardian(o.AllowLoopback))}
	return &http.Client{
		Timeout:       o.Timeout,
		CheckRedirect: follow,
		Transport: capped{o.MaxBody, &http.Transport{
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           32,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        time.Minute,
			TLSHandshakeTimeout:    o.Timeout,
			ResponseHeaderTimeout:  o.Timeout,
			MaxResponseHeaderBytes: headerBytes,
		}},
	}
}

// guardian knows the special ranges of the IANA registries. Of IPv6 only global unicast is left, without what carries an
// IPv4 address inside (mapped, NAT64, 6to4, Teredo).
func guardian(loopback bool) *ssrf.Guardian {
	options := []ssrf.Option{ssrf.WithAnyPort()}
	if loopback {
		options = append(options, ssrf.WithAllowedV4Prefixes(netip.MustParsePrefix("127.0.0.0/8")),
			ssrf.WithAllowedV6Prefixes(netip.MustParsePrefix("::1/128")))
	}
	return ssrf.New(options...)
}

// control is asked by the dialer after a name was resolved and before connect, with the very address of the socket: there is
// no second resolution that could answer differently.
func control(g *ssrf.Guardian) func(context.Context, string, string, syscall.RawConn) error {
	return func(_ context.Context, network, address string, conn syscall.RawConn) error {
		if g.Safe(network, address, conn) != nil {
			return ErrRefused
		}
		return nil
	}
}

func follow(next *http.Request, via []*http.Request) error {
	last := via[len(via)-1]
	switch {
	case len(via) > redirects:
		return fmt.Errorf("%w: more than %d times", ErrRedirect, redirects)
	case via[0].Method != http.MethodGet && via[0].Method != http.MethodHead:
		return fmt.Errorf("%w: a %s is not sent elsewhere", ErrRedirect, via[0].Method)
	case last.URL.Scheme == "https" && next.URL.Scheme != "https":
		return fmt.Errorf("%w: from https to %s", ErrRedirect, next.URL.Scheme)
	}
	return nil
}

// capped gives answers whose bodies end in ErrTooLarge after max bytes.
type capped struct {
	max  int64
	next http.RoundTripper
}

func (c capped) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if answer.ContentLength > c.max {
		_ = answer.Body.Close()
		return nil, ErrTooLarge
	}
	answer.Body = &cappedBody{answer.Body, c.max}
	return answer, nil
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (c capped) CloseIdleConnections() {
	if idle, ok := c.next.(interface{ CloseIdleConnections() }); ok {
		idle.CloseIdleConnections()
	}
}

type cappedBody struct {
	io.ReadCloser
	left int64
}

// Read gives at most the bytes that are left; one more is asked for, to tell an answer that fits from one that does not.
func (b *cappedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > b.left {
		n, b.left = int(b.left), -1
		return n, ErrTooLarge
	}
	b.left -= int64(n)
	return n, err
}
