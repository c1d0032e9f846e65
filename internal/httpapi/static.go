package httpapi

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
)

// surfaces are first segments that never name a file, whatever follows them.
var surfaces = []string{"health", "rest", "auth", "storage", "functions", "graphql", "realtime"}

// static serves the project's public files, and its index.html for the addresses of a single-page application.
func (s *server) static(c *call) {
	reads := c.Method == http.MethodGet || c.Method == http.MethodHead
	switch {
	case !reads || hidden(c.segments) || len(c.segments) > 0 && slices.Contains(surfaces, c.segments[0]):
		c.missing()
	case s.Public == nil && s.Home != nil && len(c.segments) == 0:
		s.Home.ServeHTTP(c.ResponseWriter, c.Request)
	case s.Public == nil:
		c.missing()
	default:
		s.public(c)
	}
}

func (s *server) public(c *call) {
	name, ok := s.find(c)
	if !ok {
		c.missing()
		return
	}
	f, err := s.Public.Open(name)
	if err != nil {
		c.missing()
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		c.missing()
		return
	}
	content, ok := f.(io.ReadSeeker)
	if !ok {
		c.fail(fault.New(fault.Internal, "Internal error").Because(errors.New(name + " cannot be read from any place")))
		return
	}
	h := c.ResponseWriter.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", fmt.Sprintf(`"%x-%x"`, info.ModTime().UnixNano(), info.Size()))
	http.ServeContent(c.ResponseWriter, c.Request, path.Base(name), info.ModTime(), content)
}

// find is the file an address means: its own, a folder's index.html, or the application's page where the address looks like
// one of its own and a page is wanted. Nothing lists a folder.
func (s *server) find(c *call) (string, bool) {
	name := strings.Join(c.segments, "/")
	if name != "" && isFile(s.Public, name) {
		return name, true
	}
	if index := path.Join(name, "index.html"); isFile(s.Public, index) {
		return index, true
	}
	page := path.Ext(name) == "" && acceptsHTML(c.Request.Header)
	return "index.html", page && isFile(s.Public, "index.html")
}

// acceptsHTML reports whether a page is wanted: browsers say so, and so does who says nothing.
func acceptsHTML(h http.Header) bool {
	accept := strings.Join(h.Values("Accept"), ",")
	for _, media := range []string{"text/html", "text/*", "*/*"} {
		if accept == "" || strings.Contains(accept, media) {
			return true
		}
	}
	return false
}

func isFile(fsys fs.FS, name string) bool {
	info, err := fs.Stat(fsys, name)
	return err == nil && info.Mode().IsRegular()
}

// hidden finds segments that name no public file: dot files, and what only an encoded slash could bring.
func hidden(segments []string) bool {
	for _, s := range segments {
		if strings.HasPrefix(s, ".") || strings.ContainsAny(s, "/\\\x00") {
			return true
		}
	}
	return false
}

func (c *call) missing() {
	c.fail(fault.New(fault.InvalidPath, "Invalid path specified in request URL"))
}
