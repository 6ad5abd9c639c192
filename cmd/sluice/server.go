package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/web/problem"
)

// server is a daemon's API.
type server struct {
	address string // with a scheme, and without a slash at its end
	token   string // what is shown; empty: nothing is
	client  *http.Client
}

// serverOf returns the daemon that is meant: the one at an address, or else the one whose own file is given. The file also names its
// certificate, and a token where the flags name none.
func (a *app) serverOf(from caller) (server, settings.Settings, error) {
	var s settings.Settings
	if from.server == "" || from.config != "" {
		var err error
		if s, err = a.load(from.config); err != nil {
			return server{}, s, err
		}
	}
	token, err := settings.API{TokenFile: cmp.Or(from.tokenFile, s.API.TokenFile)}.Token()
	if err != nil {
		return server{}, s, err
	}
	at := server{address: strings.TrimSuffix(cmp.Or(from.server, listened(s)), "/"), token: token.Reveal(), client: &http.Client{}}
	if !strings.Contains(at.address, "://") {
		at.address = "http://" + at.address
	}
	if s.TLS.Used() {
		at.client.Transport, err = trusting(s.TLS.CertFile)
	}
	return at, s, err
}

// listened is where this machine reaches a daemon by its own file.
func listened(s settings.Settings) string {
	host, port, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return s.Listen
	}
	if address, err := netip.ParseAddr(host); host == "" || err == nil && address.IsUnspecified() {
		host = "localhost"
	}
	address := net.JoinHostPort(host, port)
	if s.TLS.Used() {
		address = "https://" + address
	}
	return address
}

// askTime bounds how long a daemon may take to answer.
const askTime = 5 * time.Second

// longestAnswer is the most that is read of an answer, in bytes.
const longestAnswer = 64 << 20

// get asks for a document.
func (s server) get(ctx context.Context, path string, into any) error {
	return s.call(ctx, http.MethodGet, path, nil, into)
}

// call sends a body, and reads the answer. An answer other than 200 is a *refusedError.
func (s server) call(ctx context.Context, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, s.address+path, &sent)
	if err != nil {
		return usageError{err}
	}
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return fmt.Errorf("ask the daemon: %w", err)
	}
	defer response.Body.Close()
	answer := io.LimitReader(response.Body, longestAnswer)
	if response.StatusCode != http.StatusOK {
		return s.refused(response, answer)
	}
	if err := json.NewDecoder(answer).Decode(into); err != nil {
		return fmt.Errorf("ask the daemon: read its answer: %w", err)
	}
	return nil
}

// refusedError says that a daemon answers, and not with what was asked for.
type refusedError struct {
	address, status, why string
}

// Error says what the daemon answered.
func (e *refusedError) Error() string {
	return fmt.Sprintf("ask the daemon: %s answered %s: %s", e.address, e.status, e.why)
}

// refused reads why a daemon refuses: the detail of a problem, or else the first line.
func (s server) refused(response *http.Response, answer io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(answer, 4<<10))
	if err != nil {
		return errors.Join(fmt.Errorf("ask the daemon: %s answered %s", s.address, response.Status), err)
	}
	var told problem.Problem
	if response.Header.Get("Content-Type") != problem.ContentType || json.Unmarshal(text, &told) != nil {
		told.Detail, _, _ = strings.Cut(strings.TrimSpace(string(text)), "\n")
	}
	refused := &refusedError{s.address, response.Status, visibleLine(told.Detail)}
	if response.StatusCode == http.StatusUnauthorized {
		return fmt.Errorf("%w\n\thint: name the file of a token with --token-file, or as api.tokenFile in the daemon's own file", refused)
	}
	return refused
}
