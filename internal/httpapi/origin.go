package httpapi

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/rs/cors"
)

// crossOrigin lets pages of the configured origins call the API, without cookies: credentials travel in headers that
// a page must set itself.
func (s *server) crossOrigin(next http.Handler) http.Handler {
	c := cors.New(cors.Options{
		AllowOriginFunc: s.allows,
		AllowedMethods:  []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"},
		AllowedHeaders:  []string{"*"},
		ExposedHeaders: []string{"Content-Range", "Content-Location", "Location", "Preference-Applied", "X-Total-Count",
			"Link", "X-Supabase-Api-Version", "ETag", "Proxy-Status"},
		MaxAge: 3600,
	})
	return c.Handler(next)
}

func (s *server) allows(origin string) bool {
	return slices.Contains(s.Origins, origin) || slices.Contains(s.Origins, "*") || s.Dev && loopback(origin)
}

// loopback reports whether an origin is a page of this very machine.
func loopback(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Path != "" {
		return false
	}
	host := u.Hostname()
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
