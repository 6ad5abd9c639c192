package standalone_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/standalone"
)

// TestARestartedInstanceGetsItsConfigurationBack although there is nothing to change, and says so.
func TestARestartedInstanceGetsItsConfigurationBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zap.WarnLevel)
		n := newNetwork(t, 3, nil)
		g := n.group(t, func(cfg *standalone.Config) { cfg.Log = zap.New(core) })
		live(t, g)
		write(t, g, upstream(t, "u"), route(t, "r1", "/a"))
		want := n.document(t, 0)
		n.servers[1].Restart()
		if got := n.document(t, 1)["routes"]; got != nil {
			t.Fatalf("a restarted instance has %v", got)
		}
		time.Sleep(time.Minute)
		if state := live(t, g); len(state) != 2 {
			t.Errorf("live is %v", state.Keys())
		}
		got := n.document(t, 1)
		delete(got, "X-Last-Modified")
		delete(want, "X-Last-Modified")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		said := logs.FilterMessage("instance was given the configuration again").All()
		if g.Refills() != 1 || len(said) != 1 || said[0].ContextMap()["instance"] != host(1) {
			t.Errorf("%d refills, logs %v", g.Refills(), said)
		}
		live(t, g)
		if len(n.puts) != 4 {
			t.Errorf("%d documents were put, want 4", len(n.puts))
		}
	})
}

// TestARestartIsSeenByAWrite: the instance gets the new document like the others.
func TestARestartIsSeenByAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 2, nil)
		g := n.group(t, nil)
		live(t, g)
		write(t, g, upstream(t, "u"), route(t, "r1", "/a"))
		n.servers[0].Restart()
		write(t, g, route(t, "r1", "/b"))
		if n.items(t, 0, "upstreams")["u"] == nil || n.items(t, 0, "routes")["r1"]["uri"] != "/b" {
			t.Errorf("the restarted instance has %v", n.document(t, 0))
		}
	})
}

// TestAllRestarted: a process that knows what they had gives it back, what others put there included. For one that starts anew, and
// for a look at what is there, nothing is live, so that the plan shows what is missing.
func TestAllRestarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 2, nil)
		g := n.group(t, nil)
		live(t, g)
		write(t, g, upstream(t, "u"), upstream(t, "theirs"))
		for _, server := range n.servers {
			server.Restart()
		}
		if read, err := g.Read(t.Context(), upstreams("u")); err != nil || len(read) != 0 {
			t.Errorf("read shows %v, %v", read.Keys(), err)
		}
		if state := live(t, n.group(t, nil)); len(state) != 0 || len(n.puts) != 2 {
			t.Errorf("another process finds %v after %d puts", state.Keys(), len(n.puts))
		}
		n.set(n.down, 1, true)
		if state, err := g.Live(t.Context()); err == nil || len(n.items(t, 0, "upstreams")) != 2 {
			t.Errorf("with one out of reach live is %v, %v", state, err)
		}
		n.set(n.down, 1, false)
		if state := live(t, g); len(state) != 2 {
			t.Errorf("live is %v", state.Keys())
		}
		if len(n.items(t, 0, "upstreams")) != 2 || len(n.items(t, 1, "upstreams")) != 2 || g.Refills() != 2 {
			t.Errorf("not both have it again: %d refills", g.Refills())
		}
	})
}

// TestAnInstanceOutOfReachIsAnError that names it; the empty ones get the configuration of the others nevertheless.
func TestAnInstanceOutOfReachIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 3, nil)
		g := n.group(t, nil)
		live(t, g)
		write(t, g, upstream(t, "u"))
		n.set(n.down, 2, true)
		n.servers[1].Restart()
		state, err := g.Live(t.Context())
		if state != nil || classOf(err) != gateway.Unreachable || !strings.Contains(err.Error(), host(2)) {
			t.Errorf("live %v, err = %v", state, err)
		}
		if len(n.items(t, 1, "upstreams")) != 1 {
			t.Error("the empty instance was left empty")
		}
		if err := g.Write(t.Context(), []gateway.Resource{upstream(t, "v")}, nil); classOf(err) != gateway.Unreachable {
			t.Errorf("write: %v", err)
		}
		if _, err := g.Read(t.Context(), nil); classOf(err) != gateway.Unreachable {
			t.Errorf("read: %v", err)
		}
		if got := len(n.putsTo(0)); got != 1 {
			t.Errorf("instance 0 got %d documents, want the first only", got)
		}
	})
}

// TestAnOlderDocumentIsNotPutWhileSomeAreOutOfReach: one of those may have a newer one than all that were seen.
func TestAnOlderDocumentIsNotPutWhileSomeAreOutOfReach(t *testing.T) {
	n := newNetwork(t, 3, nil)
	n.push(t, 0, "d1", `{"routes_conf_version": 1}`)
	n.push(t, 1, "d2", `{"routes_conf_version": 2}`)
	n.set(n.down, 2, true)
	if _, err := n.group(t, hurried).Live(t.Context()); err == nil || len(n.puts) > 0 {
		t.Errorf("err = %v, %d puts", err, len(n.puts))
	}
}

// TestARefillIsSpaced: the instance took another document a moment ago.
func TestARefillIsSpaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 2, nil)
		n.push(t, 0, "d1", `{"routes_conf_version": 1}`)
		n.push(t, 1, "d2", `{"routes_conf_version": 2}`)
		pushed := time.Now()
		live(t, n.group(t, nil))
		if len(n.puts) != 1 || n.puts[0].at.Sub(pushed) < 2*time.Second {
			t.Errorf("puts %v", n.puts)
		}
	})
}

// TestAPageIsNotARestart: a proxy in front says 200 to everything, without the headers of a gateway.
func TestAPageIsNotARestart(t *testing.T) {
	n := newNetwork(t, 1, nil)
	broken := false
	proxy := roundTripper(func(req *http.Request) (*http.Response, error) {
		if broken {
			return respond(req, http.StatusOK, http.Header{"Content-Type": {"text/html"}}, ""), nil
		}
		return n.RoundTrip(req)
	})
	g := n.group(t, func(cfg *standalone.Config) { hurried(cfg); cfg.Transport = proxy })
	live(t, g)
	write(t, g, upstream(t, "u"))
	broken = true
	for name, try := range map[string]func() error{
		"live":   func() error { _, err := g.Live(t.Context()); return err },
		"write":  func() error { return g.Write(t.Context(), []gateway.Resource{upstream(t, "v")}, nil) },
		"settle": func() error { _, err := g.Settle(t.Context(), nil); return err },
		"heal":   func() error { return g.Heal(t.Context()) },
	} {
		if err := try(); classOf(err) != gateway.Unreachable || !strings.Contains(err.Error(), "something else than an Admin API") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAGatewayWithoutDigestsIsAnError: before 3.14 nobody could tell what an instance has.
func TestAGatewayWithoutDigestsIsAnError(t *testing.T) {
	old := roundTripper(func(req *http.Request) (*http.Response, error) {
		status := http.StatusOK
		if req.Method == http.MethodPut {
			status = http.StatusAccepted
		}
		return respond(req, status, http.Header{"Content-Type": {"application/json"}}, `{"routes_conf_version": 0}`), nil
	})
	g := newNetwork(t, 1, nil).group(t, func(cfg *standalone.Config) { cfg.Transport = old })
	live(t, g)
	err := g.Write(t.Context(), []gateway.Resource{res(t, "routes/r", `{"uri": "/a"}`)}, nil)
	if classOf(err) != gateway.Unreachable || !strings.Contains(err.Error(), "older than 3.14?") {
		t.Errorf("err = %v", err)
	}
}

// TestAWriteThatReachesNotAll says who has what, and the next pass brings them together.
func TestAWriteThatReachesNotAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 3, nil)
		g := n.group(t, nil)
		live(t, g)
		write(t, g, upstream(t, "u"), route(t, "r1", "/a"))
		n.onPut(func(*http.Request) { n.set(n.down, 2, true) }) // the first instance has taken it by then
		err := g.Write(t.Context(), []gateway.Resource{route(t, "r1", "/b")}, nil)
		want := "instances with the new configuration: gw-0:9180, gw-1:9180; without: gw-2:9180: "
		if classOf(err) != gateway.Unreachable || !strings.Contains(err.Error(), want) {
			t.Errorf("err = %v", err)
		}
		n.onPut(nil)
		n.set(n.down, 2, false)
		// Another process comes next, that remembers nothing.
		other := n.group(t, nil)
		if got := live(t, other)[gateway.Key{Kind: "routes", ID: "r1"}].Spec["uri"]; got != "/b" {
			t.Errorf("live has %v", got)
		}
		for number := range 3 {
			if got := n.items(t, number, "routes")["r1"]["uri"]; got != "/b" {
				t.Errorf("instance %d has %v", number, got)
			}
		}
	})
}

// TestTheNewestDocumentWins whatever clock the instances have, and reaches all of them.
func TestTheNewestDocumentWins(t *testing.T) {
	item := func(uri string) string { return fmt.Sprintf(`"routes": [{"id": "r", "uri": %q, "plugins": {}}]`, uri) }
	for _, tt := range []struct {
		name   string
		pushes []string // instance, digest, document; a second passes in between
		want   string
		redone int // documents put
	}{
		{"the same digest", []string{"0 d {" + item("/a") + "}", "1 d {" + item("/a") + "}"}, "/a", 0},
		{"a later one with the same versions", []string{"0 d1 {" + item("/a") + "}", "1 d2 {" + item("/b") + "}"}, "/b", 2},
		{"a later one on the other", []string{"1 d2 {" + item("/b") + "}", "0 d1 {" + item("/a") + "}"}, "/a", 2},
		{"higher versions, earlier date", []string{`0 d1 {"routes_conf_version": 200, ` + item("/a") + "}", `1 d2 {"routes_conf_version": 100, ` + item("/b") + "}"}, "/a", 1},
		{"higher versions, later date", []string{`1 d2 {"routes_conf_version": 100, ` + item("/b") + "}", `0 d1 {"routes_conf_version": 200, ` + item("/a") + "}"}, "/a", 1},
		{"versions of two minds", []string{`0 d1 {"routes_conf_version": 200, "services_conf_version": 1, ` + item("/a") + "}",
			`1 d2 {"routes_conf_version": 100, "services_conf_version": 2, ` + item("/b") + "}"}, "/b", 2},
		{"one digest, two histories", []string{"0 x {}", "0 d {" + item("/a") + "}", "1 d {" + item("/a") + "}"}, "/a", 2},
		{"no digest", []string{"0  {" + item("/a") + "}"}, "/a", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, 2, nil)
				for _, push := range tt.pushes {
					var number int
					digest, body, _ := strings.Cut(push[2:], " ")
					if _, err := fmt.Sscan(push[:1], &number); err != nil {
						t.Fatal(err)
					}
					n.push(t, number, digest, body)
					time.Sleep(time.Second)
				}
				g := n.group(t, nil)
				state := live(t, g)
				if got := state[gateway.Key{Kind: "routes", ID: "r"}].Spec["uri"]; got != tt.want {
					t.Errorf("live has %v", got)
				}
				for number := range 2 {
					if got := n.items(t, number, "routes")["r"]["uri"]; got != tt.want {
						t.Errorf("instance %d has %v", number, got)
					}
				}
				if live(t, g); len(n.puts) != tt.redone {
					t.Errorf("%d documents were put, want %d", len(n.puts), tt.redone)
				}
				if live(t, n.group(t, nil)); len(n.puts) != tt.redone {
					t.Errorf("another process put %d more", len(n.puts)-tt.redone)
				}
				write(t, g, route(t, "r", "/z"), upstream(t, "u"))
				if n.document(t, 0)["X-Digest"] != n.document(t, 1)["X-Digest"] {
					t.Error("they differ after a write")
				}
			})
		})
	}
}

// TestAStrangersDocumentStaysWhereItWasPut has somebody empty one instance of a group: the others go on as they are, and the one is
// given its configuration back.
func TestAStrangersDocumentStaysWhereItWasPut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 3, nil)
		g := n.group(t, nil)
		live(t, g)
		write(t, g, route(t, "r", "/a"), upstream(t, "u"))
		time.Sleep(time.Minute)
		n.push(t, 1, "theirs", `{"routes": []}`)
		for _, reader := range []*standalone.Gateway{g, n.group(t, nil)} {
			if state := live(t, reader); len(state) != 2 {
				t.Errorf("live has %v", state.Keys())
			}
		}
		for number := range 3 {
			if uri := n.items(t, number, "routes")["r"]["uri"]; uri != "/a" {
				t.Errorf("instance %d has %v", number, uri)
			}
		}
	})
}

// TestUnreadableIsNeverEmpty has something else than a gateway answer, whole or in part.
func TestUnreadableIsNeverEmpty(t *testing.T) {
	const good = `{"routes_conf_version": 1, "routes": [{"id": "r", "uri": "/a"}], "X-Digest": "d", "X-Last-Modified": 7}`
	for _, tt := range []struct {
		name, kind, date, body string
		want                   string
	}{
		{"a good answer", "application/json", "7", good, ""},
		{"a page", "text/html", "7", "<html>", "something else than an Admin API answered"},
		{"another JSON", "application/json", "", `{"message": "hello"}`, "something else than an Admin API answered"},
		{"cut short", "application/json", "7", good[:40], "cut short"},
		{"goes on", "application/json", "7", good + good, "goes on after its end"},
		{"a header is taken away", "application/json", "", good, "does a proxy take them away, or is the gateway older than 3.14?"},
		{"versions without a document", "application/json", "", `{"routes_conf_version": 1}`, "does a proxy take them away, or is the gateway older than 3.14?"},
		{"a date that is none", "application/json", "yesterday", good, `X-Last-Modified "yesterday"`},
		{"a map of items", "application/json", "7", strings.Replace(good, `[{"id": "r", "uri": "/a"}]`, `{"r": {"uri": "/a"}}`, 1), "routes"},
		{"an item that is none", "application/json", "7", strings.Replace(good, `[{"id": "r", "uri": "/a"}]`, `["r"]`, 1), "an item of routes"},
		{"a null in an item", "application/json", "7", strings.Replace(good, `"/a"`, `null`, 1), "live routes/r"},
		{"items without a version", "application/json", "7", strings.Replace(good, `"X-Digest"`, `"services": [{"id": "s"}], "X-Digest"`, 1), "services have no version"},
		{"a version that is none", "application/json", "7", strings.Replace(good, `": 1,`, `": "1",`, 1), "routes_conf_version"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer := roundTripper(func(req *http.Request) (*http.Response, error) {
				header := http.Header{"Content-Type": {tt.kind}, "X-Digest": {"d"}, "X-Last-Modified": {tt.date}}
				return respond(req, http.StatusOK, header, tt.body), nil
			})
			g, err := standalone.New(standalone.Config{Transport: answer, Retries: -1, Instances: []standalone.Instance{{AdminURL: "http://gw:1"}},
				AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", adminKey), nil }})
			if err != nil {
				t.Fatal(err)
			}
			state, err := g.Live(t.Context())
			if tt.want == "" {
				if err != nil || len(state) != 1 {
					t.Errorf("live %v, %v", state, err)
				}
				return
			}
			if state != nil || classOf(err) != gateway.Unreachable || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("live %v, err = %v", state, err)
			}
		})
	}
}

func TestNewRefusesWhatCanNotWork(t *testing.T) {
	key := func() (gateway.Secret, error) { return gateway.NewSecret("", adminKey), nil }
	at := func(urls ...string) []standalone.Instance {
		var list []standalone.Instance
		for _, url := range urls {
			list = append(list, standalone.Instance{AdminURL: url})
		}
		return list
	}
	for _, tt := range []struct {
		cfg  standalone.Config
		want string
	}{
		{standalone.Config{Name: "eu", AdminKey: key}, "gateway group eu: no instances"},
		{standalone.Config{Name: "eu", Instances: at("http://a:1")}, "gateway group eu: no admin key"},
		{standalone.Config{Name: "eu", AdminKey: key, Instances: at("a:1")}, "gateway group eu: not the adminURL"},
		{standalone.Config{Name: "eu", AdminKey: key, Instances: at("http://a:1", "http://a:1/apisix/admin/")}, "gateway group eu: instance a:1: it is there twice"},
	} {
		if _, err := standalone.New(tt.cfg); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("err = %v, want %s…", err, tt.want)
		}
	}
}

// TestWatchGivesBackWhatWasLost without anybody asking for live, all instances at once included.
func TestWatchGivesBackWhatWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zap.WarnLevel)
		n := newNetwork(t, 2, nil)
		g := n.group(t, func(cfg *standalone.Config) { cfg.Log = zap.New(core) })
		ctx, stop := contextFor(t, time.Hour)
		defer stop()
		go g.Watch(ctx, 5*time.Second)
		live(t, g)
		write(t, g, upstream(t, "u"))
		for _, server := range n.servers {
			server.Restart()
		}
		time.Sleep(6 * time.Second)
		if len(n.items(t, 0, "upstreams")) != 1 || len(n.items(t, 1, "upstreams")) != 1 || g.Refills() != 2 {
			t.Errorf("%d refills", g.Refills())
		}
		n.set(n.down, 1, true)
		time.Sleep(time.Minute)
		if said := logs.FilterMessage("instance can't be looked after, will retry").Len(); said != 1 {
			t.Errorf("logged %d times", said)
		}
		n.set(n.down, 1, false)
		n.push(t, 1, "theirs", `{}`)
		time.Sleep(time.Minute)
		if err := g.Write(t.Context(), []gateway.Resource{upstream(t, "v")}, nil); classOf(err) != gateway.Moved {
			t.Errorf("a write after somebody else's: %v", err)
		}
	})
}

// TestLiveOnlyReadsWhereItMustNotWrite for commands that look.
func TestLiveOnlyReadsWhereItMustNotWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 2, nil)
		n.push(t, 1, "d", `{"routes": [{"id": "r", "uri": "/a", "plugins": {}}]}`)
		g := n.group(t, func(cfg *standalone.Config) { cfg.NoRefill = true })
		if state := live(t, g); len(state) != 1 || g.Heal(t.Context()) != nil || len(n.puts) > 0 {
			t.Errorf("live is %v, %d puts", state.Keys(), len(n.puts))
		}
	})
}
