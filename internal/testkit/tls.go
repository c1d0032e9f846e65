package testkit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TLS starts a server that is reached at 127.0.0.1, and gives the URL of a database of it, the file of the authority that
// vouches for it, and that of one which does not. It ends with the test.
func TLS(t testing.TB) (dsn, authority, stranger string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "socle-tls-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	ca, key := certificate(t, dir, "authority", nil, nil)
	certificate(t, dir, "stranger", nil, nil)
	certificate(t, dir, "server", ca, key)
	port := freePort(t)
	s, err := NewServer("fsync=off", "listen_addresses=127.0.0.1", "port="+port, "ssl=on",
		"ssl_cert_file="+filepath.Join(dir, "server.crt"), "ssl_key_file="+filepath.Join(dir, "server.key"))
	if err != nil {
		unavailable(t, err)
	}
	t.Cleanup(s.Stop)
	server := "postgres://socle@127.0.0.1:" + port + "/"
	admin(t, server, "CREATE DATABASE app TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
	return server + "app", filepath.Join(dir, "authority.crt"), filepath.Join(dir, "stranger.crt")
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// certificate writes NAME.crt and NAME.key: an authority's own where by is nil, otherwise one that it has signed. The key's file
// is that of the user who runs the server.
func certificate(t testing.TB, dir, name string, by *x509.Certificate, byKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true, IsCA: by == nil,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	if by == nil {
		by, byKey = c, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, by, key.Public(), byKey)
	must(err)
	secret, err := x509.MarshalECPrivateKey(key)
	must(err)
	write := func(ending, kind string, raw []byte, mode os.FileMode) string {
		path := filepath.Join(dir, name+ending)
		must(os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), mode))
		return path
	}
	write(".crt", "CERTIFICATE", raw, 0o644)
	path := write(".key", "EC PRIVATE KEY", secret, 0o600)
	if os.Geteuid() == 0 {
		uid, gid, err := somebody()
		must(err)
		must(os.Chown(path, int(uid), int(gid)))
	}
	parsed, err := x509.ParseCertificate(raw)
	must(err)
	return parsed, key
}
