package graderqueue

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
)

// Client speaks to a queue elsewhere as a site does. It is safe for concurrent use.
type Client struct {
	base           string // without /xqueue/
	user, password string
	basic          string // NAME:PASSWORD around the whole service, "" for none
	http           *http.Client
}

// clientTime bounds one request to the queue.
const clientTime = 35 * time.Second

// NewClient returns a client of the queue at address, http(s)://USER:PASSWORD@HOST. via makes its requests.
func NewClient(address, basic string, via *http.Client) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User == nil {
		return nil, errors.New("want an address such as https://USER:PASSWORD@queue.example.org")
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	c := &Client{user: u.User.Username(), basic: basic, http: &http.Client{
		Transport: via.Transport, Timeout: clientTime, Jar: jar, CheckRedirect: via.CheckRedirect,
	}}
	c.password, _ = u.User.Password()
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	c.base = strings.TrimSuffix(u.String(), "/")
	return c, nil
}

// Address is that of the queue, without a login.
func (c *Client) Address() string { return c.base }

// Refusal is what a queue says of an answer it does not take.
type Refusal struct{ Reason string } //nolint:errname // the word of the field

func (r *Refusal) Error() string { return "the queue refuses: " + r.Reason }

// errSignIn: the queue does not know us.
var errSignIn = errors.New("the queue asks for a login")

// Submit hands an answer to the queue. A *Refusal says that it will not be taken; after any other error it may be handed in again.
func (c *Client) Submit(ctx context.Context, header, body string, files []File) error {
	err := c.submit(ctx, header, body, files)
	if !errors.Is(err, errSignIn) {
		return err
	}
	if err := c.signIn(ctx); err != nil {
		return err
	}
	return c.submit(ctx, header, body, files)
}

func (c *Client) submit(ctx context.Context, header, body string, files []File) error {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	err := errors.Join(w.WriteField("xqueue_header", header), w.WriteField("xqueue_body", body))
	for _, f := range files {
		part, partErr := w.CreateFormFile(f.Name, f.Name)
		if partErr == nil {
			_, partErr = part.Write(f.Content)
		}
		err = errors.Join(err, partErr)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return fmt.Errorf("write a submission: %w", err)
	}
	code, content, err := c.post(ctx, "submit/", w.FormDataContentType(), &form)
	if err == nil && code != 0 {
		err = &Refusal{content}
		if content == "login_required" {
			err = errSignIn
		}
	}
	return err
}

func (c *Client) signIn(ctx context.Context) error {
	form := url.Values{"username": {c.user}, "password": {c.password}}
	code, content, err := c.post(ctx, "login/", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if err == nil && code != 0 {
		err = fmt.Errorf("log in as %s: %s", c.user, content)
	}
	return err
}

// post makes a request and reads its envelope.
func (c *Client) post(ctx context.Context, path, kind string, body io.Reader) (code int, content string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/xqueue/"+path, body)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", kind)
	if name, password, ok := strings.Cut(c.basic, ":"); ok {
		req.SetBasicAuth(name, password)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("reach the queue: %w", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return 0, "", fmt.Errorf("read what the queue says: %w", err)
	}
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusMovedPermanently, http.StatusFound, http.StatusUnauthorized, http.StatusForbidden:
		return 0, "", errSignIn
	default:
		return 0, "", fmt.Errorf("the queue answers %s", res.Status)
	}
	var reply struct {
		Code    *int `json:"return_code"`
		Content any  `json:"content"`
	}
	if err := json.Unmarshal(text, &reply); err != nil || reply.Code == nil {
		return 0, "", fmt.Errorf("the queue answers %.100q", text)
	}
	return *reply.Code, fmt.Sprint(reply.Content), nil
}
