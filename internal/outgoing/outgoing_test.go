package outgoing

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// judge asks the client's own rule about an address, as the dialer would.
func judge(address string, loopback bool) error {
	network := "tcp4"
	if strings.HasPrefix(address, "[") {
		network = "tcp6"
	}
	return control(guardian(loopback))(context.Background(), network, address, nil)
}

func TestOnlyPublicAddressesAreDialled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		address string
		public  bool
	}{
		{"93.184.215.14:443", true}, {"1.1.1.1:8443", true}, {"[2606:4700::1111]:443", true}, {"[2a00:1450:4007::1]:80", true},
		{"172.15.255.255:80", true}, {"172.32.0.0:80", true}, {"100.63.255.255:80", true}, {"100.128.0.0:80", true},
		{"127.0.0.1:80", false}, {"127.255.255.254:80", false}, {"0.0.0.0:80", false}, {"0.1.2.3:80", false},
		{"10.0.0.1:80", false}, {"172.16.0.1:80", false}, {"172.31.255.255:80", false}, {"192.168.1.1:80", false},
		{"169.254.169.254:80", false}, {"100.64.0.1:80", false}, {"100.127.255.255:80", false},
		{"192.0.0.1:80", false}, {"198.18.0.1:80", false}, {"203.0.113.1:80", false}, {"224.0.0.1:80", false},
		{"239.255.255.250:80", false}, {"240.0.0.1:80", false}, {"255.255.255.255:80", false},
		{"[::1]:80", false}, {"[::]:80", false}, {"[fe80::1]:80", false}, {"[fe80::1%eth0]:80", false}, {"[fec0::1]:80", false},
		{"[fc00::1]:80", false}, {"[fd12:3456::1]:80", false}, {"[ff02::1]:80", false},
		{"[::ffff:127.0.0.1]:80", false}, {"[::ffff:10.0.0.1]:80", false}, {"[::ffff:93.184.215.14]:80", false},
		{"[64:ff9b::7f00:1]:80", false}, {"[64:ff9b:1::a00:1]:80", false}, {"[2002:7f00:1::1]:80", false},
		{"[2001:0:7f00:1::1]:80", false}, {"[2001:db8::1]:80", false}, {"[::127.0.0.1]:80", false}, {"[100::1]:80", false},
		{"localhost:80", false}, {"", false},
	} {
		if err := judge(c.address, false); (err == nil) != c.public {
			t.Errorf("%s: %v", c.address, err)
		}
	}
}

func TestLoopbackIsAllTheDevelopmentSwitchOpens(t *testing.T) {
	t.Parallel()
	for address, open := range map[string]bool{"127.0.0.1:80": true, "127.9.9.9:1": true, "[::1]:80": true, "0.0.0.0:80": false,
		"10.0.0.1:80": false, "169.254.169.254:80": false, "[::ffff:127.0.0.1]:80": false, "[fe80::1]:80": false} {
		if err := judge(address, true); (err == nil) != open {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// The standard library's own idea of what is private or local is a lower bound of what is refused.
func TestNoLocalAddressIsEverPublic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{4, 16}).Draw(t, "bytes")
		raw := rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "address")
		raw[0] = rapid.OneOf(rapid.SampledFrom([]byte{0, 10, 100, 127, 169, 172, 192, 224, 0x20, 0xfc, 0xfd, 0xfe, 0xff}), rapid.Byte()).Draw(t, "first")
		a, _ := netip.AddrFromSlice(raw)
		local := a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || a.Is4In6()
		if local && judge(netip.AddrPortFrom(a, 443).String(), false) == nil {
			t.Fatalf("%s is dialled", a)
		}
	})
}

func get(c *http.Client, url string) (string, error) {
	answer, err := c.Get(url)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return string(body), err
}

func hello(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	t.Cleanup(s.Close)
	return s
}

func TestLoopbackIsReachedInDevelopmentOnly(t *testing.T) {
	t.Parallel()
	s := hello(t)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "127.1", "2130706433", "0x7f000001"} {
		if body, err := get(New(Options{}), "http://"+host+":"+port); err == nil {
			t.Errorf("%s: %q", host, body)
		}
	}
	if body, err := get(New(Options{AllowLoopback: true}), s.URL); body != "hello" || err != nil {
		t.Errorf("%q %v", body, err)
	}
	if _, err := get(New(Options{}), s.URL); !errors.Is(err, ErrRefused) {
		t.Errorf("got %v", err)
	}
}

// names is a DNS server that answers each question for an IPv4 address with the next of its addresses, the last for ever.
func names(t *testing.T, addresses ...string) (*net.Resolver, *atomic.Int64) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	var asked atomic.Int64
	go func() {
		buf := make([]byte, 1500)
		for {
			n, peer, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(reply(buf[:n], addresses, &asked), peer)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp4", conn.LocalAddr().String())
	}}, &asked
}

// reply is a DNS message (RFC 1035): the header, the question as it was asked, and for type A one record that lives 0 s.
func reply(question []byte, addresses []string, asked *atomic.Int64) []byte {
	end := 12
	for question[end] != 0 {
		end += int(question[end]) + 1
	}
	end += 5
	out := append([]byte{question[0], question[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question[12:end]...)
	if binary.BigEndian.Uint16(question[end-4:]) != 1 {
		return out
	}
	i := min(int(asked.Add(1)), len(addresses)) - 1
	out[7] = 1
	out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
	return append(out, netip.MustParseAddr(addresses[i]).AsSlice()...)
}

func TestANameIsJudgedByWhatItResolvesTo(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"127.0.0.1", "10.1.2.3", "169.254.169.254", "0.0.0.0"} {
		resolver, asked := names(t, address)
		if _, err := get(New(Options{resolver: resolver}), "http://public.example.org./"); !errors.Is(err, ErrRefused) || asked.Load() == 0 {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// A name that answers with an allowed address first and a private one afterwards gains nothing: what is judged is the address of
// the socket, each time.
func TestANameThatChangesItsMindIsRefused(t *testing.T) {
	t.Parallel()
	s := hello(t)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	resolver, _ := names(t, "127.0.0.1", "10.0.0.1")
	c := New(Options{AllowLoopback: true, resolver: resolver})
	url := "http://rebinding.example.org.:" + port
	if body, err := get(c, url); body != "hello" {
		t.Fatalf("%q %v", body, err)
	}
	c.CloseIdleConnections()
	if _, err := get(c, url); !errors.Is(err, ErrRefused) {
		t.Errorf("got %v", err)
	}
}

func redirecting(t *testing.T, to func(*http.Request) string, tls bool) *httptest.Server {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if where := to(r); where != "" {
			http.Redirect(w, r, where, http.StatusTemporaryRedirect)
			return
		}
		fmt.Fprint(w, "arrived")
	})
	s := httptest.NewUnstartedServer(h)
	if s.Start(); tls {
		s.Close()
		s = httptest.NewTLSServer(h)
	}
	t.Cleanup(s.Close)
	return s
}

func TestRedirectsAreFewAndJudgedAgain(t *testing.T) {
	t.Parallel()
	countdown := func(r *http.Request) string {
		if n := len(r.URL.Path) - 1; n > 0 {
			return r.URL.Path[:n]
		}
		return ""
	}
	s := redirecting(t, countdown, false)
	c := New(Options{AllowLoopback: true})
	if body, err := get(c, s.URL+"/aaa"); body != "arrived" || err != nil {
		t.Errorf("three redirects: %q %v", body, err)
	}
	if _, err := get(c, s.URL+"/aaaa"); !errors.Is(err, ErrRedirect) {
		t.Errorf("four redirects: %v", err)
	}
	for _, private := range []string{"http://10.0.0.1/", "http://169.254.169.254/latest/meta-data", "http://[::ffff:10.0.0.1]/", "http://[fd00::1]/"} {
		s := redirecting(t, func(*http.Request) string { return private }, false)
		if _, err := get(c, s.URL); !errors.Is(err, ErrRefused) {
			t.Errorf("to %s: %v", private, err)
		}
	}
	for _, scheme := range []string{"file:///etc/passwd", "gopher://example.org/", "unix:///run/x"} {
		s := redirecting(t, func(*http.Request) string { return scheme }, false)
		if _, err := get(c, s.URL); err == nil {
			t.Errorf("to %s: followed", scheme)
		}
	}
}

func TestARequestWithABodyIsNotSentElsewhere(t *testing.T) {
	t.Parallel()
	other := hello(t)
	s := redirecting(t, func(*http.Request) string { return other.URL }, false)
	_, err := New(Options{AllowLoopback: true}).PostForm(s.URL, url.Values{"client_secret": {"s"}})
	if !errors.Is(err, ErrRedirect) {
		t.Errorf("got %v", err)
	}
}

func TestSecurityIsNeverLostByARedirect(t *testing.T) {
	t.Parallel()
	plain := hello(t)
	s := redirecting(t, func(*http.Request) string { return plain.URL }, true)
	c := New(Options{AllowLoopback: true})
	c.Transport.(capped).next.(*http.Transport).TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	if _, err := get(c, s.URL); !errors.Is(err, ErrRedirect) {
		t.Errorf("got %v", err)
	}
}

func TestBodiesEndAtTheirLimit(t *testing.T) {
	t.Parallel()
	const limit = 1000
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n int
		_, _ = fmt.Sscan(r.URL.Query().Get("n"), &n)
		text := strings.Repeat("a", n)
		switch r.URL.Path {
		case "/plain":
			w.Header().Set("Content-Length", strconv.Itoa(n))
		case "/chunked":
			w.(http.Flusher).Flush()
		case "/zipped":
			var zipped bytes.Buffer
			z := gzip.NewWriter(&zipped)
			_, _ = io.WriteString(z, text)
			_ = z.Close()
			w.Header().Set("Content-Encoding", "gzip")
			text = zipped.String()
		}
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(s.Close)
	c := New(Options{AllowLoopback: true, MaxBody: limit})
	for _, path := range []string{"/plain", "/chunked", "/zipped"} {
		for _, n := range []int{0, 1, limit - 1, limit, limit + 1, 50 * limit} {
			body, err := get(c, fmt.Sprintf("%s%s?n=%d", s.URL, path, n))
			if fits := n <= limit; fits && (err != nil || len(body) != n) || !fits && (!errors.Is(err, ErrTooLarge) || len(body) > limit) {
				t.Errorf("%s of %d bytes: %d, %v", path, n, len(body), err)
			}
		}
	}
	if answer, err := c.Get(s.URL + "/plain?n=1001"); !errors.Is(err, ErrTooLarge) {
		t.Errorf("an answer that says that it is too large is read: %v %v", answer, err)
	}
}

func TestNothingOfTheSurroundingsIsUsed(t *testing.T) {
	t.Parallel()
	c := New(Options{})
	if c.Jar != nil || c.Transport.(capped).next.(*http.Transport).Proxy != nil || c.Timeout <= 0 {
		t.Errorf("%+v", c)
	}
}
