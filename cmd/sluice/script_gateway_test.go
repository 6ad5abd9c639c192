package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/strictyaml"
)

const adminKey = "script-admin-key"

// testGateway is a gateway in the test's own process: what happens to the daemon does not happen to it.
type testGateway struct {
	*embedded.Gateway
	client *apisix.Gateway

	mu      sync.Mutex
	writes  []string      // since they were last shown
	budget  int           // writes that pass before the next ones are kept waiting; negative: all pass
	gate    chan struct{} // closed to let them go
	held    bool
	refused string // the path that can't be written
	stalls  bool   // reads wait for the gate too
	stalled int    // how many wait
}

// gatewayVerb is: gateway start NAME [VERSION] | show NAME | put NAME KIND/ID FILE | delete NAME KIND/ID | writes NAME |
// hold NAME AFTER | release NAME | refuse NAME KIND/ID | allow NAME | raw NAME | stall NAME |
// stop NAME. Start sets $NAME_ADMIN.
func gatewayVerb(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, args, 2, 4, "gateway start|show|put|delete|writes|hold|release|stop NAME …")
	verb, name := args[0], args[1]
	if verb == "start" {
		startGateway(ts, name, append(args, "")[2])
		return
	}
	g := benchOf(ts).gateways[name]
	if g == nil {
		ts.Fatalf("no gateway %q", name)
	}
	switch verb {
	case "show":
		g.show(ts)
	case "put", "delete":
		g.change(ts, verb, args[2:])
	case "writes":
		fmt.Fprint(ts.Stdout(), g.taken())
	case "hold":
		after, err := strconv.Atoi(args[2])
		ts.Check(err)
		g.holdAfter(after)
	case "release":
		g.release()
	case "refuse":
		g.refuse(args[2])
	case "allow":
		g.refuse("")
	case "stop":
		g.end()
	case "raw":
		g.raw(ts)
	case "stall":
		g.stall()
	default:
		ts.Fatalf("gateway can't %q", verb)
	}
}

func startGateway(ts *testscript.TestScript, name, version string) {
	g := &testGateway{budget: -1, gate: make(chan struct{})}
	var err error
	g.Gateway, err = embedded.Start(embedded.Config{
		AdminKey: adminKey, Version: version, Intercept: g.intercept, ProxyAddr: "127.0.0.1:0",
	})
	ts.Check(err)
	benchOf(ts).gateways[name] = g
	g.client, err = apisix.New(apisix.Config{
		Name: name, AdminURL: g.AdminURL(), AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", adminKey), nil },
	})
	ts.Check(err)
	ts.Setenv(name+"_ADMIN", g.AdminURL())
	ts.Setenv(name+"_PROXY", g.ProxyURL())
}

func (g *testGateway) end() {
	g.release()
	_ = g.Close()
}

// intercept counts the writes of others, and keeps them waiting where a script wants so.
func (g *testGateway) intercept(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Header.Get("X-Script") != "" ||
			strings.HasSuffix(r.URL.Path, "/configs/validate") {
			g.wait()
			next.ServeHTTP(w, r)
			return
		}
		if g.refuses(r) {
			body, _ := io.ReadAll(r.Body)
			http.Error(w, fmt.Sprintf(`{"error_msg":%q}`, "not today: "+string(body)), http.StatusBadRequest)
			return
		}
		if gate := g.admit(r); gate != nil {
			<-gate
			panic(http.ErrAbortHandler) // the connection is cut: the client is gone, or tries again
		}
		next.ServeHTTP(w, r)
	})
}

// refuses reports whether a write is to be refused; the answer then repeats its body, as real gateways may.
func (g *testGateway) refuses(r *http.Request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.refused != "" && strings.HasSuffix(r.URL.Path, "/"+g.refused)
}

func (g *testGateway) refuse(path string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refused = path
}

// raw prints what the Admin API holds, secrets included.
func (g *testGateway) raw(ts *testscript.TestScript) { fmt.Fprint(ts.Stdout(), rawText(g)) }

func rawText(g *testGateway) string {
	var text strings.Builder
	for _, kind := range []string{
		"routes", "consumers", "consumers/mobile/credentials", "consumers/clear/credentials", "consumers/sealed/credentials",
	} {
		request := httptest.NewRequest(http.MethodGet, "/apisix/admin/"+kind, nil)
		request.Header.Set("X-API-KEY", adminKey)
		recorder := httptest.NewRecorder()
		g.AdminHandler().ServeHTTP(recorder, request)
		fmt.Fprintln(&text, recorder.Body)
	}
	return text.String()
}

func (g *testGateway) admit(r *http.Request) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.budget == 0 {
		g.held = true
		return g.gate
	}
	g.budget--
	g.writes = append(g.writes, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/apisix/admin/"))
	return nil
}

func (g *testGateway) taken() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	slices.Sort(g.writes)
	text := strings.Join(append(g.writes, ""), "\n")
	g.writes = nil
	return text
}

func (g *testGateway) holdAfter(writes int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.budget, g.held, g.gate = writes, false, make(chan struct{})
}

// release lets everything through again. What was kept waiting is not carried out.
func (g *testGateway) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.budget >= 0 || g.stalls {
		close(g.gate)
	}
	g.budget, g.held, g.stalls, g.stalled = -1, false, false, 0
}

// stall keeps reads waiting until release; then they are answered.
func (g *testGateway) stall() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stalls, g.gate = true, make(chan struct{})
}

func (g *testGateway) wait() {
	g.mu.Lock()
	gate, stalls := g.gate, g.stalls
	if stalls {
		g.stalled++
	}
	g.mu.Unlock()
	if stalls {
		<-gate
	}
}

func (g *testGateway) waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.stalled
}

func (g *testGateway) isHeld() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.held
}

// show prints the live state in the fragment format, secrets as ***.
func (g *testGateway) show(ts *testscript.TestScript) {
	live, err := g.client.Live(context.Background())
	ts.Check(err)
	ts.Check(strictyaml.Encode(ts.Stdout(), live.Fragment()))
}

// change writes to the gateway behind Sluice's back.
func (g *testGateway) change(ts *testscript.TestScript, verb string, args []string) {
	method, body := http.MethodDelete, ""
	if verb == "put" {
		arguments(ts, args, 2, 2, "gateway put NAME KIND/ID FILE")
		method, body = http.MethodPut, ts.ReadFile(args[1])
	}
	request := httptest.NewRequest(method, "/apisix/admin/"+args[0], strings.NewReader(body))
	request.Header.Set("X-API-KEY", adminKey)
	request.Header.Set("X-Script", "yes")
	recorder := httptest.NewRecorder()
	g.AdminHandler().ServeHTTP(recorder, request)
	if recorder.Code > 299 {
		ts.Fatalf("%s %s: %d %s", method, args[0], recorder.Code, recorder.Body)
	}
}
