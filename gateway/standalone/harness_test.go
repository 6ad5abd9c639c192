package standalone_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/gateway/standalone"
)

const adminKey = "edd1c9f034335f136f87ad84b625c8f1"

// network is a transport to embedded gateways in memory, so that tests run in the time of a bubble.
type network struct {
	servers []*embedded.Gateway

	mu    sync.Mutex
	down  map[string]bool     // hosts that don't answer
	deaf  map[string]bool     // hosts whose answer to the next PUT gets lost
	hook  func(*http.Request) // told of each PUT after it was carried out
	puts  []sent
	count map[string]int // requests by method and path
}

// sent is a PUT that was made.
type sent struct {
	host string
	at   time.Time
	body map[string]any
}

func host(number int) string { return fmt.Sprintf("gw-%d:9180", number) }

// newNetwork starts so many gateways in standalone mode, without listeners.
func newNetwork(t testing.TB, number int, change func(*embedded.Config)) *network {
	t.Helper()
	n := &network{down: map[string]bool{}, deaf: map[string]bool{}, count: map[string]int{}}
	for range number {
		cfg := embedded.Config{AdminKey: adminKey, Standalone: true}
		if change != nil {
			change(&cfg)
		}
		server, err := embedded.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		n.servers = append(n.servers, server)
		t.Cleanup(func() {
			if err := server.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return n
}

// fresh makes the network as it was in the beginning.
func (n *network) fresh() {
	for _, server := range n.servers {
		server.Restart()
	}
	n.onPut(nil)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.puts = nil
	clear(n.down)
	clear(n.deaf)
}

func (n *network) RoundTrip(req *http.Request) (*http.Response, error) {
	n.mu.Lock()
	down := n.down[req.URL.Host]
	n.count[req.Method+" "+req.URL.Path]++
	n.mu.Unlock()
	if down {
		return nil, errors.New("connection refused")
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	served := httptest.NewRequestWithContext(req.Context(), req.Method, req.URL.String(), bytes.NewReader(body))
	served.Header = req.Header
	answer := httptest.NewRecorder()
	var number int
	if _, err := fmt.Sscanf(req.URL.Host, "gw-%d:", &number); err != nil {
		return nil, err
	}
	n.servers[number].AdminHandler().ServeHTTP(answer, served)
	if hook := n.hooked(req); hook != nil {
		hook(req)
	}
	resp := answer.Result()
	resp.Request = req
	if req.Method == http.MethodHead {
		resp.Body = http.NoBody
	}
	if err := n.note(req, body); err != nil {
		return nil, err
	}
	return resp, nil
}

// roundTripper is a transport in one function.
type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return r(req) }

func respond(req *http.Request, status int, header http.Header, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: req}
}

// onPut has a function told of each PUT that was carried out.
func (n *network) onPut(hook func(*http.Request)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hook = hook
}

func (n *network) hooked(req *http.Request) func(*http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if req.Method != http.MethodPut {
		return nil
	}
	return n.hook
}

// note keeps what was put, and loses the answer where the test wants that.
func (n *network) note(req *http.Request, body []byte) error {
	if req.Method != http.MethodPut {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	put := sent{host: req.URL.Host, at: time.Now()}
	if err := json.Unmarshal(body, &put.body); err != nil {
		return err
	}
	n.puts = append(n.puts, put)
	if n.deaf[req.URL.Host] {
		delete(n.deaf, req.URL.Host)
		return errors.New("connection reset by peer")
	}
	return nil
}

// group returns a client of all gateways of the network.
func (n *network) group(t testing.TB, change func(*standalone.Config)) *standalone.Gateway {
	t.Helper()
	cfg := standalone.Config{
		Name: "eu", Transport: n, Retries: -1,
		AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", adminKey), nil },
	}
	for number := range n.servers {
		cfg.Instances = append(cfg.Instances, standalone.Instance{AdminURL: "http://" + host(number)})
	}
	if change != nil {
		change(&cfg)
	}
	g, err := standalone.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// ask sends a request to one gateway, as somebody else would.
func (n *network) ask(t testing.TB, number int, method, path, digest, body string) (int, map[string]any) {
	t.Helper()
	req := httptest.NewRequest(method, "http://"+host(number)+"/apisix/admin"+path, strings.NewReader(body))
	req.Header.Set("X-API-KEY", adminKey)
	req.Header.Set("Content-Type", "application/json")
	if method == http.MethodPut {
		req.Header["X-Digest"] = []string{digest}
	}
	answer := httptest.NewRecorder()
	n.servers[number].AdminHandler().ServeHTTP(answer, req)
	told := map[string]any{}
	if answer.Body.Len() > 0 {
		if err := json.Unmarshal(answer.Body.Bytes(), &told); err != nil {
			t.Fatalf("%v in %s", err, answer.Body)
		}
	}
	return answer.Code, told
}

// push is a document that somebody else puts.
func (n *network) push(t testing.TB, number int, digest, body string) {
	t.Helper()
	if status, told := n.ask(t, number, http.MethodPut, "/configs", digest, body); status != http.StatusAccepted {
		t.Fatalf("push: %d %v", status, told)
	}
}

// document returns what a gateway has.
func (n *network) document(t testing.TB, number int) map[string]any {
	t.Helper()
	_, told := n.ask(t, number, http.MethodGet, "/configs", "", "")
	return told
}

// items returns the items of one section by id.
func (n *network) items(t testing.TB, number int, section string) map[string]map[string]any {
	t.Helper()
	found := map[string]map[string]any{}
	list, _ := n.document(t, number)[section].([]any)
	for _, one := range list {
		fields := one.(map[string]any)
		id, _ := fields["id"].(string)
		if name, ok := fields["username"].(string); ok {
			id = name
		}
		found[id] = fields
	}
	return found
}

func (n *network) putsTo(number int) []sent {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(n.puts), func(s sent) bool { return s.host != host(number) })
}

func (n *network) set(where map[string]bool, number int, value bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	where[host(number)] = value
}

// res makes a resource from a JSON body.
func res(t testing.TB, key, body string) gateway.Resource {
	t.Helper()
	k, err := gateway.ParseKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(body), &fields); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	canonical, err := gateway.Canonical(fields)
	if err != nil {
		t.Fatal(err)
	}
	return gateway.Resource{Key: k, Spec: gateway.Seal(k, canonical.(map[string]any))}
}

func keyed(resources ...gateway.Resource) gateway.State {
	state := gateway.State{}
	for _, r := range resources {
		state[r.Key] = r
	}
	return state
}

func route(t testing.TB, id, uri string) gateway.Resource {
	t.Helper()
	return res(t, "routes/"+id, fmt.Sprintf(`{"uri": %q, "upstream_id": "u", "labels": {"managed-by": "sluice"}}`, uri))
}

func upstream(t testing.TB, id string) gateway.Resource {
	t.Helper()
	return res(t, "upstreams/"+id, `{"nodes": {"127.0.0.1:1980": 1}, "labels": {"managed-by": "sluice"}}`)
}

func live(t testing.TB, g *standalone.Gateway) gateway.State {
	t.Helper()
	state, err := g.Live(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func write(t testing.TB, g *standalone.Gateway, puts ...gateway.Resource) {
	t.Helper()
	if err := g.Write(t.Context(), puts, nil); err != nil {
		t.Fatal(err)
	}
}

// classOf returns the class of an error, 0 for one without.
func classOf(err error) gateway.Class {
	var known *gateway.Error
	if errors.As(err, &known) {
		return known.Class
	}
	return 0
}

func upstreams(ids ...string) []gateway.Key {
	var keys []gateway.Key
	for _, id := range ids {
		keys = append(keys, gateway.Key{Kind: gateway.Upstreams, ID: id})
	}
	return keys
}

func contextFor(t testing.TB, limit time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), limit)
}
