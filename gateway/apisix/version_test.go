package apisix

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// TestVersionFaultsSayWhy has answers to a HEAD, which say nothing, and asks for the reason.
func TestVersionFaultsSayWhy(t *testing.T) {
	tests := []struct {
		name      string
		head, get answer
		class     gateway.Class
		says      string
	}{
		{"TLS spoken to as if it were none", answer{status: 400, html: true},
			answer{status: 400, html: true, body: "<title>400 The plain HTTP request was sent to HTTPS port</title>"}, gateway.Refused,
			`version: 400 Bad Request: a page that says "400 The plain HTTP request was sent to HTTPS port"`},
		{"wrong key", answer{status: 401}, answer{status: 401, body: denied}, gateway.Denied, "the admin key is not one of the gateway's"},
		{"a GET that answers otherwise", answer{status: 405}, answer{status: 200, body: "{}"}, gateway.Refused,
			"version: 405 Method Not Allowed: no reason given, since the answer to a HEAD has no content"},
		{"nobody there", answer{err: errors.New("connection refused")}, answer{}, gateway.Unreachable, "version: connection refused"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := &fake{answers: map[string][]answer{"HEAD /apisix/admin": {test.head}, "GET /apisix/admin": {test.get}}}
			_, err := newGateway(t, f, func(c *Config) { c.Retries = -1 }).Version(t.Context())
			if classOf(t, err) != test.class || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %q", err, test.says)
			}
		})
	}
}

// schemas answers what Defaults asks, and hides the version.
func schemas() *fake {
	head := answer{status: 200, header: map[string]string{"Server": "nginx"}}
	return &fake{answers: map[string][]answer{"HEAD /apisix/admin": {head}, "*": {{status: 200, body: "{}"}}}}
}

func TestDefaultsAreReadAgain(t *testing.T) {
	for name, f := range map[string]*fake{"hidden version": schemas(), "known version": {answers: map[string][]answer{"*": {{status: 200, body: "{}"}}}}} {
		t.Run(name, func(t *testing.T) { defaultsAreReadAgain(t, f) })
	}
}

func defaultsAreReadAgain(t *testing.T, f *fake) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t, f, nil)
		for _, test := range []struct {
			pause time.Duration
			reads int
		}{{0, 13}, {9 * time.Minute, 13}, {2 * time.Minute, 26}, {9 * time.Minute, 26}} {
			time.Sleep(test.pause)
			if _, err := g.Defaults(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := len(f.seen("GET")); got != test.reads {
				t.Errorf("%v later: %d reads, want %d", test.pause, got, test.reads)
			}
		}
	})
}

func TestWaitingForDefaultsCanBeStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := schemas()
		f.answers["GET /apisix/admin/plugins"] = []answer{{hang: true}}
		g := newGateway(t, f, func(c *Config) { c.Retries = -1 })
		done := make(chan error)
		go func() {
			_, err := g.Defaults(t.Context())
			done <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := g.Defaults(ctx); classOf(t, err) != gateway.Unreachable || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("stopped after %v", took)
		}
		if err := <-done; err == nil {
			t.Error("the one that reads has no error")
		}
	})
}
