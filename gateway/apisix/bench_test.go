package apisix

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

const (
	benchPuts     = 1000
	benchParallel = 16
)

// answering is a server that takes every PUT at once, and counts nothing.
func answering(b *testing.B) (*httptest.Server, *http.Transport) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, `{"key":"/apisix/routes/r","value":{"id":"r"}}`)
	}))
	b.Cleanup(server.Close)
	transport, err := admin.NewTransport(admin.TLS{}, benchParallel)
	if err != nil {
		b.Fatal(err)
	}
	return server, transport
}

const benchBody = `{"uri":"/a/*","hosts":["a.example"],"methods":["GET","POST"],"upstream":{"nodes":{"127.0.0.1:1980":1}}}`

// BenchmarkPut writes 1,000 routes through a Gateway. Compare with BenchmarkPutBare: the ratio is what this package costs.
func BenchmarkPut(b *testing.B) {
	server, transport := answering(b)
	g := newGateway(b, transport, func(c *Config) { c.AdminURL, c.Parallel = server.URL, benchParallel })
	body := resource(b, "routes/r", benchBody)
	for b.Loop() {
		inParallel(b, func(i int) error {
			r := body
			r.Key.ID = fmt.Sprint("r", i)
			return g.Put(b.Context(), r)
		})
	}
}

// BenchmarkPutBare sends the same requests in a plain loop with the same concurrency.
func BenchmarkPutBare(b *testing.B) {
	server, transport := answering(b)
	client := &http.Client{Transport: transport}
	for b.Loop() {
		inParallel(b, func(i int) error {
			url := fmt.Sprint(server.URL, "/apisix/admin/routes/r", i)
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPut, url, bytes.NewReader([]byte(benchBody)))
			if err != nil {
				return err
			}
			req.Header.Set("X-API-KEY", adminKey)
			resp, err := client.Do(req)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			_, err = io.Copy(io.Discard, resp.Body)
			return err
		})
	}
}

func inParallel(b *testing.B, put func(i int) error) {
	var tasks errgroup.Group
	tasks.SetLimit(benchParallel)
	for i := range benchPuts {
		tasks.Go(func() error { return put(i) })
	}
	if err := tasks.Wait(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReadList decodes a list of 10,000 routes.
func BenchmarkReadList(b *testing.B) {
	item := `{"key":"/apisix/routes/r","modifiedIndex":7,"value":` + benchBody + `}`
	list := fmt.Sprintf(`{"total":10000,"list":[%s]}`, strings.TrimSuffix(strings.Repeat(item+",", 10000), ","))
	header := http.Header{"Content-Type": {"application/json"}}
	b.SetBytes(int64(len(list)))
	for b.Loop() {
		words := newWords()
		err := readList(header, strings.NewReader(list), func(e entry) error {
			key, err := keyOf(gateway.Routes, e.Key)
			if err != nil {
				return err
			}
			_, err = e.resourceBy(key, words)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAlign aligns 10,000 routes that a gateway has dressed with its defaults.
func BenchmarkAlign(b *testing.B) {
	desired, live := gateway.State{}, gateway.State{}
	dressed := strings.Replace(benchBody, `"uri"`, `"priority":0,"status":1,"uri"`, 1)
	dressed = strings.Replace(dressed, `"nodes"`, `"type":"roundrobin","scheme":"http","hash_on":"vars","pass_host":"pass","nodes"`, 1)
	for i := range 10000 {
		key := gateway.Key{Kind: gateway.Routes, ID: fmt.Sprint("r", i)}
		desired[key], live[key] = resource(b, key.String(), benchBody), resource(b, key.String(), dressed)
	}
	defaults := recordedDefaults(b, "3.13")
	for b.Loop() {
		if gateway.Align(desired, live, defaults).Digest() != desired.Digest() {
			b.Fatal("not the same")
		}
	}
}
