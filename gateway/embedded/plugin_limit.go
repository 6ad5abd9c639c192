package embedded

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// limiters keeps the counters of limit-count where a write of the same configuration does not lose them.
type limiters struct {
	mu    sync.Mutex
	byKey map[string]*limiter // by owner, or by the plugin's group
}

// limiter counts for one configuration.
type limiter struct {
	conf    string
	mu      sync.Mutex
	windows map[string]*window
}

type window struct {
	left float64
	ends time.Time
}

// of returns the counters of an owner: those that it has, unless the configuration changed.
func (l *limiters) of(owner, conf string) *limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if known, ok := l.byKey[owner]; ok && known.conf == conf {
		return known
	}
	fresh := &limiter{conf: conf, windows: map[string]*window{}}
	l.byKey[owner] = fresh
	return fresh
}

func (l *limiters) forget(key gateway.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.byKey, key.String())
}

// reset loses all counters.
func (l *limiters) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.byKey)
}

// maxWindows is when a limiter looks for windows that have ended.
const maxWindows = 10_000

// take counts one request and returns what is left, negative when there was nothing, and the time to the window's end.
func (l *limiter) take(key string, count float64, length time.Duration) (left float64, reset time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	w := l.windows[key]
	if w == nil || !now.Before(w.ends) {
		if len(l.windows) >= maxWindows {
			l.sweep(now)
		}
		w = &window{left: count, ends: now.Add(length)}
		l.windows[key] = w
	}
	if w.left <= 0 {
		return -1, w.ends.Sub(now)
	}
	w.left--
	return w.left, w.ends.Sub(now)
}

func (l *limiter) sweep(now time.Time) {
	for key, w := range l.windows {
		if !now.Before(w.ends) {
			delete(l.windows, key)
		}
	}
}

func buildLimitCount(g *Gateway, owner gateway.Key, conf map[string]any, p *plugin) {
	name := owner.String()
	if group, ok := conf["group"].(string); ok {
		name = "group/" + group
	}
	counters := g.limiters.of(name, string(gateway.AppendCanonical(nil, conf)))
	p.access = func(x *exchange) *answer {
		count := x.quantity(conf["count"])
		left, reset := counters.take(x.limitKey(conf), count, time.Duration(x.quantity(conf["time_window"])*float64(time.Second)))
		if conf["show_limit_quota_header"] == true {
			x.quotaHeaders(count, left, reset)
		}
		if left >= 0 {
			return nil
		}
		refusal := &answer{status: int(number(conf["rejected_code"]))}
		if message, ok := conf["rejected_msg"].(string); ok {
			refusal.body = map[string]any{"error_msg": message}
		}
		return refusal
	}
}

// quantity reads a number, or a text with variables that gives one.
func (x *exchange) quantity(v any) float64 {
	if text, ok := v.(string); ok {
		n, err := strconv.ParseFloat(x.expand(text), 64)
		if err != nil {
			return 0
		}
		return n
	}
	return number(v)
}

func (x *exchange) limitKey(conf map[string]any) string {
	key := textOr(conf["key"], "")
	switch conf["key_type"] {
	case "constant":
		return key
	case "var_combination":
		key = x.expand(key)
	default:
		key = x.variable(key)
	}
	if key == "" {
		key = x.remoteAddress()
	}
	return key
}

// quotaHeaders tells the client how much is left, under the names that the plugin's metadata gives.
func (x *exchange) quotaHeaders(count, left float64, reset time.Duration) {
	names := map[string]any{}
	if metadata := x.w.get(gateway.PluginMetadata, "limit-count"); metadata != nil {
		names = metadata.value
	}
	header := http.Header{}
	header.Set(textOr(names["limit_header"], "X-RateLimit-Limit"), strconv.FormatFloat(count, 'f', -1, 64))
	header.Set(textOr(names["remaining_header"], "X-RateLimit-Remaining"), strconv.FormatFloat(max(0, left), 'f', -1, 64))
	header.Set(textOr(names["reset_header"], "X-RateLimit-Reset"), strconv.FormatFloat(math.Ceil(reset.Seconds()), 'f', 0, 64))
	for name := range header {
		x.respond(name, header.Get(name))
	}
}
