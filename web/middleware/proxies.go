package middleware

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// unproxy returns who really asks and whether TLS protects the way, and sets r.Host to the host that was asked for. Headers of proxies
// that are not listed are removed, so that nobody further in believes them.
func unproxy(listed []netip.Prefix, r *http.Request) (client netip.Addr, secure bool) {
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		client = peer.Addr().Unmap()
	}
	secure = r.TLS != nil
	if !within(listed, client) {
		for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Real-Ip"} {
			delete(r.Header, name)
		}
		return client, secure
	}
	// From the right: the nearest proxy wrote the last value. Listed proxies are passed, the first other one is the client.
	hops := values(r.Header["X-Forwarded-For"])
	for _, hop := range slices.Backward(hops) {
		addr, ok := parseAddr(hop)
		if !ok {
			break
		}
		client = addr
		if !within(listed, addr) {
			break
		}
	}
	if proto := last(r.Header["X-Forwarded-Proto"]); proto != "" {
		secure = strings.EqualFold(proto, "https")
	}
	if host := last(r.Header["X-Forwarded-Host"]); host != "" {
		r.Host = host
	}
	return client, secure
}

func within(prefixes []netip.Prefix, addr netip.Addr) bool {
	if !addr.IsValid() {
		return false
	}
	for _, p := range prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// values splits header lines at commas.
func values(lines []string) []string {
	var out []string
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			out = append(out, strings.TrimSpace(part))
		}
	}
	return out
}

func last(lines []string) string {
	all := values(lines)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// parseAddr takes an address with or without a port.
func parseAddr(s string) (netip.Addr, bool) {
	if addr, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return addr.Unmap(), true
	}
	if both, err := netip.ParseAddrPort(s); err == nil {
		return both.Addr().Unmap(), true
	}
	return netip.Addr{}, false
}
