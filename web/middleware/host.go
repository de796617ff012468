package middleware

import (
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
)

// longestURL is the longest request target we read.
const longestURL = 8 << 10

// methods refuses what no route of ours answers, before anything is done for it.
func methods(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		default:
			w.Header().Set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
			refuse(w, http.StatusMethodNotAllowed)
			return
		}
		if len(r.RequestURI) > longestURL {
			refuse(w, http.StatusRequestURITooLong)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refuse answers those who are no browser of a reader of ours, so a line is enough.
func refuse(w http.ResponseWriter, status int) {
	http.Error(w, strings.ToLower(http.StatusText(status)), status)
}

// ownHost answers requests for our own names only, so that no other name can be pointed at us and read what belongs to ours.
func ownHost(c Config, next http.Handler) http.Handler {
	ours := make(map[string]bool)
	for _, host := range c.Hosts {
		ours[bareHost(host)] = true
	}
	anyAddress := len(ours) == 0
	if anyAddress {
		for _, name := range machineNames() {
			ours[name] = true
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := bareHost(r.Host)
		if ours[host] || anyAddress && isAddress(host) {
			next.ServeHTTP(w, r)
			return
		}
		refuse(w, http.StatusMisdirectedRequest)
	})
}

// machineNames are the names by which this machine is known to itself.
func machineNames() []string {
	names := []string{"localhost"}
	if name, err := os.Hostname(); err == nil && name != "" {
		name = bareHost(name)
		short, _, _ := strings.Cut(name, ".")
		names = append(names, name, short, name+".local", short+".local")
	}
	return names
}

// bareHost returns a host name in lower case without port, brackets and the root's dot.
func bareHost(hostport string) string {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	return strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
