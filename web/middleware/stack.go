package middleware

import (
	"net/http"
	"net/netip"

	"lyceum/internal/clock"
	"lyceum/web/page"
)

// Config is what the stack of one face needs. Zero values are safe.
type Config struct {
	Site  *page.Site
	Clock clock.Clock

	Proxies []netip.Prefix                           // whose X-Forwarded headers are believed
	Hosts   []string                                 // host names that are ours, port or not; without any: loopback, addresses and the machine's own names
	Trusted []string                                 // further origins that may send changes, "https://studio.example.edu"
	Exempt  func(*http.Request) bool                 // requests that carry their own proof, see security of origins
	CSRF    func(r *http.Request, token string) bool // checks X-CSRFToken of clients that send no browser headers; nil refuses them
	Limit   func(*http.Request) int64                // bytes of a body; nil or 0 means DefaultLimit, negative no limit

	Access *AccessLog // nil writes none
}

// Stack wraps next in all of this package, in order.
func Stack(c Config, next http.Handler) http.Handler {
	next = sameOrigin(c, next)
	next = compress(next)
	next = limitBody(c, next)
	next = headers(next)
	next = ownHost(c, next)
	next = methods(next)
	return record(c, next)
}
