package authored

import (
	"strings"
	"testing"
)

var ourHosts = []string{"learn.example.edu", "[::1]:8000"}

// TestOwnHost: an address that names this site means what its path means; one that only looks like it does not.
func TestOwnHost(t *testing.T) {
	t.Parallel()
	src := source()
	src.Hosts = ourHosts
	cases := []struct{ in, same string }{
		{`<img src="https://learn.example.edu/static/a.png">`, `<img src="/static/a.png">`},
		{`<img src='http://LEARN.example.edu:80/static/a.png'>`, `<img src='/static/a.png'>`},
		{`<img src="//learn.example.edu./static/a.png">`, `<img src="/static/a.png">`},
		{`<a href="https://learn.example.edu/jump_to_id/x">`, `<a href="/jump_to_id/x">`},
		{`<a href="https://learn.example.edu">`, `<a href="/">`},
		{`<a href="https://learn.example.edu/">`, `<a href="/">`},
		{`<a href="https://learn.example.edu//evil.example/x">`, `<a href="/evil.example/x">`},
		{`<a href="https://learn.example.edu?q=1">`, `<a href="/?q=1">`},
		{`<a href=" https://learn.example.edu/x">`, `<a href="/x">`},
		{`<a href="http://[::1]:8000/x">`, `<a href="/x">`},
		{`<a href="https://a@learn.example.edu/x">`, `<a href="/x">`},
		{`<a href="https://other.example/?to=https://learn.example.edu/x"> <b c="https://learn.example.edu/y">`, `<a href="https://other.example/?to=https://learn.example.edu/x"> <b c="/y">`},
	}
	for _, c := range cases {
		if got, want := src.Resolve(c.in), src.Resolve(c.same); got != want {
			t.Errorf("%s became %s, want %s", c.in, got, want)
		}
	}
	for _, other := range []string{
		`<a href="https://learn.example.edu.evil.example/x">`, `<a href="https://evil.example/learn.example.edu">`, `<a href="https://learn.example.edu:8001/x">`,
		`<a href="https://learn.example.edu@evil.example/x">`, `<a href="ftp://learn.example.edu/x">`, `<a href="https://xlearn.example.edu/x">`,
		`see https://learn.example.edu/x`,
	} {
		if got := src.Resolve(other); got != other {
			t.Errorf("%s became %s", other, got)
		}
	}
}

// TestOwnHostActive: a frame or an object that shows a page of this site needs a frame without origin, however its address is written, and
// never stands in line.
func TestOwnHostActive(t *testing.T) {
	t.Parallel()
	src := source()
	src.Hosts = ourHosts
	for address, want := range map[string]bool{
		"/courses/x": true, "https://learn.example.edu/courses/x": true, "HTTPS://Learn.Example.Edu/x": true, "//learn.example.edu/x": true,
		"https://learn.example.edu:443/x": true, "https://user@learn.example.edu/x": true, `https:\\learn.example.edu\x`: true, `https://learn.example.edu\x`: true,
		"https://learn%2eexample.edu/x": true, "http://[::1]:8000/x": true, "https:/x": true,
		"https://www.youtube.com/embed/x": false, "//player.vimeo.com/x": false, "https://learn.example.edu.evil.example/": false, "https://learn.example.edu:8443/": false,
	} {
		for _, text := range []string{`<p>x</p><iframe src="` + address + `"></iframe>`, `<object data="` + address + `"></object>`, `<iframe src=` + address + `></iframe>`} {
			if got := Active(text, ourHosts...); got != want {
				t.Errorf("%s is active: %v, want %v", text, got, want)
			}
			if clean := strings.ToLower(src.Cleaned(text)); want && strings.Contains(clean, "learn") {
				t.Errorf("%s stands in line as %s", text, clean)
			}
		}
	}
	if Active(`<iframe src="https://learn.example.edu/x"></iframe>`) {
		t.Error("without a name of this site every name is another's")
	}
}
