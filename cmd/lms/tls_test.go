package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// writeCertificate makes a certificate of this machine with a serial number.
func writeCertificate(t testing.TB, dir string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert": {Type: "CERTIFICATE", Bytes: der}, "key": {Type: "PRIVATE KEY", Bytes: private}} {
		var buf bytes.Buffer
		if err := pem.Encode(&buf, block); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), buf.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTLS: with a certificate cookies are for TLS alone and browsers are told to stay; a new certificate is taken on SIGHUP.
func TestTLS(t *testing.T) {
	t.Parallel()
	files := t.TempDir()
	writeCertificate(t, files, 1)
	addr := freeAddr(t)
	p := start(t, []string{"LMS_TLS_CERT=" + filepath.Join(files, "cert"), "LMS_TLS_KEY=" + filepath.Join(files, "key")}, "serve", "--data", dataDir(t), "--addr", addr)
	serial := func() int64 {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // its own certificate
		res, err := client.Get("https://" + addr + "/login")
		if err != nil {
			return 0
		}
		defer res.Body.Close()
		if got := res.Header.Get("Strict-Transport-Security"); !strings.Contains(got, "max-age=31536000") {
			t.Errorf("Strict-Transport-Security %q", got)
		}
		for _, c := range res.Cookies() {
			if !c.Secure {
				t.Errorf("cookie %s is not for TLS alone", c.Name)
			}
		}
		return res.TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	await := func(want int64) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); serial() != want; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("certificate %d is not served", want)
			}
		}
	}
	await(1)
	writeCertificate(t, files, 2)
	p.signal(syscall.SIGHUP)
	await(2)
	if err := os.WriteFile(filepath.Join(files, "cert"), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGHUP)
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(p.err.String(), "the old certificate stays"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a broken certificate is not complained of")
		}
	}
	if got := serial(); got != 2 {
		t.Errorf("certificate %d is served, want the one before", got)
	}

	broken := start(t, []string{"LMS_TLS_CERT=" + filepath.Join(files, "cert"), "LMS_TLS_KEY=" + filepath.Join(files, "key")}, "serve", "--data", dataDir(t), "--addr", freeAddr(t))
	if code := broken.exit(time.Minute); code != exitFailed || !strings.Contains(broken.err.String(), "LMS_TLS_CERT") {
		t.Errorf("start with a broken certificate: exit %d, %q", code, &broken.err)
	}
}

// TestTwoLengths: a request whose length is told in two ways never reaches a handler, with TLS or without.
func TestTwoLengths(t *testing.T) {
	t.Parallel()
	files := t.TempDir()
	writeCertificate(t, files, 1)
	cert, err := openCertificate(config{TLSCert: filepath.Join(files, "cert"), TLSKey: filepath.Join(files, "key")})
	if err != nil {
		t.Fatal(err)
	}
	trusting := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // its own certificate
	for name, c := range map[string]*certificate{"plain": nil, "TLS": cert} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			server := &http.Server{
				ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
				Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/bad" {
						t.Error("the request was served")
					}
					fmt.Fprintf(w, "%s %v", r.Proto, r.TLS != nil)
				}),
			}
			ended := make(chan error, 1)
			go func() { ended <- c.serve(server, l) }()
			dial := func() net.Conn {
				t.Helper()
				conn, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = conn.Close() })
				_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
				return conn
			}
			idle := dial() // agrees on nothing, and holds up nobody
			conn := dial()
			if c != nil {
				conn = tls.Client(conn, trusting)
			}
			if _, err := io.WriteString(conn, "POST /bad HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG"); err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 400 ") {
				t.Errorf("answered with %q, %v, want 400 and the end", got, err)
			}
			scheme, want := "http", map[bool]string{false: "HTTP/1.1 false", true: "HTTP/1.1 false"}
			if c != nil {
				scheme, want = "https", map[bool]string{false: "HTTP/1.1 true", true: "HTTP/2.0 true"}
			}
			for two, text := range want {
				client := &http.Client{Transport: &http.Transport{TLSClientConfig: trusting.Clone(), ForceAttemptHTTP2: two}, Timeout: 10 * time.Second}
				res, err := client.Post(scheme+"://"+l.Addr().String()+"/good", "text/plain", strings.NewReader("body"))
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				client.CloseIdleConnections()
				if err != nil || string(body) != text {
					t.Errorf("HTTP/2 wanted %v: %q, %v, want %q", two, body, err, text)
				}
			}
			if c != nil { // somebody who forgot the s
				conn := dial()
				if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
					t.Fatal(err)
				}
				if got, _ := io.ReadAll(conn); !strings.Contains(string(got), "HTTPS server") {
					t.Errorf("HTTP to the port of HTTPS is answered with %q", got)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_ = idle.Close()
			if err := server.Shutdown(ctx); err != nil {
				t.Errorf("shut down: %v", err)
			}
			if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
				t.Errorf("serving ended with %v", err)
			}
		})
	}
}
