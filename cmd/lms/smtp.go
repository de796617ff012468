package main

import (
	"errors"
	"net/url"
	"strconv"

	"lyceum/internal/mail"
)

// parseSMTP reads smtp://user:password@host:port (STARTTLS), smtps:// (TLS from the start) or smtp+insecure:// (none, for a
// server on this machine).
func parseSMTP(text string) (mail.SMTPConfig, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return mail.SMTPConfig{}, errors.New("want smtp://user:password@host:port") // the text may hold a password and is not repeated
	}
	c := mail.SMTPConfig{Host: u.Hostname()}
	switch u.Scheme {
	case "smtp":
		c.TLS = "starttls"
	case "smtps":
		c.TLS = "implicit"
	case "smtp+insecure":
		c.TLS = "none"
	default:
		return mail.SMTPConfig{}, errors.New("want smtp://, smtps:// or smtp+insecure://")
	}
	if u.Port() != "" {
		if c.Port, err = strconv.Atoi(u.Port()); err != nil {
			return mail.SMTPConfig{}, errors.New("the port is no number")
		}
	}
	if u.User != nil {
		c.Username = u.User.Username()
		c.Password, _ = u.User.Password()
	}
	return c, nil
}
