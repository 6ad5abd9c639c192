package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// backend starts a server that answers every request with its name, and sets $NAME_ADDR.
func backend(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, args, 1, 1, "backend NAME")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, args[0]) }))
	ts.Defer(server.Close)
	ts.Setenv(args[0]+"_ADDR", server.Listener.Addr().String())
}

// testMetric is a Prometheus whose every query comes to one value.
type testMetric struct {
	mu     sync.Mutex
	values []string // the last one stays
}

// metric sets what a Prometheus answers, query after query; the last value stays. The first call starts it and sets $NAME_URL.
func metric(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, args, 2, 9, "metric NAME VALUE…")
	b := benchOf(ts)
	m := b.metrics[args[0]]
	if m == nil {
		m = &testMetric{}
		server := httptest.NewServer(m)
		ts.Defer(server.Close)
		ts.Setenv(args[0]+"_URL", server.URL)
		b.metrics[args[0]] = m
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values = args[1:]
}

func (m *testMetric) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value := m.values[0]
	if len(m.values) > 1 {
		m.values = m.values[1:]
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[0,%q]}]}}`, value)
}

// manyRequests is enough for shares to show.
const manyRequests = 400

// shares makes many requests to a gateway and fails unless each backend answers its part of them, give or take 8 percent.
func shares(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, args, 3, 9, "shares GATEWAY PATH BACKEND=PERCENT…")
	url := benchOf(ts).gateways[args[0]].ProxyURL() + args[1]
	counts := map[string]int{}
	for range manyRequests {
		status, body, err := fetch(url)
		ts.Check(err)
		if status != http.StatusOK {
			ts.Fatalf("status %d: %s", status, body)
		}
		counts[body]++
	}
	for _, want := range args[2:] {
		name, text, _ := strings.Cut(want, "=")
		percent, err := strconv.Atoi(text)
		ts.Check(err)
		got := counts[name] * 100 / manyRequests
		if exact := percent == 0 || percent == 100; exact && got != percent || got < percent-8 || got > percent+8 {
			ts.Fatalf("%s has %d %%, want %d %%: %v", name, got, percent, counts)
		}
	}
}
