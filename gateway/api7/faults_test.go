package api7_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/api7"
	"github.com/sluice-gitops/sluice/gateway/api7/api7test"
)

// says answers in the place of the API when a request matches, for so many times.
func says(match string, times int64, status int, body string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		var left atomic.Int64
		left.Store(times)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.Method+" "+r.URL.Path, match) || left.Add(-1) < 0 {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		})
	}
}

const always = 1 << 40

// bubble makes a client of a server without a network, for time that is not real.
func bubble(t *testing.T, cfg api7test.Config, change func(*api7.Config)) (*api7.Gateway, *api7test.Server) {
	t.Helper()
	server := start(t, cfg)
	return client(t, server, func(own *api7.Config) {
		own.Transport = inMemory{server.Handler()}
		if change != nil {
			change(own)
		}
	}), server
}

func TestLiveFaults(t *testing.T) {
	const services = "GET /apisix/admin/services"
	tests := []struct {
		name  string
		cfg   api7test.Config
		api   func(*api7.Config)
		class gateway.Class
		says  string
	}{
		{"all is well", api7test.Config{}, nil, 0, ""},
		{"busy for a moment", api7test.Config{Intercept: says(services, 2, 429, `{}`)}, nil, 0, ""},
		{"always busy", api7test.Config{Intercept: says(services, always, 503, `{"error_msg":"db"}`)}, nil, gateway.Unreachable, "list services: 503 Service Unavailable: db"},
		{"no list", api7test.Config{Intercept: says(services, always, 200, `{"total":0}`)}, nil, gateway.Unreachable, "no list in it"},
		{"no total", api7test.Config{Intercept: says(services, always, 200, `{"list":[]}`)}, nil, gateway.Unreachable, "no total in it"},
		{"fewer than it says", api7test.Config{Intercept: says(services, always, 200, `{"list":[],"total":3}`)}, nil, gateway.Unreachable,
			"the list does not add up: it has 0 items and says 3"},
		{"more than it says", api7test.Config{Intercept: says(services, always, 200, `{"list":[{"id":"a"},{"id":"b"}],"total":1}`)}, nil, gateway.Unreachable,
			"it has 2 items and says 1"},
		{"one thing twice", api7test.Config{Intercept: says(services, always, 200, `{"list":[{"id":"a"},{"id":"a"}],"total":2}`)}, nil, gateway.Unreachable,
			"the list does not add up"},
		{"does not add up for a moment", api7test.Config{Intercept: says(services, 1, 200, `{"list":[{"id":"a"},{"id":"a"}],"total":2}`)}, nil, 0, ""},
		{"cut short", api7test.Config{Intercept: says(services, always, 200, `{"list":[`)}, nil, gateway.Unreachable, "cut short"},
		{"without ids", api7test.Config{Intercept: says(services, always, 200, `{"list":[{"name":"a"}],"total":1}`)}, nil, gateway.Unreachable, "has no id"},
		{"an envelope of another API", api7test.Config{Intercept: says("GET /apisix/admin/routes", always, 200, `{"list":[{"key":"/a","value":{}}],"total":1}`)}, nil,
			gateway.Unreachable, "one of routes has no id"},
		{"upstreams fail", api7test.Config{Intercept: says("GET /apisix/admin/services/s/upstreams", always, 400, `{"error_msg":"no"}`)}, nil, gateway.Refused, "400 Bad Request: no"},
		{"a service goes meanwhile", api7test.Config{Intercept: says("GET /apisix/admin/services/s/upstreams", always, 404, `{"error_msg":"gone"}`)}, nil, gateway.Unreachable,
			"404 Not Found: gone: it has gone while it was read"},
		{"a version without secret providers", api7test.Config{Intercept: says("GET /apisix/admin/secret_providers", always, 404, `{"error_msg":"no"}`)}, nil, 0, ""},
		{"secret providers fail", api7test.Config{Intercept: says("GET /apisix/admin/secret_providers", always, 500, `{"error_msg":"no"}`)}, nil, gateway.Unreachable, "500"},
		{"no metadata", api7test.Config{Intercept: says("GET /apisix/admin/plugin_metadata", always, 200, `{"list":[],"total":0}`)}, nil, gateway.Unreachable, "no value in it"},
		{"a wrong token", api7test.Config{}, func(c *api7.Config) { c.Token = token("a7ee-nobody") }, gateway.Denied,
			"401 Unauthorized: invalid token: the token is not valid here, or has expired"},
		{"no rights", api7test.Config{Intercept: says(services, always, 403, `{"error_msg":"permission denied"}`)}, nil, gateway.Denied,
			"403 Forbidden: permission denied: the token lacks the right"},
		{"a group that isn't there", api7test.Config{}, func(c *api7.Config) { c.Group = "pro" }, gateway.Denied, `there is no gateway group "pro", or the token lacks`},
		{"two groups of a name", api7test.Config{}, func(c *api7.Config) { c.Group = "twin" }, gateway.Denied, `2 gateway groups are named "twin": write the id`},
		{"no group", api7test.Config{}, func(c *api7.Config) { c.Group = "" }, gateway.Denied, "needs the name of a gateway group"},
		{"a group by its id", api7test.Config{}, func(c *api7.Config) { c.Group = api7test.GroupID }, 0, ""},
		{"the key of a group", api7test.Config{}, func(c *api7.Config) { c.Group, c.Token = "", token(api7test.GroupToken) }, 0, ""},
		{"no token", api7test.Config{}, func(c *api7.Config) {
			c.Token = func() (gateway.Secret, error) { return gateway.Secret{}, fmt.Errorf("open key: no such file") }
		}, gateway.Denied, "read token: open key: no such file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			filled := start(t, api7test.Config{})
			synctest.Test(t, func(t *testing.T) {
				fill(t, filled)
				cfg := test.cfg
				handler := filled.Handler()
				if cfg.Intercept != nil {
					handler = cfg.Intercept(handler)
				}
				g := client(t, filled, func(own *api7.Config) {
					own.Transport = inMemory{handler}
					if test.api != nil {
						test.api(own)
					}
				})
				live, err := g.Live(t.Context())
				if got := classOf(t, err); got != test.class {
					t.Fatalf("class %v of %v, want %v", got, err, test.class)
				}
				if err != nil && (!strings.Contains(err.Error(), test.says) || live != nil) {
					t.Errorf("error %q with %v, want nothing and %q", err, live, test.says)
				}
				if err == nil && len(live) != 2 {
					t.Errorf("live %v", live.Keys())
				}
			})
		})
	}
}

// fill puts one service with one route.
func fill(t *testing.T, server *api7test.Server) {
	t.Helper()
	g := client(t, server, func(own *api7.Config) { own.Transport = inMemory{server.Handler()} })
	for _, r := range []gateway.Resource{one(t, "services/s", `{"upstream": {"nodes": {"a:80": 1}}}`), one(t, "routes/r", `{"service_id": "s", "uri": "/a"}`)} {
		if err := g.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPutFaults(t *testing.T) {
	const put = "PUT /apisix/admin/services/s"
	tests := []struct {
		name  string
		cfg   api7test.Config
		token string
		class gateway.Class
		says  string
	}{
		{"busy for a moment", api7test.Config{Intercept: says(put, 2, 500, `{}`)}, "", 0, ""},
		{"refused", api7test.Config{Intercept: says(put, always, 400, `{"error_msg":"key k1 is bad"}`)}, "", gateway.Refused, "put services/s: 400 Bad Request: key *** is bad"},
		{"a login page", api7test.Config{Intercept: says(put, always, 200, `{"ok":true}`)}, "", gateway.Unreachable, "no value in it"},
		{"may only read", api7test.Config{}, api7test.ViewerToken, gateway.Denied, "the token lacks the right to do this in the gateway group"},
		{"a right by that name", api7test.Config{Intercept: says(put, always, 403, `{"error_msg":"gateway:UpdatePublishedService is missing"}`)}, "", gateway.Denied,
			"gateway:UpdatePublishedService is missing: the token lacks the right"},
		{"must be published", api7test.Config{Enforced: true}, "", gateway.Refused, "the gateway group enforces publishing, which is not set up here"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := start(t, test.cfg)
			synctest.Test(t, func(t *testing.T) {
				g := client(t, server, func(own *api7.Config) {
					own.Transport = inMemory{server.Handler()}
					if test.token != "" {
						own.Token = token(test.token)
					}
				})
				err := g.Put(t.Context(), one(t, "services/s", `{"plugins": {"limit-count": {"redis_password": "k1"}}}`))
				if got := classOf(t, err); got != test.class || err != nil && !strings.Contains(err.Error(), test.says) {
					t.Errorf("class %v of %v, want %v and %q", got, err, test.class, test.says)
				}
			})
		})
	}
}

// TestLostAnswerIsLookedFor has a write carried out whose answer never comes: it must not be repeated.
func TestLostAnswerIsLookedFor(t *testing.T) {
	for _, carriedOut := range []bool{true, false} {
		lost := func(next http.Handler) http.Handler {
			var once atomic.Bool
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPut || !once.CompareAndSwap(false, true) {
					next.ServeHTTP(w, r)
					return
				}
				if carriedOut {
					next.ServeHTTP(discard{http.Header{}}, r)
				}
				<-r.Context().Done()
			})
		}
		server := start(t, api7test.Config{Intercept: lost})
		synctest.Test(t, func(t *testing.T) {
			g := client(t, server, func(own *api7.Config) { own.Transport, own.Timeout = inMemory{server.Handler()}, time.Second })
			if _, err := g.Defaults(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := g.Put(t.Context(), one(t, "services/s", `{"upstream": {"nodes": {"a:80": 1}}}`)); err != nil {
				t.Fatal(err)
			}
			if writes := server.Writes(); len(writes) != 1 {
				t.Errorf("carried out %t: the API saw %q, want one PUT", carriedOut, writes)
			}
		})
	}
}

// TestLostAnswerIsLookedForAfterTheEnd cancels while the write is under way: that it was carried out must be known all the same.
func TestLostAnswerIsLookedForAfterTheEnd(t *testing.T) {
	var stop context.CancelFunc
	server := start(t, api7test.Config{Intercept: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPut {
				next.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(discard{http.Header{}}, r)
			stop()
			<-r.Context().Done()
		})
	}})
	synctest.Test(t, func(t *testing.T) {
		g := client(t, server, func(own *api7.Config) { own.Transport, own.Timeout = inMemory{server.Handler()}, time.Second })
		if _, err := g.Defaults(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		stop = cancel
		if err := g.Put(ctx, one(t, "services/s", `{"upstream": {"nodes": {"a:80": 1}}}`)); err != nil {
			t.Errorf("the write was carried out: %v", err)
		}
	})
}

// TestPagesOfProxiesAreNoAnswer has a proxy say in HTML that there is no such thing: nothing is read as empty or gone for it.
func TestPagesOfProxiesAreNoAnswer(t *testing.T) {
	for _, path := range []string{"/apisix/admin/secret_providers", "/apisix/admin/protos", "/apisix/admin/services", "/apisix/admin/routes", "/api/services/"} {
		var on atomic.Bool
		publish := strings.HasPrefix(path, "/api/")
		server := start(t, api7test.Config{Enforced: publish, Intercept: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if on.Load() && strings.HasPrefix(r.URL.Path, path) {
					w.Header().Set("Content-Type", "text/html")
					w.WriteHeader(http.StatusNotFound)
					fmt.Fprint(w, "<html><title>404 from a proxy</title>")
					return
				}
				next.ServeHTTP(w, r)
			})
		}})
		g := client(t, server, func(c *api7.Config) { publishing(c); c.Publish = publish }).At("aaaa")
		bring(t, t, g, state(t, `{"services/s": {}, "routes/r": {"service_id": "s", "uri": "/a"}}`))
		on.Store(true)
		if publish {
			if err := g.Delete(t.Context(), gateway.Key{Kind: gateway.Services, ID: "s"}); err == nil {
				t.Errorf("%s: deleted", path)
			}
			continue
		}
		live, err := client(t, server, nil).Live(t.Context()) // one that has read nothing before
		if err == nil || !strings.Contains(err.Error(), "something else than an Admin API answered") {
			t.Errorf("%s: %d live, %v", path, len(live), err)
		}
		key := gateway.Key{Kind: gateway.Routes, ID: "r"}
		if err := g.Delete(t.Context(), key); strings.HasSuffix(path, "/routes") && err == nil {
			t.Errorf("%s: deleted", path)
		}
	}
}

// TestWhatWasListedIsNotMissing takes a missing list for a version without that kind only until the list was read once.
func TestWhatWasListedIsNotMissing(t *testing.T) {
	var on atomic.Bool
	server := start(t, api7test.Config{Intercept: func(next http.Handler) http.Handler {
		missing := says("GET /apisix/admin/protos", always, 404, `{"error_msg":"not found"}`)(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if on.Load() {
				missing.ServeHTTP(w, r)
			} else {
				next.ServeHTTP(w, r)
			}
		})
	}})
	g := client(t, server, nil)
	bring(t, t, g, state(t, `{"protos/p": {"content": "c"}}`))
	on.Store(true)
	if live, err := g.Live(t.Context()); err == nil {
		t.Errorf("live %v without the protos that were there", live.Keys())
	}
	if _, err := client(t, server, nil).Live(t.Context()); err != nil {
		t.Errorf("a version without protos: %v", err)
	}
}

// discard is an answer that nobody gets.
type discard struct{ header http.Header }

func (d discard) Header() http.Header            { return d.header }
func (d discard) Write(text []byte) (int, error) { return len(text), nil }
func (d discard) WriteHeader(int)                {}

// TestAbsenceIsOfTheResource takes a 404 for an answer only while the gateway group is there.
func TestAbsenceIsOfTheResource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := gateway.Key{Kind: gateway.Routes, ID: "r"}
		g, _ := bubble(t, api7test.Config{}, nil)
		if err := g.Delete(t.Context(), key); err != nil {
			t.Errorf("what is gone already: %v", err)
		}
		g, _ = bubble(t, api7test.Config{Intercept: says("", always, 404, `{"error_msg":"gateway group not found"}`)},
			func(c *api7.Config) { c.Token = token(api7test.GroupToken) })
		if err := g.Delete(t.Context(), key); err == nil {
			t.Error("deleted a route of a group that isn't there")
		}
		if read, err := g.Read(t.Context(), []gateway.Key{key}); err == nil {
			t.Errorf("read %v of a group that isn't there", read)
		}
	})
}
