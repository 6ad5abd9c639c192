package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// server is the address of a daemon's API, with a scheme and without a slash at its end.
type server string

// atServer reads an address as people type it.
func atServer(address string) server {
	if address = strings.TrimSuffix(address, "/"); !strings.Contains(address, "://") {
		address = "http://" + address
	}
	return server(address)
}

// askTime bounds how long a daemon may take to answer.
const askTime = 5 * time.Second

// longestAnswer is the most that is read of an answer, in bytes.
const longestAnswer = 64 << 20

// get asks for a document.
func (s server) get(ctx context.Context, path string, into any) error {
	return s.call(ctx, http.MethodGet, path, "", nil, into)
}

// call sends a body, with a token when there is one, and reads the answer. An answer other than 200 is an error that holds its first
// line.
func (s server) call(ctx context.Context, method, path, token string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, string(s)+path, &sent)
	if err != nil {
		return usageError{err}
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask the daemon: %w", err)
	}
	defer response.Body.Close()
	answer := io.LimitReader(response.Body, longestAnswer)
	if response.StatusCode != http.StatusOK {
		return s.refused(response.Status, answer)
	}
	if err := json.NewDecoder(answer).Decode(into); err != nil {
		return fmt.Errorf("ask the daemon: read its answer: %w", err)
	}
	return nil
}

func (s server) refused(status string, answer io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(answer, 1<<10))
	if err != nil {
		return errors.Join(fmt.Errorf("ask the daemon: %s answered %s", s, status), err)
	}
	why, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return fmt.Errorf("ask the daemon: %s answered %s: %s", s, status, why)
}
