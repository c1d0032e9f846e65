package httpapi

import (
	"bytes"
	"context"
	"net/http"
	"strings"
)

// Recorded is an answer, read whole.
type Recorded struct {
	Status int
	Header http.Header
	Body   []byte
}

// Ask sends a handler a request of this very process: target is path and query as a client would send them.
func Ask(ctx context.Context, h http.Handler, method, target string, header http.Header, body string) (*Recorded, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://localhost"+target, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.RequestURI, r.RemoteAddr, r.Header = target, "127.0.0.1:0", header
	k := &keeper{header: http.Header{}}
	h.ServeHTTP(k, r)
	k.WriteHeader(http.StatusOK)
	return &Recorded{k.status, k.header, k.body.Bytes()}, nil
}

// keeper is a ResponseWriter that keeps what is written.
type keeper struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *keeper) Header() http.Header { return k.header }

func (k *keeper) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
}

func (k *keeper) Write(p []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	return k.body.Write(p)
}
