package outgoing

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	listed := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}
	for address, ok := range map[string]bool{
		"93.184.215.14:80": true, "[2606:2800:21f:cb07::1]:443": true, "10.1.2.3:80": true, "[::ffff:10.1.2.3]:80": true,
		"10.2.0.1:80": false, "127.0.0.1:80": false, "[::1]:80": false, "0.0.0.0:80": false, "[::]:80": false, "169.254.169.254:80": false,
		"192.168.1.1:80": false, "172.16.0.1:80": false, "[fe80::1%eth0]:80": false, "[fd00::1]:80": false, "100.64.0.1:80": false,
		"224.0.0.1:80": false, "255.255.255.255:80": false, "[::ffff:127.0.0.1]:80": false, "[64:ff9b::7f00:1]:80": false, "[2002:7f00:1::]:80": false,
	} {
		if err := check(listed, address); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestClient(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "/there", http.StatusFound)
		}
	}))
	defer server.Close()
	if _, err := Client(nil, time.Second).Get(server.URL); err == nil || !strings.Contains(err.Error(), "not a public address") { //nolint:bodyclose // there is none
		t.Errorf("this machine is reached: %v", err)
	}
	for _, name := range []string{"http://localhost.:", "http://2130706433:", "http://0x7f.1:", "http://0177.0.0.1:"} {
		if res, err := Client(nil, time.Second).Get(name + server.URL[strings.LastIndex(server.URL, ":")+1:]); err == nil {
			res.Body.Close()
			t.Errorf("%s is reached", name)
		}
	}
	res, err := Client(Anywhere, time.Second).Get(server.URL + "/away")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusFound {
		t.Errorf("a redirect was followed: %d", res.StatusCode)
	}
}
