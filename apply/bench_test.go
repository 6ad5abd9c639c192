package apply_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/plan"
)

const benchResources = 10000

// costs are what a write costs the gateway, beyond its own work.
func costs() map[string]func() time.Duration {
	return map[string]func() time.Duration{"0": nil, "1ms": func() time.Duration { return time.Millisecond }}
}

// startBench starts an empty gateway.
func startBench(b *testing.B, cost func() time.Duration) *embedded.Gateway {
	server, err := embedded.Start(embedded.Config{AdminKey: "key", WriteCost: cost})
	if err != nil {
		b.Fatal(err)
	}
	return server
}

// BenchmarkFirstApply brings an empty gateway to 10,000 resources: live is read, a plan made, and carried out. Compare with
// BenchmarkFirstApplyBare.
func BenchmarkFirstApply(b *testing.B) {
	desired := fleet(benchResources / 4)
	for name, cost := range costs() {
		b.Run("cost="+name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				server := startBench(b, cost)
				client := benchClient(b, server.AdminURL())
				b.StartTimer()
				if _, err := apply.Run(b.Context(), client, benchPlan(b, client, desired), apply.Options{}); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				server.Close()
				b.StartTimer()
			}
		})
	}
}

// BenchmarkFirstApplyBare sends the same PUTs in a plain loop, kind after kind, with the same concurrency.
func BenchmarkFirstApplyBare(b *testing.B) {
	desired := fleet(benchResources / 4)
	bodies := map[gateway.Key][]byte{}
	for key, r := range desired {
		body, err := json.Marshal(r.Spec)
		if err != nil {
			b.Fatal(err)
		}
		bodies[key] = body
	}
	for name, cost := range costs() {
		b.Run("cost="+name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				server := startBench(b, cost)
				transport, err := admin.NewTransport(admin.TLS{}, apply.DefaultParallel)
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				bare(b, server.AdminURL(), &http.Client{Transport: transport}, desired, bodies)
				b.StopTimer()
				server.Close()
				b.StartTimer()
			}
		})
	}
}

func bare(b *testing.B, url string, client *http.Client, desired gateway.State, bodies map[gateway.Key][]byte) {
	keys := desired.Keys()
	for len(keys) > 0 {
		var tasks errgroup.Group
		tasks.SetLimit(apply.DefaultParallel)
		same := 0
		for ; same < len(keys) && keys[same].Kind == keys[0].Kind; same++ {
			key := keys[same]
			tasks.Go(func() error { return putBare(b, client, url+"/apisix/admin/"+key.String(), bodies[key]) })
		}
		if err := tasks.Wait(); err != nil {
			b.Fatal(err)
		}
		keys = keys[same:]
	}
}

func putBare(b *testing.B, client *http.Client, url string, body []byte) error {
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPut, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("X-API-KEY", "key")
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("%s: %s", url, resp.Status)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func benchClient(b *testing.B, url string) *apisix.Gateway {
	client, err := apisix.New(apisix.Config{
		AdminURL: url, SettleTime: time.Millisecond, AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", "key"), nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	return client
}

func benchPlan(b *testing.B, client *apisix.Gateway, desired gateway.State) plan.Plan {
	live, err := client.Live(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defaults, err := client.Defaults(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return plan.New(desired, gateway.Align(desired, live, defaults), plan.Policy{})
}

// BenchmarkGroupOf10000 plans and applies a group of 10,000 services, 19,999 routes, 1,000 consumers with a credential each and
// 100 certificates, on an empty gateway and on one that has it all. It tells the peak of the heap, the desired state included,
// in MB; the gateway answers from what it is given and keeps nothing.
func BenchmarkGroupOf10000(b *testing.B) {
	for _, full := range []bool{false, true} {
		b.Run(map[bool]string{false: "empty", true: "unchanged"}[full], func(b *testing.B) {
			desired := bigGroup(10000)
			server := httptest.NewServer(&echo{desired: desired, full: full})
			defer server.Close()
			client := benchClient(b, server.URL)
			peak := watch(heapObjects)
			for b.Loop() {
				p := benchPlan(b, client, desired)
				if _, err := apply.Run(b.Context(), client, p, apply.Options{}); err != nil || p.Empty() != full {
					b.Fatal(p.Summary(), err)
				}
			}
			b.ReportMetric(float64(peak())/1e6, "peak-MB")
		})
	}
}

// BenchmarkLive reads a group of 10,000 services and 20,000 routes. It tells the size of the state, the most that was held on
// the way, and the peak of the heap with its garbage, in MB and beyond what was there before.
func BenchmarkLive(b *testing.B) {
	desired := bigGroup(10000)
	server := httptest.NewServer(&echo{desired: desired, full: true})
	defer server.Close()
	client := benchClient(b, server.URL)
	base, heldBase := settledHeap(), metric(heapHeld)
	peak, held := watch(heapObjects), watch(heapHeld)
	var live gateway.State
	for b.Loop() {
		live = nil
		var err error
		if live, err = client.Live(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	highest, mostHeld := peak(), held()
	b.ReportMetric(float64(settledHeap()-base)/1e6, "state-MB")
	b.ReportMetric(float64(mostHeld-heldBase)/1e6, "held-MB")
	b.ReportMetric(float64(highest-base)/1e6, "peak-MB")
	runtime.KeepAlive(live)
}

func bigGroup(n int) gateway.State {
	state := gateway.State{}
	put := func(r gateway.Resource) { state[r.Key] = r }
	for i := range n {
		id, other := fmt.Sprint("s", i), fmt.Sprint("10.", i>>8, ".", i&255, ".2:8080")
		put(owned("services/"+id, "name", id, "hosts", []any{id + ".example.com"}, "upstream", map[string]any{
			"type": "roundrobin", "nodes": map[string]any{fmt.Sprint("10.", i>>8, ".", i&255, ".1:8080"): int64(1), other: int64(1)},
		}))
		for j := range 2 {
			if i+j > 0 {
				put(owned(fmt.Sprint("routes/", id, "-", j), "name", id, "service_id", id, "uris", []any{fmt.Sprint("/", id, "/", j, "/*")},
					"methods", []any{"GET", "POST"}))
			}
		}
		if i < n/10 {
			put(owned("consumers/c" + id))
			put(owned("credentials/c"+id+"/k", "plugins", map[string]any{"key-auth": map[string]any{"key": "key-of-" + id}}))
		}
		if i < n/100 {
			put(owned("ssls/"+id, "sni", id+".example.com", "cert", strings.Repeat("c", 1500), "key", strings.Repeat("k", 1700)))
		}
	}
	return state
}

// echo is an Admin API that has all of desired, or nothing, and takes every write without keeping it.
type echo struct {
	desired gateway.State
	full    bool
	once    sync.Once
	kinds   map[string][]gateway.Resource
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.once.Do(e.sort)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Server", "APISIX/3.18.0")
	path := strings.TrimPrefix(r.URL.Path, "/apisix/admin")
	switch {
	case r.Method == http.MethodPut:
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, `{"key":"/apisix/x/1","value":{"id":"1"}}`)
	case path == "" || strings.HasPrefix(path, "/schema") || strings.HasPrefix(path, "/plugins"):
		fmt.Fprint(w, "{}")
	default:
		e.list(w, strings.TrimPrefix(path, "/"))
	}
}

func (e *echo) sort() {
	e.kinds = map[string][]gateway.Resource{}
	for key, r := range e.desired {
		directory := string(key.Kind)
		if username, _, found := strings.Cut(key.ID, "/"); found {
			directory = "consumers/" + username + "/credentials"
		}
		e.kinds[directory] = append(e.kinds[directory], r)
	}
}

func (e *echo) list(w http.ResponseWriter, directory string) {
	resources := e.kinds[directory]
	if !e.full {
		resources = nil
	}
	fmt.Fprintf(w, `{"total":%d,"list":[`, len(resources))
	for i, r := range resources {
		fields, _, err := admin.Reveal(r.Spec)
		if err != nil {
			panic(err)
		}
		id := r.Key.ID[strings.LastIndex(r.Key.ID, "/")+1:]
		delete(fields, "key") // of an ssl
		body, _ := json.Marshal(map[string]any{"key": "/apisix/" + directory + "/" + id, "value": fields, "modifiedIndex": i + 1, "createdIndex": i + 1})
		if i > 0 {
			fmt.Fprint(w, ",")
		}
		_, _ = w.Write(body)
	}
	fmt.Fprint(w, "]}")
}

const (
	heapObjects = "/memory/classes/heap/objects:bytes" // with garbage
	heapHeld    = "/gc/heap/live:bytes"                // what the last collection found in use
)

func metric(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func settledHeap() uint64 {
	runtime.GC()
	runtime.GC()
	return metric(heapObjects)
}

// watch looks at a metric every millisecond until the function that it returns is called, which tells the highest.
func watch(name string) func() uint64 {
	stop, highest := make(chan struct{}), make(chan uint64)
	go func() {
		most := metric(name)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				most = max(most, metric(name))
			case <-stop:
				highest <- most
				return
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-highest
	}
}
