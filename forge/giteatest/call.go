package giteatest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// client asks Gitea; it follows no redirect.
func client() *http.Client {
	return &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Call sends body as JSON to a path of the API, as /repos/bot/gateways, reads a good answer into into, and returns the status; 0: no
// answer. Body and into may be nil. An empty token asks as nobody.
func (s *Server) Call(t testing.TB, token, method, path string, body, into any) int {
	t.Helper()
	status, answer := s.send(t, method, path, body, func(r *http.Request) {
		if token != "" {
			r.Header.Set("Authorization", "token "+token)
		}
	})
	if into != nil && status < 300 && status > 0 {
		decode(t, answer, into)
	}
	return status
}

func decode(t testing.TB, answer []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(answer, into); err != nil {
		t.Fatalf("read the answer of Gitea: %v in %s", err, answer)
	}
}

// do is Call as Admin for what must be done.
func (s *Server) do(t testing.TB, method, path string, body, into any) {
	t.Helper()
	s.must(t, s.Token, method, path, body, into)
}

func (s *Server) must(t testing.TB, token, method, path string, body, into any) {
	t.Helper()
	status, answer := s.send(t, method, path, body, func(r *http.Request) { r.Header.Set("Authorization", "token "+token) })
	if status < 200 || status >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	if into != nil {
		decode(t, answer, into)
	}
}

// send sends one request. /healthz is not below the API.
func (s *Server) send(t testing.TB, method, path string, body any, login func(*http.Request)) (int, []byte) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	address := s.URL + "/api/v1" + path
	if strings.HasPrefix(path, "/healthz") {
		address = s.URL + "/api" + path
	}
	request, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	login(request)
	response, err := client().Do(request)
	if err != nil {
		return 0, []byte(err.Error())
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, []byte(err.Error())
	}
	return response.StatusCode, answer
}
