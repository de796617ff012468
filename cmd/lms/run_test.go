package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCommandLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args string
		code int
		err  string // what standard error holds
	}{
		{args: "frobnicate", code: exitFailed, err: "unknown command frobnicate\n"},
		{args: "--data /nowhere frobnicate --flag", code: exitFailed, err: "unknown command frobnicate\n"},
		{args: "--data=/nowhere frobnicate", code: exitFailed, err: "unknown command frobnicate\n"},
		{args: "course frobnicate", code: exitFailed, err: "unknown command frobnicate\n"},
		{args: "course --data /nowhere frobnicate x", code: exitFailed, err: "unknown command frobnicate\n"},
		{args: "problem frobnicate", code: exitFailed, err: "unknown command frobnicate\n"},
		{args: "", code: exitUsage, err: "serve"},
		{args: "course", code: exitUsage, err: "import"},
		{args: "course import", code: exitUsage, err: "<path>"},
		{args: "course import a b", code: exitUsage, err: "unexpected argument b"},
		{args: "serve --frobnicate", code: exitUsage, err: "unknown flag --frobnicate"},
		{args: "serve --drain-delay soon", code: exitUsage, err: "--drain-delay"},
		{args: "migrate sideways", code: exitUsage, err: "up"},
		{args: "migrate down", code: exitFailed, err: "only go forward"},
		{args: "course delete nonsense", code: exitFailed, err: "nonsense"},
		{args: "course import x --key nonsense", code: exitFailed, err: "nonsense"},
		{args: "serve --demo --addr 0.0.0.0:1", code: exitFailed, err: "this machine only"},
		{args: "serve --demo --addr example.org:1", code: exitFailed, err: "this machine only"},
		{args: "course inspect /does/not/exist.tar.gz", code: exitFailed, err: "no such file"},
		{args: "problem grade /does/not/exist.json", code: exitFailed, err: "no such file"},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			got := line(t, []string{"LMS_DATA=/dev/null/nowhere"}, strings.NewReader(""), strings.Fields(c.args)...)
			if got.code != c.code || !strings.Contains(got.err, c.err) {
				t.Errorf("exit %d, want %d; says %q, want %q", got.code, c.code, got.err, c.err)
			}
			if got.out != "" {
				t.Errorf("standard output: %q", got.out)
			}
			if n := strings.Count(got.err, "\n"); n != 1 {
				t.Errorf("%d lines on standard error, want one:\n%s", n, got.err)
			}
		})
	}
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	if got := line(t, nil, nil, "--help"); got.code != exitDone || !strings.Contains(got.out, "serve") {
		t.Errorf("--help: exit %d\n%s%s", got.code, got.out, got.err)
	}
	if got := line(t, nil, nil, "course", "import", "--help"); got.code != exitDone || !strings.Contains(got.out, "--publish") {
		t.Errorf("course import --help: exit %d\n%s%s", got.code, got.out, got.err)
	}
	if got := must(t, nil, "version"); !strings.HasPrefix(got, "lms ") {
		t.Errorf("version: %q", got)
	}
}

func TestWrongSettings(t *testing.T) {
	t.Parallel()
	vars := []string{
		"LMS_DATA=" + t.TempDir(), "LMS_SITE_URL=learn.example.org", "LMS_TRUSTED_PROXIES=10.0.0.0/8,nonsense", "LMS_TLS_CERT=/x",
		"LMS_SMTP_URL=smtp://m", "LMS_REGISTRATION_FIELDS=country=perhaps", "LMS_ACTIVATE_FIRST=maybe",
	}
	got := line(t, vars, nil, "doctor")
	if got.code != exitFailed {
		t.Errorf("exit %d, want %d", got.code, exitFailed)
	}
	for _, name := range []string{"LMS_SITE_URL", "LMS_TRUSTED_PROXIES", "LMS_TLS_CERT", "LMS_MAIL_FROM", "LMS_REGISTRATION_FIELDS", "LMS_ACTIVATE_FIRST"} {
		if !strings.Contains(got.out, name) {
			t.Errorf("%s is not named in\n%s", name, got.out)
		}
	}
	entries, err := os.ReadDir(strings.TrimPrefix(vars[0], "LMS_DATA="))
	if err != nil || len(entries) > 0 {
		t.Errorf("wrong settings started something: %v, %v", entries, err)
	}
}

// TestNamesCannotPlayWithTheTerminal: what strangers named is escaped before it is printed.
func TestNamesCannotPlayWithTheTerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := map[string]string{
		"course.xml":         `<course org="O" course="C" url_name="R"/>`,
		"course/R.xml":       `<course display_name="a&#155;31m b"><chapter url_name="x"/></course>`,
		"chapter/x.xml":      "<chapter display_name=\"\u009b2J\"/>",
		"chapter/b\x1b]0;.x": "",
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := must(t, []string{"LMS_DATA=/dev/null/nowhere"}, "course", "inspect", dir)
	if strings.ContainsAny(got, "\x1b\u009b") {
		t.Errorf("control characters in %q", got)
	}
}
