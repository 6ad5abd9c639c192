package verify_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/verify"
)

// local allows everything, this machine included.
func local() verify.Config { return verify.Config{Probes: anywhere{named: true}} }

// serve answers requests until the test ends.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// hostile is a server that does what probes must bear. It gives back what it was sent wherever it can.
func hostile(w http.ResponseWriter, r *http.Request) {
	echo := r.Header.Get("X-Token")
	switch r.URL.Path {
	case "/redirect":
		http.Redirect(w, r, "/trap?"+echo, http.StatusFound)
	case "/trap":
		panic(http.ErrAbortHandler)
	case "/slow":
		fmt.Fprint(w, "begun")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	case "/huge":
		for range 1 << 10 {
			fmt.Fprint(w, strings.Repeat("x", 1<<10)+"\n")
		}
		fmt.Fprint(w, "end")
	case "/cut":
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, echo)
	case "/noise":
		connection, _, _ := w.(http.Hijacker).Hijack()
		fmt.Fprintf(connection, "%s is no HTTP\r\n\r\n", echo)
		connection.Close()
	case "/json":
		fmt.Fprintf(w, `{"status": %q, "count": 3, "big": 9007199254740993, "part": 0.5, "list": [{"name": "db"}, {"name": %q}], "a.b": true, "none": null}`, echo, echo)
	case "/garbage":
		fmt.Fprint(w, `{"status": "`+echo)
	case "/two":
		fmt.Fprint(w, `{} {}`)
	case "/deep":
		fmt.Fprint(w, strings.Repeat("[", 60000))
	default:
		w.Header().Set("X-Saw", fmt.Sprint(r.Method, r.Host))
		fmt.Fprintf(w, "%s %s %s", r.Method, r.Host, echo)
	}
}

// TestOnTheWire holds probes against a real server. The timeout is short: each request is made once or twice.
func TestOnTheWire(t *testing.T) {
	base := serve(t, hostile)
	const token = `headers: {X-Token: "${secret(token)}"}, `
	tests := []struct{ name, probe, want string }{
		{"fine", "url: BASE/", "ok 200"},
		{"method, host and body", "url: BASE/, method: PUT, headers: {Host: users.acme.example}, body: hello, expect: {body: '^PUT users.acme.example'}", "ok 200"},
		{"status", "url: BASE/, expect: {status: 204}", "no 200, want 204"},
		{"one of several", "url: BASE/, expect: {status: [204, 200]}", "ok 200"},
		{"none of several", "url: BASE/, expect: {status: [204, 404]}", "no 200, want 204 or 404"},
		{"a redirect is not followed", "url: BASE/redirect", "no 302, want 200 to 299"},
		{"a redirect that is wanted", "url: BASE/redirect, expect: {status: 302}", "ok 302"},
		{"slow", "url: BASE/slow, within: 50ms", "no no whole answer within 50ms"},
		{"huge", "url: BASE/huge, expect: {body: xxx}", "ok 200"},
		{"huge, and what is wanted comes late", "url: BASE/huge, expect: {body: end}", `no 200, and the body does not match "end"`},
		{"huge JSON", "url: BASE/huge, expect: {json: [{path: a, equals: 1}]}", "no 200, and the body is over 64 KiB"},
		{"cut", "url: BASE/cut, " + token + "expect: {body: x}", "no the connection was closed without a whole answer"},
		{"noise", "url: BASE/noise, " + token, "no the answer can't be read as HTTP"},
		{"garbage", "url: BASE/garbage, " + token + "expect: {json: [{path: status, equals: ok}]}", "no 200, and the body is not JSON"},
		{"two values", "url: BASE/two, expect: {json: [{path: status, equals: ok}]}", "no 200, and the body is not JSON"},
		{"deep", "url: BASE/deep, expect: {json: [{path: status, equals: ok}]}", "no 200, and the body is not JSON"},
		{"a header that can't be sent", "url: BASE/, headers: {X-Token: \"a\\n${secret(token)}\"}", "no header X-Token can't be sent: its value holds a line break or the like"},
		{"body", "url: BASE/, " + token + "expect: {body: nope}", `no 200, and the body does not match "nope"`},
		{"a text", "url: BASE/json, " + token + "expect: {json: [{path: status, equals: ok}]}", `no 200, and status is another text, want "ok"`},
		{"a text by expression", "url: BASE/json, " + token + "expect: {json: [{path: 'list[1].name', matches: '^x'}]}",
			`no 200, and list[1].name is another text, which does not match "^x"`},
		{"an expression that fits", "url: BASE/json, expect: {json: [{path: 'list[0].name', matches: '^d'}]}", "ok 200"},
		{"a number", "url: BASE/json, expect: {json: [{path: count, equals: 4}]}", "no 200, and count is 3, want 4"},
		{"numbers", "url: BASE/json, expect: {json: [{path: count, equals: 3}, {path: count, equals: 3.0}, {path: part, equals: 0.5}, {path: big, equals: 9007199254740993}]}", "ok 200"},
		{"a large number", "url: BASE/json, expect: {json: [{path: big, equals: 9007199254740992}]}", "no 200, and big is 9007199254740993, want 9007199254740992"},
		{"a number is no text", "url: BASE/json, expect: {json: [{path: count, equals: '3'}]}", `no 200, and count is 3, want "3"`},
		{"a variable", "url: BASE/json, expect: {json: [{path: count, equals: '${vars.port}'}]}", "no 200, and count is 3, want 8080"},
		{"a key with a dot", `url: BASE/json, expect: {json: [{path: '["a.b"]', equals: true}]}`, "ok 200"},
		{"whole values", "url: BASE/json, expect: {json: [{path: 'list[0]', equals: {name: db}}]}", "ok 200"},
		{"other whole values", "url: BASE/json, expect: {json: [{path: 'list', equals: [{name: db}]}]}", "no 200, and list is a list of 2, want the value that is written there"},
		{"beyond the list", "url: BASE/json, expect: {json: [{path: 'list[2]', equals: x}]}", "no 200, and nothing stands at list[2]"},
		{"not there", "url: BASE/json, expect: {json: [{path: count.x, equals: x}]}", "no 200, and nothing stands at count.x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rules := "probes: [{name: p, " + strings.ReplaceAll(test.probe, "BASE", base) + "}]\ntimeout: 300ms"
			config, told := local(), texts{}
			config.Values = values{"token": "s3cr3t-t0ken"}
			report := verify.New(config).Verify(t.Context(), waveOf(t, rules, "eu"), told.tell)
			text, _, _ := strings.Cut(strings.Replace(outline(report), " probe p []", "", 1), " in ")
			if diff := cmp.Diff(test.want, strings.TrimSpace(text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if all := fmt.Sprintf("%+v %v", report, told.all); strings.Contains(all, "s3cr3t") {
				t.Errorf("the secret shows: %s", all)
			}
		})
	}
}

// byName allows everything by its name, and no address as it is.
type byName struct{}

func (byName) Allows(*url.URL) bool  { return true }
func (byName) Names(netip.Addr) bool { return false }

// TestANameThatLeadsToThisMachineIsNotFollowed holds that nothing is sent to an address that only a name leads to, when it is one of
// this machine or its cloud.
func TestANameThatLeadsToThisMachineIsNotFollowed(t *testing.T) {
	asked := false
	base := serve(t, func(http.ResponseWriter, *http.Request) { asked = true })
	address, _ := url.Parse(base)
	for _, host := range []string{"localhost", "127.0.0.1", "[::ffff:127.0.0.1]"} {
		rules := "probes: [{name: p, url: 'http://" + net.JoinHostPort(strings.Trim(host, "[]"), address.Port()) + "/'}]\ntimeout: 200ms"
		report := verify.New(verify.Config{Probes: byName{}}).Verify(t.Context(), waveOf(t, rules, "eu"), nil)
		check, failed := report.Failed()
		if !failed || asked || !strings.Contains(check.Text, "only when allow.probes names it") {
			t.Errorf("%s: %+v, asked %v", host, check, asked)
		}
	}
}

// TestInstances holds what the status API of instances is asked, old versions included.
func TestInstances(t *testing.T) {
	status := func(ready, plain int) string {
		return serve(t, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/status/ready":
				w.WriteHeader(ready)
			case "/status":
				w.WriteHeader(plain)
			}
		})
	}
	fine, old, busy := status(200, 200), status(404, 200), status(503, 200)
	gone := httptest.NewServer(nil)
	gone.Close()
	moved := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, fine+"/status/ready", http.StatusFound)
	})
	if err := (verify.Instances{URLs: []string{fine, old + "/"}}).Ready(t.Context()); err != nil {
		t.Errorf("all are ready: %v", err)
	}
	err := verify.Instances{URLs: []string{fine, busy, gone.URL, moved}}.Ready(t.Context())
	port := strings.TrimPrefix(gone.URL, "http://")
	want := busy + " is not ready: 503; " + gone.URL + ": dial tcp " + port + ": connect: connection refused; " + moved + " is not ready: 302"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// TestPrometheusIsAskedAsItWants holds the request: the path below the address, the query, and who asks.
func TestPrometheusIsAskedAsItWants(t *testing.T) {
	var saw string
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		saw = r.Method + " " + r.URL.Path + " " + r.URL.Query().Get("query") + " " + r.Header.Get("Authorization")
		fmt.Fprint(w, sample("1"))
	})
	config := local()
	config.Prometheus = &verify.Prometheus{URL: base + "/prom", Token: func() (gateway.Secret, error) { return gateway.NewSecret("", "t0k"), nil }}
	wave := waveOf(t, `metrics: [{name: m, query: 'sum(rate(x{code=~"5.."}[1m])) + 1', max: 1}]`, "eu")
	if check, failed := verify.New(config).Verify(t.Context(), wave, nil).Failed(); failed {
		t.Errorf("%+v does not hold", check)
	}
	if want := `GET /prom/api/v1/query sum(rate(x{code=~"5.."}[1m])) + 1 Bearer t0k`; saw != want {
		t.Errorf("saw %q, want %q", saw, want)
	}
}
