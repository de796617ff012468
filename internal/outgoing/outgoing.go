// Package outgoing makes requests to addresses that somebody else has named.
//
// Such an address may lead back into the machine room: to this host, its neighbors, the cloud's metadata. The client looks where a name
// leads at the moment it connects, so that a name that changes its mind between two look-ups gains nothing, and goes only to public
// addresses and to networks the operator has listed. It follows no redirect and uses no proxy.
package outgoing

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Anywhere allows every address, for those the operator has configured.
var Anywhere = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}

// reserved are networks that IsGlobalUnicast and IsPrivate know nothing of and that are not the public network.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2002::/16"),
}

// Client returns a client that reaches public addresses and those in listed. timeout bounds a whole request, its answer included.
func Client(listed []netip.Prefix, timeout time.Duration) *http.Client {
	dialer := &net.Dialer{
		Timeout: min(timeout, 10*time.Second),
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			return check(listed, address)
		},
	}
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, MaxIdleConnsPerHost: 4, MaxConnsPerHost: 20, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// check refuses addresses a request of somebody else may not reach.
func check(listed []netip.Prefix, address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", address, err)
	}
	ip := at.Addr().Unmap().WithZone("")
	for _, p := range listed {
		if p.Contains(ip) {
			return nil
		}
	}
	public := ip.IsGlobalUnicast() && !ip.IsPrivate()
	for _, p := range reserved {
		public = public && !p.Contains(ip)
	}
	if !public {
		return fmt.Errorf("connect to %s: not a public address, and its network is not listed", ip)
	}
	return nil
}
