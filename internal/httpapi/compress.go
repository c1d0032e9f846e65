package httpapi

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
)

// gzipSuffix marks the ETag of a compressed body: other bytes, another tag.
const gzipSuffix = "-gzip"

// compressAbove is the size in bytes from which compressing pays.
const compressAbove = 1024

// compressed gzips files and errors for clients that accept it. It leaves answers with a Content-Range alone, which it
// takes for parts of files; those of the data API are packed by their own writer.
func compressed(next http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(compressAbove), gzhttp.SuffixETag(gzipSuffix))
	if err != nil { // options are constant
		return next
	}
	return wrap(next)
}

var packers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil { // the level is constant
		return gzip.NewWriter(nil)
	}
	return w
}}

// packed gives the body as the client wants it, and says so in the headers.
func (c *call) packed(body []byte) []byte {
	if len(body) < compressAbove || !acceptsGzip(c.Request.Header) {
		return body
	}
	var out bytes.Buffer
	w := packers.Get().(*gzip.Writer)
	defer packers.Put(w)
	w.Reset(&out)
	if _, err := w.Write(body); err != nil { // a buffer takes everything
		return body
	}
	if err := w.Close(); err != nil {
		return body
	}
	h := c.ResponseWriter.Header()
	h.Set("Content-Encoding", "gzip")
	h.Set("ETag", strings.TrimSuffix(h.Get("ETag"), `"`)+gzipSuffix+`"`)
	return out.Bytes()
}

// acceptsGzip reads Accept-Encoding (RFC 9110, 12.5.3): gzip or * with a weight above zero.
func acceptsGzip(h http.Header) bool {
	accepted := false
	for _, line := range h.Values("Accept-Encoding") {
		for item := range strings.SplitSeq(line, ",") {
			coding, weight, _ := strings.Cut(strings.TrimSpace(item), ";")
			if coding = strings.TrimSpace(coding); !strings.EqualFold(coding, "gzip") && coding != "*" {
				continue
			}
			q := 1.0
			if text, ok := strings.CutPrefix(strings.TrimSpace(weight), "q="); ok {
				q, _ = strconv.ParseFloat(text, 64)
			}
			if strings.EqualFold(coding, "gzip") {
				return q > 0
			}
			accepted = q > 0
		}
	}
	return accepted
}
