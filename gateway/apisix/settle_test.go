package apisix

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/control"
)

func TestSettle(t *testing.T) {
	const unknownWorkers = "taken, by nobody knows how many workers"
	route, upstream, gone := "routes/r1", "upstreams/u1", "services/s1"
	has := func(index string) answer {
		return answer{status: 200, body: `{"modifiedIndex":` + index + `,"value":{}}`}
	}
	missing := answer{status: 404, body: `{"error_msg":"route[r1] not found"}`}
	tests := []struct {
		name        string
		changed     []string
		control     bool
		route       []answer // what the control API says of the route
		service     answer   // and of the deleted service
		confirmed   bool
		says        string
		least, most time.Duration
	}{
		{"nobody to ask", []string{route}, false, nil, answer{}, false, "", time.Second, time.Second},
		{"taken", []string{route, upstream}, true, []answer{has("7")}, answer{}, true, "", 0, 0},
		{unknownWorkers, []string{route, upstream}, true, []answer{has("7")}, answer{}, false, "", time.Second, time.Second},
		{"taken, newer", []string{route}, true, []answer{has(`"8#99"`)}, answer{}, true, "", 0, 0},
		{"one worker late", []string{route}, true, []answer{has("7"), missing, has("6"), {err: errors.New("reset")}, has("7")}, answer{},
			true, "", 150 * time.Millisecond, 150 * time.Millisecond},
		{"deleted", []string{gone}, true, nil, answer{status: 404, body: `{"error_msg":"service[s1] not found"}`}, true, "", 0, 0},
		{"never deleted", []string{gone}, true, nil, has("3"), false, "still has services/s1", 30 * time.Second, 31 * time.Second},
		{"never there", []string{route}, true, []answer{missing}, answer{}, false, "does not have routes/r1", 30 * time.Second, 31 * time.Second},
		{"too old for ever", []string{route}, true, []answer{has("6")}, answer{}, false, "index 6, not yet 7", 30 * time.Second, 31 * time.Second},
		{"no control API", []string{gone}, true, nil, answer{status: 404, body: "<html>"}, false, "is this the URL", 30 * time.Second, 31 * time.Second},
		{"hangs", []string{route}, true, []answer{{hang: true}}, answer{}, false, "settle routes/r1", 30 * time.Second, 31 * time.Second},
		{"a kind that doesn't show", []string{route, "ssls/x"}, true, []answer{has("7")}, answer{}, false, "", time.Second, time.Second},
		{"nothing changed", nil, true, nil, answer{}, true, "", 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{answers: map[string][]answer{
					"GET /apisix/admin/routes/r1":    {{status: 200, body: `{"modifiedIndex":7,"value":{}}`}},
					"GET /apisix/admin/upstreams/u1": {{status: 200, body: `{"modifiedIndex":5,"value":{}}`}},
					"GET /v1/upstream/u1":            {has("5")},
					"GET /v1/route/r1":               test.route, "GET /v1/service/s1": {test.service},
					"*": {{status: 404, body: absent}},
				}}
				g := newGateway(t, f, func(c *Config) {
					if test.control {
						c.Instances = []Instance{{ControlURL: "http://eu-1:9090", Workers: 2}}
					}
					if test.name == unknownWorkers {
						c.Instances[0].Workers = 0
					}
				})
				start := time.Now()
				confirmed, err := g.Settle(t.Context(), keys(t, test.changed))
				if confirmed != test.confirmed && err == nil {
					t.Errorf("confirmed is %v, want %v", confirmed, test.confirmed)
				}
				if (err != nil) != (test.says != "") || err != nil && !strings.Contains(err.Error(), test.says) {
					t.Errorf("error %v, want %q", err, test.says)
				}
				if took := time.Since(start); took < test.least || took > test.most {
					t.Errorf("took %v, want %v to %v", took, test.least, test.most)
				}
			})
		})
	}
}

func keys(t *testing.T, texts []string) (keys []gateway.Key) {
	for _, text := range texts {
		key, err := gateway.ParseKey(text)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	return keys
}

// TestSettleSamples says how much is asked: of the Admin API the last changes, each instance for the newest of them, over so
// many connections as its workers make necessary.
func TestSettleSamples(t *testing.T) {
	tests := []struct{ changed, workers, reads, asks int }{
		{10, 0, 10, 5 * newest},
		{1, 0, 1, 5},
		{500, 0, recent, 5 * newest},
		{10, 1, 10, newest},
		{10, 2, 10, 9 * newest},
		{10, 8, 10, 56 * newest},
	}
	for _, test := range tests {
		f := &fake{answers: map[string][]answer{"*": {{status: 200, body: `{"modifiedIndex":9,"value":{}}`}}}}
		var changed []gateway.Key
		for i := range test.changed {
			changed = append(changed, gateway.Key{Kind: gateway.Routes, ID: fmt.Sprint("r", i)})
		}
		g := newGateway(t, f, func(c *Config) {
			c.Instances, c.SettleTime = []Instance{{ControlURL: "http://eu-1:9090", Workers: test.workers}}, time.Millisecond
		})
		if confirmed, err := g.Settle(t.Context(), changed); confirmed != (test.workers > 0) || err != nil {
			t.Fatalf("%v, %v", confirmed, err)
		}
		reads, asks := 0, 0
		for _, trip := range f.seen("GET") {
			if strings.HasPrefix(trip.path, "/v1/") {
				asks++
			} else {
				reads++
			}
		}
		if reads != test.reads || asks != test.asks {
			t.Errorf("%d changes, %d workers: %d reads and %d questions, want %d and %d", test.changed, test.workers, reads, asks, test.reads, test.asks)
		}
	}
}

// TestTheNewestIsAmongTheLast: of changes that run side by side, the write with the highest index is one of those that ended last,
// and is asked for, wherever it stands among them.
func TestTheNewestIsAmongTheLast(t *testing.T) {
	for place := range 40 {
		written := map[gateway.Kind][]control.Expectation{}
		for i := range 40 {
			index := int64(i + 1)
			if i == place {
				index = 100
			}
			written[gateway.Routes] = append(written[gateway.Routes], control.Expectation{Key: gateway.Key{Kind: gateway.Routes, ID: fmt.Sprint(i)}, Index: index})
		}
		wanted := newestOf(written, nil)
		if len(wanted) != newest || wanted[0].Index != 100 {
			t.Errorf("the newest stands at %d, and asked for is %v", place, wanted)
		}
	}
}

// TestSettleNamesTheInstance holds that every instance that is behind is named, with the resource and since when.
func TestSettleNamesTheInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shown := func(index int) []answer {
			return []answer{{status: 200, body: fmt.Sprintf(`{"modifiedIndex":%d,"value":{}}`, index)}}
		}
		f := &fake{answers: map[string][]answer{
			"GET /apisix/admin/routes/r": shown(7), "GET /one/v1/route/r": shown(7), "GET /two/v1/route/r": shown(6), "GET /three/v1/route/r": shown(5),
		}}
		g := newGateway(t, f, func(c *Config) {
			c.Instances = []Instance{{ControlURL: "http://eu/one", Workers: 2}, {ControlURL: "http://eu/two", Workers: 2}, {ControlURL: "http://eu/three", Workers: 2}}
			c.SettleLimit = 10 * time.Second
		})
		began := time.Now()
		confirmed, err := g.Settle(t.Context(), keys(t, []string{"routes/r"}))
		if confirmed || classOf(t, err) != gateway.Unreachable {
			t.Fatalf("%v, %v", confirmed, err)
		}
		line := "settle routes/r: instance http://eu/%s: has routes/r of index %d, not yet 7, since %s (gave up after 10s)"
		since := began.UTC().Format(time.RFC3339)
		want := fmt.Sprintf(line, "two", 6, since) + "\n" + fmt.Sprintf(line, "three", 5, since)
		if err.Error() != want {
			t.Errorf("got:\n%s\nwant:\n%s", err, want)
		}
	})
}

func TestSettleEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		confirmed, err := newGateway(t, &fake{}, nil).Settle(ctx, keys(t, []string{"routes/r"}))
		if confirmed || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, %v", confirmed, err)
		}
	})
}
