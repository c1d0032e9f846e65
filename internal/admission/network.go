package admission

import (
	"net"
	"net/http"
	"strings"
)

// Network is from where a request comes: the peer, or what the outermost of the proxies that stand before the server has written.
// An IPv6 client is its /64, as one customer has it whole.
func Network(r *http.Request, proxies int) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if proxies > 0 {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if at := len(hops) - proxies; at >= 0 {
			if ip := net.ParseIP(strings.TrimSpace(hops[at])); ip != nil {
				host = ip.String()
			}
		}
	}
	ip := net.ParseIP(host)
	switch {
	case ip == nil:
		return host
	case ip.To4() != nil:
		return ip.String() // however it was written
	}
	return ip.Mask(net.CIDRMask(64, 128)).String()
}
