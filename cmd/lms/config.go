package main

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// config is everything a site can set, read from LMS_ variables once at start and checked whole. Flags of serve win over
// it. The zero value of each field is a working default.
type config struct {
	PostgresURL string // "" runs a private PostgreSQL
	MongoURL    string // "" runs a document store in the process
	RedisURL    string // "" runs one in the process

	SiteName  string
	SiteURL   *url.URL // of the LMS, as people see it; nil: whatever address of this machine was asked
	StudioURL *url.URL
	Proxies   []netip.Prefix // whose X-Forwarded- headers are believed
	TLSCert   string
	TLSKey    string

	SMTPURL  string // smtp://user:password@host:port; "" keeps mail in the local outbox
	MailFrom string

	RegistrationFields map[string]string // name -> hidden, optional, required
	ActivateFirst      bool              // whether an e-mail address must be confirmed before learning

	CacheBytes int64
}

// loadConfig reads the settings; its error names every setting that is wrong.
func loadConfig(getenv func(string) string) (config, error) {
	c := config{
		PostgresURL: getenv("LMS_POSTGRES_URL"), MongoURL: getenv("LMS_MONGO_URL"), RedisURL: getenv("LMS_REDIS_URL"),
		SiteName: getenv("LMS_SITE_NAME"), TLSCert: getenv("LMS_TLS_CERT"), TLSKey: getenv("LMS_TLS_KEY"),
		SMTPURL: getenv("LMS_SMTP_URL"), MailFrom: getenv("LMS_MAIL_FROM"), CacheBytes: 256 << 20,
	}
	if c.SiteName == "" {
		c.SiteName = "Lyceum"
	}
	var problems []error
	wrong := func(name, format string, args ...any) {
		problems = append(problems, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...)))
	}
	origin := func(name string) *url.URL {
		text := getenv(name)
		if text == "" {
			return nil
		}
		u, err := url.Parse(text)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			wrong(name, "want an address such as https://learn.example.org, got %q", text)
			return nil
		}
		u.Path = ""
		return u
	}
	c.SiteURL, c.StudioURL = origin("LMS_SITE_URL"), origin("LMS_STUDIO_URL")
	for _, text := range splitList(getenv("LMS_TRUSTED_PROXIES")) {
		p, err := netip.ParsePrefix(text)
		if a, addrErr := netip.ParseAddr(text); err != nil && addrErr == nil {
			p, err = a.Prefix(a.BitLen())
		}
		if err != nil {
			wrong("LMS_TRUSTED_PROXIES", "%q is no address or network", text)
			continue
		}
		c.Proxies = append(c.Proxies, p)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		wrong("LMS_TLS_CERT", "set both LMS_TLS_CERT and LMS_TLS_KEY, or neither")
	}
	if c.SMTPURL != "" && c.MailFrom == "" {
		wrong("LMS_MAIL_FROM", "needed with LMS_SMTP_URL")
	}
	for _, pair := range splitList(getenv("LMS_REGISTRATION_FIELDS")) {
		name, rule, _ := strings.Cut(pair, "=")
		if rule != "hidden" && rule != "optional" && rule != "required" {
			wrong("LMS_REGISTRATION_FIELDS", "%q: want NAME=hidden, NAME=optional or NAME=required", pair)
			continue
		}
		if c.RegistrationFields == nil {
			c.RegistrationFields = map[string]string{}
		}
		c.RegistrationFields[name] = rule
	}
	switch v := getenv("LMS_ACTIVATE_FIRST"); v {
	case "", "0", "false", "no":
	case "1", "true", "yes":
		c.ActivateFirst = true
	default:
		wrong("LMS_ACTIVATE_FIRST", "want yes or no, got %q", v)
	}
	return c, errors.Join(problems...)
}

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// drainTime is how long a stopping server waits for requests and jobs under way.
const drainTime = 30 * time.Second
