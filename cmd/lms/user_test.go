package main

import (
	"encoding/csv"
	"strings"
	"testing"

	"lyceum/sample"
)

// TestPeopleCommands goes through the commands about people, beside the stores of a running process.
func TestPeopleCommands(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	openDir(t, dir)
	vars := []string{"LMS_DATA=" + dir}
	const good = "correct horse battery"
	for _, c := range []struct {
		args []string
		in   string
		code int
		want string // of standard output, or of the line on standard error
	}{
		{args: []string{"user", "create", "ann@example.com", "--name", "Ann"}, in: good, want: "ann <ann@example.com> is account"},
		{args: []string{"user", "create", "bob@example.com", "--username", "robert", "--staff"}, in: good + "\n", want: "robert"},
		{args: []string{"user", "create", "ann@example.com"}, in: good, code: exitFailed, want: "ann@example.com is account "},
		{args: []string{"user", "create", "Ann@Example.com", "--username", "other"}, in: good, code: exitFailed, want: ", ann, already; lms user password ann sets its password, lms user grant ann its rights"},
		{args: []string{"user", "create", "ann@other.example"}, in: good, code: exitFailed, want: "the username ann belongs to account "},
		{args: []string{"user", "create", "ann@other.example"}, in: good, code: exitFailed, want: ", ann@example.com, already; --username gives"},
		{args: []string{"user", "create", "no address"}, in: good, code: exitFailed, want: "email: "},
		{args: []string{"user", "create", "carl@example.com"}, in: "password1\n", code: exitFailed, want: "password: Many people use this password"},
		{args: []string{"user", "create", "carl@example.com"}, in: "", code: exitFailed, want: "lms: a password is expected on standard input\n"},
		{args: []string{"user", "password", "ann"}, in: "another good one", want: ""},
		{args: []string{"user", "password", "ann@example.com"}, in: "short", code: exitFailed, want: "password: "},
		{args: []string{"user", "password", "nobody"}, in: good, code: exitFailed, want: "nobody: no such account"},
		{args: []string{"user", "grant", "ann", "staff", sample.Key}},
		{args: []string{"user", "grant", "ann", "emperor", sample.Key}, code: exitFailed, want: "emperor"},
		{args: []string{"user", "grant", "ann", "staff"}, code: exitFailed, want: "name its key"},
		{args: []string{"user", "grant", "ann", "staff", "--take", sample.Key}},
		{args: []string{"user", "grant", "ann", "site_staff"}},
		{args: []string{"user", "grant", "nobody", "superuser"}, code: exitFailed, want: "no such account"},
		{args: []string{"user", "list"}, want: "robert"},
		{args: []string{"user", "list", "rob"}, want: "bob@example.com"},
		{args: []string{"enroll", "ann", sample.Key, "--mode", "honor"}},
		{args: []string{"enroll", "ann", sample.Key, "--mode", "emperor"}, code: exitFailed, want: `no mode "emperor" to take a course in; there are audit, honor,`},
		{args: []string{"enroll", "ann", "course-v1:No+Such+Course"}, code: exitFailed, want: "course-v1:No+Such+Course"},
		{args: []string{"enroll", "nobody", sample.Key}, code: exitFailed, want: "no such account"},
		{args: []string{"grade", "report", "course-v1:No+Such+Course"}, code: exitFailed, want: "does not exist"},
		{args: []string{"migrate", "status"}, want: "0400_grades"},
		{args: []string{"migrate"}, want: "up to date"},
		{args: []string{"doctor"}, want: "what is committed is on disk"},
	} {
		got := line(t, vars, strings.NewReader(c.in), c.args...)
		text := got.out
		if c.code == exitFailed {
			text = got.err
			if strings.Count(got.err, "\n") != 1 || got.out != "" {
				t.Errorf("%v: %q and %q, want one line", c.args, got.out, got.err)
			}
		} else if strings.Contains(got.err, "lms: ") {
			t.Errorf("%v: %q", c.args, got.err)
		}
		if got.code != c.code || !strings.Contains(text, c.want) {
			t.Errorf("%v: exit %d, want %d; %q, want %q", c.args, got.code, c.code, text, c.want)
		}
		if strings.Contains(got.out+got.err, "horse") {
			t.Errorf("%v: the password is printed", c.args)
		}
	}

	rows, err := csv.NewReader(strings.NewReader(must(t, vars, "grade", "report", sample.Key))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 5 || rows[0][0] != "Student ID" || rows[4][2] != "ann" { // after the learner, the team and the author of the demonstration
		t.Errorf("grade report: %v", rows)
	}
}

// TestLettersOfCommands: a letter a command writes leads to the running server, wherever a flag told it to listen.
func TestLettersOfCommands(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	p := serve(t, dir)
	vars := []string{"LMS_DATA=" + dir}
	if got := line(t, vars, strings.NewReader("another good one\n"), "user", "password", "learner"); got.code != exitDone {
		t.Fatalf("user password: %q", got.err)
	}
	want := p.url + "/password_reset/"
	if page := p.client().get("/outbox").body; !strings.Contains(page, want) {
		t.Errorf("no letter leads to %s:\n%s", want, page)
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	openDir(t, dir)
	for _, c := range []struct {
		name, setting, want string
		code                int
	}{
		{"PostgreSQL away", "LMS_POSTGRES_URL=postgres://127.0.0.1:1/none?connect_timeout=1", "BAD   stores", exitFailed},
		{"MongoDB away", "LMS_MONGO_URL=mongodb://127.0.0.1:1/", "BAD   stores", exitFailed},
		{"Redis away", "LMS_REDIS_URL=redis://127.0.0.1:1/0", "note  cache", exitDone},
		{"mail away", "LMS_SMTP_URL=smtp+insecure://127.0.0.1:1", "BAD   mail", exitFailed},
		{"mail wrong", "LMS_SMTP_URL=http://127.0.0.1:1", "BAD   mail", exitFailed},
		{"address", "LMS_SITE_URL=https://learn.example.org", "ok    address        https://learn.example.org", exitDone},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := line(t, []string{"LMS_DATA=" + dir, "LMS_MAIL_FROM=a@example.org", c.setting}, nil, "doctor")
			if got.code != c.code || !strings.Contains(got.out, c.want) {
				t.Errorf("exit %d, want %d and %q:\n%s%s", got.code, c.code, c.want, got.out, got.err)
			}
		})
	}
}
