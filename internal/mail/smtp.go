package mail

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Sender hands a message to a mail server. An error says that it may not have been taken.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// SMTPConfig says how to reach the site's mail server.
type SMTPConfig struct {
	Host     string
	Port     int    // 0 means 587, or 465 with TLS "implicit"
	TLS      string // "starttls" (default), "implicit", "none" (a server on this machine only)
	Username string // empty: no sign-in
	Password string
	From     string // "Name <address>" or an address
	ReplyTo  string // optional
}

// LogValue hides the password.
func (c SMTPConfig) LogValue() slog.Value {
	return slog.GroupValue(slog.String("host", c.Host), slog.Int("port", c.Port), slog.String("tls", c.TLS), slog.String("from", c.From))
}

// String hides the password in whatever prints the configuration.
func (c SMTPConfig) String() string { return fmt.Sprintf("smtp %s:%d (%s)", c.Host, c.Port, c.TLS) }

// GoString hides the password from %#v.
func (c SMTPConfig) GoString() string { return c.String() }

// SMTP sends through one server, a connection a message.
type SMTP struct {
	config SMTPConfig
	client *gomail.Client
}

// NewSMTP checks the configuration; it does not connect.
func NewSMTP(c SMTPConfig) (*SMTP, error) {
	options := []gomail.Option{gomail.WithTimeout(20 * time.Second)}
	port := c.Port
	switch c.TLS {
	case "", "starttls":
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
		if port == 0 {
			port = 587
		}
	case "implicit":
		options = append(options, gomail.WithSSL())
		if port == 0 {
			port = 465
		}
	case "none":
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
		if port == 0 {
			port = 25
		}
	default:
		return nil, fmt.Errorf("mail: TLS is %q, want starttls, implicit or none", c.TLS)
	}
	options = append(options, gomail.WithPort(port))
	if c.Username != "" {
		options = append(options, gomail.WithUsername(c.Username), gomail.WithPassword(c.Password),
			gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover))
	}
	client, err := gomail.NewClient(c.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail server %s: %w", c.Host, err)
	}
	s := &SMTP{config: c, client: client}
	if _, err := s.compose(Message{To: "check@example.com", Subject: "check", Text: "check"}); err != nil {
		return nil, err
	}
	return s, nil
}

// Send implements Sender.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	msg, err := s.compose(m)
	if err != nil {
		return err
	}
	if err := s.client.DialAndSendWithContext(ctx, msg); err != nil {
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}

// Check connects to the server and signs in, for the doctor.
func (s *SMTP) Check(ctx context.Context) error {
	client, err := s.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("reach mail server: %w", err)
	}
	return s.client.CloseWithSMTPClient(client)
}

func (s *SMTP) compose(m Message) (*gomail.Msg, error) {
	msg := gomail.NewMsg()
	if err := msg.From(s.config.From); err != nil {
		return nil, fmt.Errorf("mail sender %q: %w", s.config.From, err)
	}
	if s.config.ReplyTo != "" {
		if err := msg.ReplyTo(s.config.ReplyTo); err != nil {
			return nil, fmt.Errorf("mail reply address: %w", err)
		}
	}
	if err := msg.To(m.To); err != nil {
		return nil, fmt.Errorf("mail recipient: %w", err)
	}
	msg.Subject(m.Subject)
	msg.SetDate()
	msg.SetMessageID()
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // vacation answers stay away
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}
