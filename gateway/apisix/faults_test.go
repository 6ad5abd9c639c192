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

const (
	denied     = `{"error_msg":"failed to check token","description":"wrong apikey"}`
	forbidden  = "<html>\r\n<head><title>403 Forbidden</title></head>"
	empty      = `{"list":[],"total":0}`
	stillInUse = `{"error_msg":"can not delete this upstream, route [r1] is still using it now"}`
	absent     = `{"message":"Key not found"}`
)

func TestPutFaults(t *testing.T) {
	tests := []struct {
		name    string
		answers []answer
		class   gateway.Class
		says    string
		puts    int
	}{
		{"created", []answer{{status: 201, body: `{"key":"/apisix/routes/r1","value":{}}`}}, 0, "", 1},
		{"a Lua map without fields", []answer{{status: 201, body: `{"key":"/apisix/services/s","value":[]}`}}, 0, "", 1},
		{"replaced, and the answer cut short", []answer{{status: 200, body: `{"key":`, cut: true}, {status: 200}}, 0, "", 2},
		{"always cut short", []answer{{status: 200, body: `{"key":`, cut: true}}, gateway.Unreachable, "the answer was cut short", 6},
		{"the connection breaks after the answer", []answer{{status: 200, body: envelopes["PUT"], cut: true}}, 0, "", 1},
		{"wrong key", []answer{{status: 401, body: denied}}, gateway.Denied, "not one of the gateway's", 1},
		{"no key", []answer{{status: 401, body: strings.Replace(denied, "wrong", "missing", 1)}}, gateway.Denied, "the admin key is empty", 1},
		{"viewer", []answer{{status: 401, body: strings.Replace(denied, "wrong apikey", "invalid method for role viewer", 1)}},
			gateway.Denied, "want a key of role admin", 1},
		{"address not allowed", []answer{{status: 403, body: forbidden, html: true}}, gateway.Denied, "allow_admin", 1},
		{"no Admin API", []answer{{status: 404, body: "<html><title>404 Not Found</title>", html: true}}, gateway.Unreachable,
			`something else than an Admin API answered: a page that says "404 Not Found": is this the URL`, 1},
		{"a login elsewhere", []answer{{status: 302, header: map[string]string{"Location": "http://sso/in?back=secret"}}}, gateway.Unreachable,
			"something else than an Admin API answered: a redirect to http://sso/in: is this the URL of an Admin API?", 1},
		{"a status for no content", []answer{{status: 204}}, gateway.Unreachable, "something else than an Admin API answered", 1},
		{"a page", []answer{{status: 200, body: "login please", html: true}}, gateway.Unreachable,
			`something else than an Admin API answered: content of type "text/html; charset=utf-8": is this the URL`, 1},
		{"nothing", []answer{{status: 200, bare: true}}, gateway.Unreachable, "something else than an Admin API answered: no content", 1},
		{"an empty map", []answer{{status: 200, body: "{}"}}, gateway.Unreachable, "something else than an Admin API answered: no key", 1},
		{"a key and no value", []answer{{status: 200, body: `{"key":"/apisix/routes/r1","value":null}`}}, gateway.Unreachable, "no key and value", 1},
		{"a text", []answer{{status: 200, body: `"done"`}}, gateway.Unreachable, "something else than", 1},
		{"a page that calls itself JSON", []answer{{status: 200, body: "<html>"}}, gateway.Unreachable, "something else than", 1},
		{"two answers in one", []answer{{status: 200, body: envelopes["PUT"] + "{}"}}, gateway.Unreachable, "goes on after its end", 1},
		{"refused", []answer{{status: 400, body: `{"error_msg":"unknown plugin [nope]"}`}}, gateway.Refused, "400 Bad Request: unknown plugin [nope]", 1},
		{"too large", []answer{{status: 413, body: `<title>413 Request Entity Too Large</title>`, html: true}}, gateway.Refused, "413", 1},
		{"busy, then not", []answer{{status: 429}, {status: 503}, {status: 201}}, 0, "", 3},
		{"always busy", []answer{{status: 503, body: `{"error_msg":"etcd"}`}}, gateway.Unreachable, "503 Service Unavailable: etcd", 6},
		{"a duplicate that goes", []answer{{status: 400, body: `{"error_msg":"duplicate key of plugin key-auth found with consumer: bob"}`}, {status: 201}}, 0, "", 2},
		{"no connection", []answer{{err: errors.New("connection refused")}}, gateway.Unreachable, "connection refused", 6},
		{"no answer", []answer{{hang: true}}, gateway.Unreachable, "deadline exceeded", 2},
		{"no answer, then one", []answer{{hang: true}, {status: 200}}, 0, "", 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{answers: map[string][]answer{"PUT /apisix/admin/routes/r1": test.answers, "*": {{status: 404, body: absent}}}}
				err := newGateway(t, f, nil).Put(t.Context(), resource(t, "routes/r1", `{"uri":"/a"}`))
				if got := classOf(t, err); got != test.class {
					t.Errorf("class %d of %v, want %d", got, err, test.class)
				}
				if err != nil && !strings.Contains(err.Error(), test.says) {
					t.Errorf("error %q does not say %q", err, test.says)
				}
				if got := len(f.seen("PUT")); got != test.puts {
					t.Errorf("%d PUTs, want %d", got, test.puts)
				}
			})
		})
	}
}

func TestPutLooksBeforeItRepeats(t *testing.T) {
	tests := []struct {
		name, key, body, live string
		puts                  int
	}{
		{"carried out", "routes/r1", `{"uri":"/a"}`, `{"value":{"id":"r1","uri":"/a","create_time":1}}`, 1},
		{"not carried out", "routes/r1", `{"uri":"/a"}`, `{"value":{"id":"r1","uri":"/old"}}`, 2},
		{"can't be told", "ssls/r1", `{"sni":"a","cert":"c","key":"k"}`, `{"value":{"id":"r1","sni":"a","cert":"c"}}`, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := "/apisix/admin/" + test.key
				f := &fake{answers: map[string][]answer{
					"PUT " + path: {{err: errors.New("connection reset by peer")}, {status: 200}},
					"GET " + path: {{status: 200, body: test.live}},
				}}
				if err := newGateway(t, f, nil).Put(t.Context(), resource(t, test.key, test.body)); err != nil {
					t.Fatal(err)
				}
				if got := len(f.seen("PUT")); got != test.puts {
					t.Errorf("%d PUTs, want %d", got, test.puts)
				}
			})
		})
	}
}

func TestRetryAfterIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answers: map[string][]answer{"*": {{status: 429, header: map[string]string{"Retry-After": "4"}}, {status: 200}}}}
		start := time.Now()
		if err := newGateway(t, f, nil).Put(t.Context(), resource(t, "routes/r1", `{"uri":"/a"}`)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 4*time.Second || took > 5*time.Second {
			t.Errorf("repeated after %v, want 4 s", took)
		}
	})
}

// TestNobodyIsOutOfReachForLong wants a new commit to be heard however long the gateway asks to wait.
func TestNobodyIsOutOfReachForLong(t *testing.T) {
	tests := []struct {
		name, after, says string
		puts              int
		most              time.Duration
	}{
		{"a day", "86400", "503 Service Unavailable: no reason given: it asks to be left alone for 24h0m0s", 1, 0},
		{"for ever", "9223372036854775807", "it asks to be left alone for ", 1, 0},
		{"a little too long", "6", "it asks to be left alone for 6s", 1, 0},
		{"again and again", "5", "503 Service Unavailable", 4, 15 * time.Second},
		{"a date", "Thu, 01 Jan 2099 00:00:00 GMT", "it asks to be left alone for ", 1, 0},
		{"a date gone by", "Mon, 01 Jan 1990 00:00:00 GMT", "503 Service Unavailable", 6, 4 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{answers: map[string][]answer{"*": {{status: 503, header: map[string]string{"Retry-After": test.after}}}}}
				start := time.Now()
				err := newGateway(t, f, nil).Put(t.Context(), resource(t, "routes/r1", `{"uri":"/a"}`))
				if classOf(t, err) != gateway.Unreachable || !strings.Contains(err.Error(), test.says) {
					t.Errorf("got %v, want %q", err, test.says)
				}
				if puts, took := len(f.trips), time.Since(start); puts != test.puts || took > test.most {
					t.Errorf("%d PUTs in %v, want %d in no more than %v", puts, took, test.puts, test.most)
				}
			})
		})
	}
}

func TestDeleteFaults(t *testing.T) {
	tests := []struct {
		name    string
		answers []answer
		class   gateway.Class
		least   time.Duration
	}{
		{"deleted", []answer{{status: 200, body: `{"deleted":"1","key":"/apisix/upstreams/u1"}`}}, 0, 0},
		{"a page", []answer{{status: 200, body: "login please", html: true}}, gateway.Unreachable, 0},
		{"nothing", []answer{{status: 200, bare: true}}, gateway.Unreachable, 0},
		{"an empty map", []answer{{status: 200, body: "{}"}}, gateway.Unreachable, 0},
		{"the answer to a PUT", []answer{{status: 200, body: envelopes["PUT"]}}, gateway.Unreachable, 0},
		{"cut short, and it is gone", []answer{{status: 200, body: `{"dele`, cut: true}, {status: 404, body: absent}}, 0, 0},
		{"gone already", []answer{{status: 404, body: absent}}, 0, 0},
		{"the connection breaks, and it is gone", []answer{{err: errors.New("EOF")}, {status: 404, body: absent}}, 0, 0},
		{"no such API", []answer{{status: 404, body: "<title>404 Not Found</title>", html: true}}, gateway.Unreachable, 0},
		{"another 404", []answer{{status: 404, body: `{"error_msg":"Unsupported resource type: upstreams"}`}}, gateway.Refused, 0},
		{"in use for a moment", []answer{{status: 400, body: stillInUse}, {status: 400, body: stillInUse}, {status: 200}}, 0, 20 * time.Millisecond},
		{"in use", []answer{{status: 400, body: stillInUse}}, gateway.Refused, 2 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, start := &fake{answers: map[string][]answer{"*": test.answers}}, time.Now()
				err := newGateway(t, f, nil).Delete(t.Context(), gateway.Key{Kind: gateway.Upstreams, ID: "u1"})
				if got := classOf(t, err); got != test.class {
					t.Errorf("class %d of %v, want %d", got, err, test.class)
				}
				if took := time.Since(start); took < test.least || took > test.least+4*time.Second {
					t.Errorf("took %v, want %v at the least", took, test.least)
				}
				for _, trip := range f.seen("DELETE") {
					if trip.path != "/apisix/admin/upstreams/u1" {
						t.Errorf("DELETE %s", trip.path)
					}
				}
			})
		})
	}
}

func TestUnreadableIsNeverEmpty(t *testing.T) {
	tests := []struct {
		name  string
		list  answer
		class gateway.Class
	}{
		{"cut short", answer{status: 200, body: `{"list":[{"key":"/apisix/routes/r1","value":{"uri":"/a"}}`, cut: true}, gateway.Unreachable},
		{"ends early", answer{status: 200, body: `{"list":[`}, gateway.Unreachable},
		{"nothing", answer{status: 200}, gateway.Unreachable},
		{"a wrong total", answer{status: 200, body: `{"list":[],"total":1}`}, gateway.Unreachable},
		{"no total", answer{status: 200, body: `{"list":[]}`}, gateway.Unreachable},
		{"no list", answer{status: 200, body: `{"total":0}`}, gateway.Unreachable},
		{"an empty object", answer{status: 200, body: `{}`}, gateway.Unreachable},
		{"null", answer{status: 200, body: `null`}, gateway.Unreachable},
		{"a list that is null", answer{status: 200, body: `{"list":null,"total":0}`}, gateway.Unreachable},
		{"a list that is a map", answer{status: 200, body: `{"list":{"1":{}},"total":1}`}, gateway.Unreachable},
		{"more than JSON", answer{status: 200, body: empty + empty}, gateway.Unreachable},
		{"an item without value", answer{status: 200, body: `{"list":[{"key":"/apisix/routes/r1"}],"total":1}`}, gateway.Unreachable},
		{"an item of another kind", answer{status: 200, body: `{"list":[{"key":"/apisix/services/s","value":{}}],"total":1}`}, gateway.Unreachable},
		{"HTML with 200", answer{status: 200, body: "<html>", html: true}, gateway.Unreachable},
		{"absent", answer{status: 404, body: absent}, gateway.Refused},
		{"no such kind", answer{status: 404, body: `{"error_msg":"Unsupported resource type: routes"}`}, gateway.Refused},
		{"switched off, but not stream routes", answer{status: 400, body: `{"error_msg":"stream mode is disabled, can not add stream routes"}`}, gateway.Refused},
		{"denied", answer{status: 401, body: denied}, gateway.Denied},
		{"hangs", answer{hang: true}, gateway.Unreachable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{answers: map[string][]answer{"GET /apisix/admin/routes": {test.list}, "*": {{status: 200, body: empty}}}}
				live, err := newGateway(t, f, nil).Live(t.Context())
				if got := classOf(t, err); got != test.class || live != nil {
					t.Errorf("class %d of %v, want %d, and no state, not %v", got, err, test.class, live)
				}
			})
		})
	}
}

func TestAWriteIsNeverCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		sent := make(chan struct{})
		slow := tripper(func() answer {
			close(sent)
			time.Sleep(5 * time.Second)
			return answer{status: 200}
		})
		g := newGateway(t, slow, nil)
		go func() {
			<-sent
			cancel()
		}()
		if err := g.Put(ctx, resource(t, "routes/r1", `{"uri":"/a"}`)); err != nil {
			t.Errorf("a PUT under way was cut: %v", err)
		}
		err := g.Put(ctx, resource(t, "routes/r1", `{"uri":"/a"}`))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a PUT after the end gives %v", err)
		}
	})
}

func TestCancelEndsTheWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		f := &fake{answers: map[string][]answer{"*": {{status: 503, header: map[string]string{"Retry-After": "4"}}}}}
		start := time.Now()
		err := newGateway(t, f, nil).Put(ctx, resource(t, "routes/r1", `{"uri":"/a"}`))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}
