package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// lease is a token that was given for a time.
type lease struct {
	token string
	until time.Time
}

// unreachable is trouble that may pass by itself: no connection, a server that is sealed or on standby, too many requests.
type unreachable struct{ error }

// Temporary reports true: the same request may succeed later.
func (unreachable) Temporary() bool { return true }

// Unwrap returns the cause.
func (u unreachable) Unwrap() error { return u.error }

var errDenied = errors.New("permission denied: does the token's policy let it read there?")

// read asks Vault. A token that was refused may have been taken back: a new one is asked for, once.
func (c *Client) read(ctx context.Context, name string) (string, error) {
	token, err := c.login(ctx)
	if err != nil {
		return "", fmt.Errorf("vault: log in: %w", err)
	}
	text, err := c.readAs(ctx, token, name)
	if errors.Is(err, errDenied) && c.token.token != "" {
		c.token = lease{}
		if token, err = c.login(ctx); err != nil {
			return "", fmt.Errorf("vault: log in again: %w", err)
		}
		text, err = c.readAs(ctx, token, name)
	}
	if err != nil {
		return "", fmt.Errorf("vault: read %s: %w", c.place(name), err)
	}
	return text, nil
}

// place is where a secret stands, for people.
func (c *Client) place(name string) string {
	if within := strings.Trim(c.cfg.Path, "/"); within != "" {
		name = within + "/" + name
	}
	return strings.Trim(c.cfg.Mount, "/") + "/" + name
}

func (c *Client) readAs(ctx context.Context, token, name string) (string, error) {
	segments := []string{c.cfg.Address, "v1", escaped(c.cfg.Mount), "data"}
	if path := strings.Trim(c.cfg.Path, "/"); path != "" {
		segments = append(segments, escaped(path))
	}
	var answer struct {
		Data struct {
			Data map[string]any `json:"data"`
		} `json:"data"`
	}
	address := strings.Join(append(segments, url.PathEscape(name)), "/")
	if err := c.call(ctx, http.MethodGet, address, token, nil, &answer); err != nil {
		return "", err
	}
	field, found := answer.Data.Data[c.cfg.Field]
	if !found {
		return "", fmt.Errorf("it has no field %q: %w", c.cfg.Field, fs.ErrNotExist)
	}
	text, isText := field.(string)
	if !isText || text == "" {
		return "", fmt.Errorf("its field %q is no text, or empty", c.cfg.Field)
	}
	return text, nil
}

func escaped(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	return strings.Join(segments, "/")
}

// login returns a token that is good now.
func (c *Client) login(ctx context.Context) (string, error) {
	if c.cfg.TokenFile != "" {
		return readToken(c.cfg.TokenFile)
	}
	if c.token.token != "" && time.Now().Before(c.token.until) {
		return c.token.token, nil
	}
	jwt, err := readToken(c.cfg.Kubernetes.JWTFile)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]string{"role": c.cfg.Kubernetes.Role, "jwt": jwt})
	if err != nil {
		return "", err
	}
	var answer struct {
		Auth struct {
			Token string `json:"client_token"`
			Lease int    `json:"lease_duration"` // seconds; 0 for one that does not end
		} `json:"auth"`
	}
	address := c.cfg.Address + "/v1/auth/" + escaped(c.cfg.Kubernetes.Mount) + "/login"
	if err := c.call(ctx, http.MethodPost, address, "", body, &answer); err != nil {
		return "", err
	}
	if answer.Auth.Token == "" {
		return "", errors.New("the answer holds no token")
	}
	good := 9 * time.Duration(answer.Auth.Lease) * time.Second / 10
	if answer.Auth.Lease == 0 {
		good = time.Hour
	}
	c.token = lease{answer.Auth.Token, time.Now().Add(good)}
	return c.token.token, nil
}

func readToken(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(data))
	if token == "" {
		return "", fmt.Errorf("%s is empty", file)
	}
	return token, nil
}

// call sends one request and reads the answer, which must be JSON.
func (c *Client) call(ctx context.Context, method, address, token string, body []byte, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return errors.New("not an address")
	}
	if token != "" {
		req.Header.Set("X-Vault-Token", token)
	}
	if c.cfg.Namespace != "" {
		req.Header.Set("X-Vault-Namespace", c.cfg.Namespace)
	}
	// Vault wants it of whoever may be talked into sending a request for somebody else.
	req.Header.Set("X-Vault-Request", "true")
	resp, err := c.http.Do(req)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return unreachable{err}
	}
	defer resp.Body.Close()
	const largest = 4 << 20
	data, err := io.ReadAll(io.LimitReader(resp.Body, largest))
	switch {
	case err != nil:
		return unreachable{fmt.Errorf("read answer: %w", err)}
	case resp.StatusCode == http.StatusNotFound:
		return fmt.Errorf("404 %w", fs.ErrNotExist)
	case resp.StatusCode == http.StatusForbidden:
		return errDenied
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests:
		return unreachable{fmt.Errorf("%s: %s", resp.Status, complaint(data, token))}
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %s", resp.Status, complaint(data, token))
	}
	if err := json.Unmarshal(data, into); err != nil {
		return errors.New("the answer is not Vault's")
	}
	return nil
}

// complaint is what Vault says is wrong. It names no value; a proxy before it may repeat the token.
func complaint(data []byte, token string) string {
	var said struct {
		Errors []string `json:"errors"`
	}
	if json.Unmarshal(data, &said) != nil || len(said.Errors) == 0 {
		return "no reason given"
	}
	text := strings.Join(strings.Fields(strings.Join(said.Errors, "; ")), " ")
	if token != "" {
		text = strings.ReplaceAll(text, token, "***")
	}
	return text[:min(300, len(text))]
}
