package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"

	"lyceum/web/middleware"
)

// certificate is the site's own, read from its files at the start and again on SIGHUP.
type certificate struct {
	cert, key string // files
	current   atomic.Pointer[tls.Certificate]
}

// openCertificate reads the configured certificate; nil means that the site serves without TLS.
func openCertificate(c config) (*certificate, error) {
	if c.TLSCert == "" {
		return nil, nil //nolint:nilnil // none configured is no error
	}
	out := &certificate{cert: c.TLSCert, key: c.TLSKey}
	return out, out.reload()
}

// reload reads the files. When they cannot be read, the certificate that was there stays.
func (c *certificate) reload() error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("certificate of LMS_TLS_CERT and LMS_TLS_KEY: %w", err)
	}
	c.current.Store(&pair)
	return nil
}

// serve serves with the certificate, or without when there is none. A proxy may stand before us, which must not read requests otherwise
// than we do.
func (c *certificate) serve(server *http.Server, l net.Listener) error {
	if c == nil {
		return server.Serve(middleware.Strict(l))
	}
	server.TLSConfig = &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil },
		NextProtos:     []string{"h2", "http/1.1"},
	}
	return server.Serve(middleware.StrictTLS(l, server.TLSConfig))
}
