package httpapi

import (
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
)

// static serves the project's public files, and its index.html for the addresses of a single-page application.
func (s *server) static(c *call) {
	name := strings.Join(c.segments, "/")
	if s.Public == nil || c.Method != http.MethodGet && c.Method != http.MethodHead || hidden(c.segments) {
		c.missing()
		return
	}
	if name == "" {
		name = "index.html"
	}
	if info, err := fs.Stat(s.Public, name); err != nil || info.IsDir() {
		if path.Ext(name) != "" && err != nil {
			c.missing()
			return
		}
		if name = path.Join(name, "index.html"); !isFile(s.Public, name) {
			name = "index.html"
		}
	}
	if !isFile(s.Public, name) {
		c.missing()
		return
	}
	c.ResponseWriter.Header().Set("X-Content-Type-Options", "nosniff")
	c.ResponseWriter.Header().Set("Cache-Control", "no-cache")
	s.file(c, name)
}

// file serves one file; ServeFileFS would redirect index.html to its folder.
func (s *server) file(c *call, name string) {
	raw, err := fs.ReadFile(s.Public, name)
	if err != nil {
		c.missing()
		return
	}
	info, err := fs.Stat(s.Public, name)
	if err != nil {
		c.missing()
		return
	}
	http.ServeContent(c.ResponseWriter, c.Request, path.Base(name), info.ModTime(), strings.NewReader(string(raw)))
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
