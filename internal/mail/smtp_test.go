package mail_test

import (
	"bufio"
	"net"
	"strings"
	"sync"
	"testing"

	"lyceum/internal/mail"
)

// sink is a mail server that keeps what it is given.
type sink struct {
	host string
	port int

	mu     sync.Mutex
	refuse bool // answer 451 to every message
	got    []string
}

func newSink(t *testing.T) *sink {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	addr := listener.Addr().(*net.TCPAddr)
	s := &sink{host: "127.0.0.1", port: addr.Port}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return s
}

func (s *sink) serve(conn net.Conn) {
	defer conn.Close()
	say := func(line string) { _, _ = conn.Write([]byte(line + "\r\n")) }
	say("220 sink")
	lines := bufio.NewScanner(conn)
	var data strings.Builder
	inData := false
	for lines.Scan() {
		line := lines.Text()
		if inData {
			if line != "." {
				data.WriteString(line + "\n")
				continue
			}
			inData = false
			s.mu.Lock()
			s.got = append(s.got, data.String())
			s.mu.Unlock()
			data.Reset()
			say("250 kept")
			continue
		}
		s.mu.Lock()
		refuse := s.refuse
		s.mu.Unlock()
		switch verb := strings.ToUpper(strings.Fields(line + " ?")[0]); {
		case verb == "EHLO" || verb == "HELO":
			say("250 sink")
		case verb == "DATA" && refuse:
			say("451 not now")
		case verb == "DATA":
			inData = true
			say("354 go on")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *sink) setRefuse(refuse bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = refuse
}

func (s *sink) messages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.got...)
}

func (s *sink) sender(t *testing.T) *mail.SMTP {
	t.Helper()
	sender, err := mail.NewSMTP(mail.SMTPConfig{Host: s.host, Port: s.port, TLS: "none", From: "Lyceum <no-reply@example.com>"})
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

func TestSMTP(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	err := s.sender(t).Send(t.Context(), mail.Message{
		To: "ann@example.com", Subject: "Zürich grüßt", Text: "Plain words", HTML: "<p>Marked words</p>",
	})
	if err != nil {
		t.Fatal(err)
	}
	got := s.messages()
	if len(got) != 1 {
		t.Fatalf("the server has %d messages, want 1", len(got))
	}
	for _, want := range []string{
		"To: <ann@example.com>", `From: "Lyceum" <no-reply@example.com>`, "Subject: =?UTF-8?", "Auto-Submitted: auto-generated",
		"multipart/alternative", "Plain words", "<p>Marked words</p>", "Message-ID: ", "Date: ",
	} {
		if !strings.Contains(got[0], want) {
			t.Errorf("the message lacks %q:\n%s", want, got[0])
		}
	}
}

func TestNewSMTPRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]mail.SMTPConfig{
		"no host":      {TLS: "none", From: "a@example.com"},
		"unknown TLS":  {Host: "localhost", TLS: "maybe", From: "a@example.com"},
		"no sender":    {Host: "localhost", TLS: "none"},
		"wrong sender": {Host: "localhost", TLS: "none", From: "not an address"},
	} {
		if _, err := mail.NewSMTP(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestConfigHidesPassword(t *testing.T) {
	t.Parallel()
	c := mail.SMTPConfig{Host: "localhost", Username: "site", Password: "hidden-word", From: "a@example.com"}
	for _, got := range []string{c.String(), c.GoString(), c.LogValue().String()} {
		if strings.Contains(got, c.Password) {
			t.Errorf("%q shows the password", got)
		}
	}
}
