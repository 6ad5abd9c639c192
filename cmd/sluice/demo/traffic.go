package demo

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// traffic sends requests through every gateway group all the while, and counts those that get another answer than they should.
type traffic struct {
	client *http.Client
	groups []group

	mu       sync.Mutex
	sent     int
	failures []string
}

// call is one request that always has to work, whatever is being changed.
type call struct{ method, path, key string }

var calls = []call{
	{"GET", "/users/42", ""},
	{"POST", "/users/42", mobileKey},
	{"GET", "/orders", globexKey},
	{"GET", "/orders/7", mobileKey},
	{"GET", "/payments/invoices", globexKey},
}

// pause is the time between two requests of one sender.
const pause = 4 * time.Millisecond

func newTraffic(groups []group) *traffic {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	return &traffic{groups: groups, client: &http.Client{Transport: transport, Timeout: 10 * time.Second}}
}

// run sends until ctx ends, with two senders for each group.
func (t *traffic) run(ctx context.Context) {
	var senders sync.WaitGroup
	for _, g := range t.groups {
		for range 2 {
			senders.Go(func() { t.send(ctx, g) })
		}
	}
	senders.Wait()
}

func (t *traffic) send(ctx context.Context, g group) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-tick.C:
			t.count(g, calls[i%len(calls)])
		case <-ctx.Done():
			return
		}
	}
}

// count sends one request. It is not cut off when the traffic ends: a request that was begun is answered, or has failed.
func (t *traffic) count(g group, c call) {
	status, _, err := t.ask(context.Background(), g, c)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent++
	if err != nil {
		t.failures = append(t.failures, fmt.Sprintf("%s %s %s: %v", g.Name, c.method, c.path, err))
	} else if status != http.StatusOK {
		t.failures = append(t.failures, fmt.Sprintf("%s %s %s: %d", g.Name, c.method, c.path, status))
	}
}

// ask sends one request through a group, and returns its status and headers.
func (t *traffic) ask(ctx context.Context, g group, c call) (int, http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, c.method, "http://"+g.Proxy+c.path, nil)
	if err != nil {
		return 0, nil, err
	}
	request.Host = domains[g.Environment]
	if c.key != "" {
		request.Header.Set("apikey", c.key)
	}
	response, err := t.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, response.Header, err
}

// totals returns how many requests were sent and which of them failed.
func (t *traffic) totals() (int, []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sent, t.failures
}
