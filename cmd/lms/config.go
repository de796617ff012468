package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lyceum/grading/sandbox"
	accounts "lyceum/learner/account"
	"lyceum/web/lms"
)

// config is everything a site can set, read from LMS_ variables once at start and checked whole. Flags of serve win over
// it. The zero value of each field is a working default.
type config struct {
	PostgresURL string // "" runs a private PostgreSQL
	MongoURL    string // "" runs a document store in the process
	RedisURL    string // "" runs one in the process

	SiteName string
	SiteURL  *url.URL // of the LMS, as people see it; nil: whatever address of this machine was asked
	// StudioURL is where people reach Studio; nil: Studio's port at the host of the LMS.
	StudioURL *url.URL
	Framers   []string       // origins that may show single blocks in frames, besides our own
	Proxies   []netip.Prefix // whose X-Forwarded- headers are believed
	TLSCert   string
	TLSKey    string

	SMTPURL  string // smtp://user:password@host:port; "" keeps mail in the local outbox
	MailFrom string

	RegistrationFields map[string]string // name -> hidden, optional, required
	ActivateFirst      bool              // whether an e-mail address must be confirmed before learning

	Unlimited bool // whether answers, searches and events may come as fast as they can

	CacheBytes int64

	ImportLimit int64         // bytes of an archive
	KeepDeleted time.Duration // how long a deleted course can be restored

	Policies lms.Policies // what people agree to here

	Sandbox sandbox.Config // how authors' Python is run
	Graders graderConfig   // external ones
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
	address := func(name, text string) *url.URL {
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
	c.SiteURL = address("LMS_SITE_URL", getenv("LMS_SITE_URL"))
	c.StudioURL = address("LMS_STUDIO_URL", getenv("LMS_STUDIO_URL"))
	if c.StudioURL != nil && c.SiteURL == nil {
		wrong("LMS_STUDIO_URL", "needs LMS_SITE_URL beside it")
	}
	if c.StudioURL != nil && c.SiteURL != nil && strings.EqualFold(c.StudioURL.Host, c.SiteURL.Host) {
		wrong("LMS_STUDIO_URL", "must be another host or port than LMS_SITE_URL: scripts in courses must not reach Studio")
	}
	for _, text := range splitList(getenv("LMS_FRAME_ANCESTORS")) {
		if u := address("LMS_FRAME_ANCESTORS", text); u != nil {
			c.Framers = append(c.Framers, u.String())
		}
	}
	for _, text := range splitList(getenv("LMS_TRUSTED_PROXIES")) {
		p, err := netip.ParsePrefix(text)
		if a, addrErr := netip.ParseAddr(text); err != nil && addrErr == nil {
			p, err = a.Prefix(a.BitLen())
		}
		if err != nil {
			wrong("LMS_TRUSTED_PROXIES", "%q is no address or network: want one such as 10.0.0.1 or 10.0.0.0/8", text)
			continue
		}
		c.Proxies = append(c.Proxies, p)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		wrong("LMS_TLS_CERT", "set both LMS_TLS_CERT and LMS_TLS_KEY, or neither")
	}
	for _, file := range []struct{ name, path string }{{"LMS_TLS_CERT", c.TLSCert}, {"LMS_TLS_KEY", c.TLSKey}} {
		if file.path == "" {
			continue
		}
		if f, err := os.Open(file.path); err != nil {
			wrong(file.name, "%s cannot be read: %v", file.path, errors.Unwrap(err))
		} else {
			f.Close()
		}
	}
	if c.SMTPURL != "" && c.MailFrom == "" {
		wrong("LMS_MAIL_FROM", "needed with LMS_SMTP_URL: the address mail comes from")
	}
	var fields []string
	for _, f := range accounts.ProfileFields {
		fields = append(fields, f.Name)
	}
	for _, pair := range splitList(getenv("LMS_REGISTRATION_FIELDS")) {
		name, rule, _ := strings.Cut(pair, "=")
		if rule != "hidden" && rule != "optional" && rule != "required" {
			wrong("LMS_REGISTRATION_FIELDS", "%q: want NAME=hidden, NAME=optional or NAME=required", pair)
			continue
		}
		if !slices.Contains(fields, name) {
			wrong("LMS_REGISTRATION_FIELDS", "there is no field %q; there are %s", name, strings.Join(fields, ", "))
			continue
		}
		if c.RegistrationFields == nil {
			c.RegistrationFields = map[string]string{}
		}
		c.RegistrationFields[name] = rule
	}
	yes := func(name string, otherwise bool) bool {
		switch v := getenv(name); v {
		case "":
			return otherwise
		case "0", "false", "no":
			return false
		case "1", "true", "yes":
			return true
		default:
			wrong(name, "want yes or no, got %q", v)
			return otherwise
		}
	}
	c.Policies = lms.Policies{
		Terms: policy("LMS_TERMS", getenv("LMS_TERMS"), wrong), Honor: policy("LMS_HONOR_CODE", getenv("LMS_HONOR_CODE"), wrong),
		Privacy: policy("LMS_PRIVACY", getenv("LMS_PRIVACY"), wrong),
	}
	c.ActivateFirst = yes("LMS_ACTIVATE_FIRST", false)
	c.Unlimited = !yes("LMS_RATE_LIMITS", true)
	c.ImportLimit = number("LMS_IMPORT_LIMIT", getenv("LMS_IMPORT_LIMIT"), "megabytes", 2048, wrong) << 20
	c.KeepDeleted = time.Duration(number("LMS_KEEP_DELETED", getenv("LMS_KEEP_DELETED"), "days", 30, wrong)) * 24 * time.Hour
	c.Sandbox = sandboxConfig(getenv, wrong)
	c.Graders = graderSettings(getenv, wrong)
	return c, errors.Join(problems...)
}

// number reads a whole number, more than 0 and not absurd.
func number(name, value, of string, otherwise int64, wrong func(name, format string, args ...any)) int64 {
	if value == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 1 || n > 1<<20 {
		wrong(name, "want a number of %s from 1 to %d, got %q", of, 1<<20, value)
		return otherwise
	}
	return n
}

// longestPolicy is how many bytes of Markdown a policy may have.
const longestPolicy = 1 << 20

// policy reads what a site says about one of its policies: nothing takes the text that comes with the program, "no" has none, an address
// leads elsewhere, and anything else is a file of Markdown.
func policy(name, value string, wrong func(name, format string, args ...any)) *lms.Policy {
	switch {
	case value == "":
		return &lms.Policy{}
	case value == "no":
		return &lms.Policy{None: true}
	case strings.HasPrefix(value, "https://") || strings.HasPrefix(value, "http://"):
		if u, err := url.Parse(value); err != nil || u.Host == "" {
			wrong(name, "%q is no address", value)
		}
		return &lms.Policy{Elsewhere: value}
	}
	text, err := os.ReadFile(value)
	switch {
	case err != nil:
		wrong(name, "want an address such as https://example.org/page, a file of Markdown, or no: %s cannot be read: %v", value, errors.Unwrap(err))
	case len(text) > longestPolicy || !utf8.Valid(text):
		wrong(name, "%s is no text in UTF-8 of at most %d bytes", value, longestPolicy)
	case len(bytes.TrimSpace(text)) == 0:
		wrong(name, "%s is empty", value)
	}
	return &lms.Policy{Markdown: string(text)}
}

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// unknownSettings are the variables that look like settings and are none: mistyped, most likely.
func unknownSettings(environ []string) []string {
	var unknown []string
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "LMS_") && !strings.HasPrefix(name, "LMS_TEST_") && !slices.Contains(settingNames, name) {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

// settingNames are the variables that set something.
var settingNames = []string{
	"LMS_ACTIVATE_FIRST", "LMS_ADDR", "LMS_DATA", "LMS_DRAIN_DELAY", "LMS_FRAME_ANCESTORS", "LMS_GRADER_BASIC_AUTH", "LMS_GRADER_CALLBACK_URL",
	"LMS_GRADER_URL", "LMS_GRADER_WAIT", "LMS_HONOR_CODE", "LMS_IMPORT_LIMIT", "LMS_KEEP_DELETED", "LMS_MAIL_FROM", "LMS_MIGRATE", "LMS_MONGO_URL", "LMS_POSTGRES_BIN",
	"LMS_POSTGRES_URL", "LMS_PRIVACY", "LMS_PRIVATE_NETWORKS", "LMS_RATE_LIMITS", "LMS_REDIS_URL", "LMS_REGISTRATION_FIELDS", "LMS_SANDBOX", "LMS_SANDBOX_LIMITS", "LMS_SANDBOX_MEMBERS",
	"LMS_SANDBOX_PYTHON", "LMS_SANDBOX_TOKEN", "LMS_SANDBOX_UNSAFE", "LMS_SANDBOX_URL", "LMS_SECRET", "LMS_SITE_NAME", "LMS_SITE_URL", "LMS_SMTP_URL", "LMS_STUDIO_ADDR", "LMS_STUDIO_URL", "LMS_TERMS",
	"LMS_TLS_CERT", "LMS_TLS_KEY", "LMS_TRUSTED_PROXIES", "LMS_VERBOSE",
}

// drainTime is how long a stopping server waits for requests and jobs under way.
const drainTime = 30 * time.Second
