package apply_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/plan"
)

// The probes in this file are cases in which another tool for these gateways was seen to go wrong: traffic answered 404 for
// seconds, a half-written subtree, a removal that always fails, rewrites of what did not change.

// fleet is so many services, each with an upstream and two routes.
func fleet(n int) gateway.State {
	state := gateway.State{}
	for i := range n {
		for _, r := range subtree(fmt.Sprint("s", i)) {
			state[r.Key] = r
		}
	}
	return state
}

// renamed is a fleet in which the first service has another id, with the same host and paths, and every other one changed.
func renamed(t *testing.T, before gateway.State) gateway.State {
	t.Helper()
	after := gateway.State{}
	for key, r := range before {
		spec := owned(key.String(), "desc", "changed").Spec
		for field, value := range r.Spec {
			spec[field] = value
		}
		if key.Kind == gateway.Services && key.ID == "s0" {
			key.ID = "renamed"
		}
		if spec["service_id"] == "s0" {
			spec["service_id"], key.ID = "renamed", strings.Replace(key.ID, "s0", "renamed", 1)
		}
		after[key] = gateway.Resource{Key: key, Spec: spec}
	}
	return after
}

// TestRenameUnderTraffic renames a service while all of them change: nobody is answered 404 meanwhile.
func TestRenameUnderTraffic(t *testing.T) {
	r := newRig(t, "", nil)
	before := fleet(40)
	r.fill(t, before)
	stop, traffic := make(chan struct{}), sync.WaitGroup{}
	var asked, lost atomic.Int64
	traffic.Go(func() {
		for ; ; asked.Add(1) {
			select {
			case <-stop:
				return
			default:
			}
			if status := ask(t, r.server.ProxyURL(), "s0.example.com", "/a"); status != http.StatusBadGateway { // nobody listens behind it
				lost.Add(1)
			}
		}
	})
	result, err := r.converge(t, renamed(t, before))
	close(stop)
	traffic.Wait()
	if err != nil || result.Failed() > 0 {
		t.Fatal(err)
	}
	if lost.Load() > 0 || asked.Load() < 20 {
		t.Errorf("%d of %d requests were answered by no route", lost.Load(), asked.Load())
	}
}

func ask(t *testing.T, url, host, path string) int {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+path, nil)
	if err != nil {
		t.Error(err)
		return 0
	}
	req.Host = host
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// TestRefusedRenameKeepsTheOld: the replacement is refused, and what stood before goes on.
func TestRefusedRenameKeepsTheOld(t *testing.T) {
	r := newRig(t, "", nil)
	before := fleet(3)
	r.fill(t, before)
	r.fail(refusing("PUT services/renamed"))
	if _, err := r.converge(t, renamed(t, before)); err == nil {
		t.Fatal("no error")
	}
	live, err := r.client.Live(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range before.Keys() {
		if _, found := live[key]; !found {
			t.Errorf("%s is gone, and nothing stands in its place", key)
		}
	}
}

// TestOneRefusedServiceOfTen: nine of ten services are there with all their routes.
func TestOneRefusedServiceOfTen(t *testing.T) {
	r := newRig(t, "", nil)
	r.fail(refusing("PUT services/s3"))
	result, err := r.converge(t, fleet(10))
	var spoken *gateway.Error
	if !errors.As(err, &spoken) || spoken.Key.String() != "services/s3" {
		t.Errorf("error %v", err)
	}
	written := map[gateway.Kind]int{}
	for _, outcome := range result.Done {
		if outcome.Err == nil {
			written[outcome.Change.Key.Kind]++
		}
	}
	check(t, "written", map[gateway.Kind]int{gateway.Upstreams: 10, gateway.Services: 9, gateway.Routes: 18}, written)
	check(t, "skipped", 2, len(result.Skipped))
}

// TestAConsumerLeavesWithItsCredentials: the deletes are in an order in which none finds its object gone.
func TestAConsumerLeavesWithItsCredentials(t *testing.T) {
	r := newRig(t, "", nil)
	key := func(text string) map[string]any { return map[string]any{"key-auth": map[string]any{"key": text}} }
	before := stateOf(owned("consumers/al"), owned("credentials/al/1", "plugins", key("1")), owned("credentials/al/2", "plugins", key("2")), owned("consumers/bo"))
	r.fill(t, before)
	if _, err := r.converge(t, stateOf(owned("consumers/bo"))); err != nil {
		t.Fatal(err)
	}
	check(t, "writes", []string{"DELETE consumers/al", "DELETE consumers/al/credentials/1", "DELETE consumers/al/credentials/2"}, r.written())
}

// TestASecondPassWritesNothingAnywhere: on gateways that store what was sent, and on those that store their defaults too.
func TestASecondPassWritesNothingAnywhere(t *testing.T) {
	for _, version := range []string{"3.13.0", "3.18.0"} {
		t.Run(version, func(t *testing.T) {
			r := newRig(t, version, nil)
			desired := fleet(20)
			r.fill(t, desired)
			if _, err := r.converge(t, desired); err != nil {
				t.Fatal(err)
			}
			check(t, "writes", []string(nil), r.written())
		})
	}
}

// TestEverySeventhWriteIsBusy: 503 now and then is nobody's business but the client's.
func TestEverySeventhWriteIsBusy(t *testing.T) {
	r := newRig(t, "", nil)
	var writes atomic.Int64
	r.fail(&fault{do: func(w http.ResponseWriter, req *http.Request, next http.Handler) {
		if req.Method == http.MethodPut && writes.Add(1)%7 == 0 {
			answering("", 0, http.StatusServiceUnavailable, `{"error_msg":"etcd"}`).do(w, req, next)
			return
		}
		next.ServeHTTP(w, req)
	}})
	result, err := r.converge(t, fleet(10))
	if err != nil || len(result.Done) != 40 {
		t.Errorf("%d done, %v", len(result.Done), err)
	}
}

// TestWritesThatTimeOut: every PUT takes longer than the client waits. It is looked for before it is repeated, and found, so
// that the apply goes through with one PUT for each resource.
func TestWritesThatTimeOut(t *testing.T) {
	const timeout = 300 * time.Millisecond
	r := newRig(t, "", func(c *apisix.Config) { c.Timeout = timeout })
	held := make(chan struct{})
	t.Cleanup(func() { close(held) })
	r.fail(&fault{do: func(w http.ResponseWriter, req *http.Request, next http.Handler) {
		next.ServeHTTP(w, req)
		if req.Method == http.MethodPut {
			select {
			case <-held:
			case <-req.Context().Done():
			}
		}
	}})
	desired := stateOf(subtree("x")...)
	if _, err := r.converge(t, desired); err != nil {
		t.Fatal(err)
	}
	check(t, "PUTs", []string{"PUT routes/x-a", "PUT routes/x-b", "PUT services/x", "PUT upstreams/x"}, r.written())
}

// TestEverythingGoes deletes a whole fleet, whose gateway says at first that what was deleted is still in use.
func TestEverythingGoes(t *testing.T) {
	r := newRig(t, "", nil)
	r.fill(t, fleet(100))
	var told sync.Map
	r.fail(&fault{do: func(w http.ResponseWriter, req *http.Request, next http.Handler) {
		_, again := told.LoadOrStore(req.URL.Path, true)
		if req.Method == http.MethodDelete && !again && !strings.Contains(req.URL.Path, "routes") {
			answering("", 0, http.StatusBadRequest, `{"error_msg":"can not delete this upstream, route [r1] is still using it now"}`).do(w, req, next)
			return
		}
		next.ServeHTTP(w, req)
	}})
	result, err := r.converge(t, gateway.State{})
	if err != nil || len(result.Done) != 400 {
		t.Fatalf("%d done, %v", len(result.Done), err)
	}
	if live, err := r.client.Live(t.Context()); err != nil || len(live) != 0 {
		t.Errorf("%v is left, %v", live.Keys(), err)
	}
}

// TestAForeignWriteIsReplanned: somebody else changes a resource after live was read. Nothing of the step is written; the
// next plan knows what they did.
func TestAForeignWriteIsReplanned(t *testing.T) {
	r := newRig(t, "", nil)
	before := fleet(3)
	r.fill(t, before)
	after := renamed(t, before)
	p := r.plan(t, after)
	theirs := newStranger(t, r)
	foreign := before[gateway.Key{Kind: gateway.Routes, ID: "s1-a"}]
	foreign.Spec = owned("routes/s1-a", "service_id", "s1", "uri", "/theirs").Spec
	if err := theirs.Put(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	r.written()
	result, err := apply.Run(t.Context(), r.client, p, apply.Options{})
	var spoken *gateway.Error
	if !errors.As(err, &spoken) || spoken.Class != gateway.Moved || spoken.Key != foreign.Key {
		t.Fatalf("error %v", err)
	}
	if slices.Contains(r.written(), "PUT routes/s1-a") {
		t.Error("their write was overwritten unseen")
	}
	check(t, "whole", len(p.Changes()), len(result.Done)+len(result.Skipped))
	again := r.plan(t, after)
	if !slices.ContainsFunc(again.Changes(), func(c plan.Change) bool { return c.Key == foreign.Key }) {
		t.Error("the next plan does not heal what they wrote")
	}
	if _, err := r.converge(t, after); err != nil {
		t.Error(err)
	}
}

// newStranger is another client of the same gateway.
func newStranger(t *testing.T, r *rig) *apisix.Gateway {
	t.Helper()
	theirs, err := apisix.New(apisix.Config{
		AdminURL: r.server.AdminURL(), AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", "key"), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return theirs
}
