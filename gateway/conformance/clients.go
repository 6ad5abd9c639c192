package conformance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// clients send requests and count what went wrong.
type clients struct {
	proxy  string
	expect map[string]string

	mu       sync.Mutex
	requests int
	failed   int
	first    string // what went wrong first
}

// once sends one request on a connection of its own, so that any worker may answer.
func (c *clients) once(ctx context.Context, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.proxy+path, nil)
	if err != nil {
		return err
	}
	request.Close = true
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	name := response.Header.Get(backendHeader)
	if response.StatusCode != http.StatusOK || name == "" || !strings.Contains(c.expect[path], name) {
		return fmt.Errorf("%s: status %d from backend %q", path, response.StatusCode, name)
	}
	return nil
}

// served waits until many requests in a row are answered: then every worker knows the routes.
func (c *clients) served(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	const enough = 20
	for path := range c.expect {
		for good := 0; good < enough; good++ {
			err := c.once(ctx, path)
			if err == nil {
				continue
			}
			if ctx.Err() != nil {
				return fmt.Errorf("the first state is not served: %w", err)
			}
			good = -1
			pause(ctx, 20*time.Millisecond)
		}
	}
	return nil
}

// start sends requests until the function that it returns is called.
func (c *clients) start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for path := range c.expect {
		for range 2 {
			running.Go(func() {
				for ctx.Err() == nil {
					c.count(ctx, c.once(ctx, path))
					pause(ctx, time.Millisecond)
				}
			})
		}
	}
	return func() {
		cancel()
		running.Wait()
	}
}

// count takes in one outcome. What the end has cut off is none.
func (c *clients) count(ctx context.Context, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	c.requests++
	if err != nil {
		c.failed++
		if c.first == "" {
			c.first = err.Error()
		}
	}
}

func (c *clients) verdict() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed > 0 {
		return fmt.Errorf("%d of %d requests went wrong, the first: %s", c.failed, c.requests, c.first)
	}
	if c.requests == 0 {
		return fmt.Errorf("no request was sent")
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
