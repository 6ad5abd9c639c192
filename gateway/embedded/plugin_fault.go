package embedded

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

func buildFaultInjection(_ *Gateway, _ gateway.Key, conf map[string]any, p *plugin) {
	delay, abort := faultPart(conf["delay"]), faultPart(conf["abort"])
	p.rewrite = func(x *exchange) *answer {
		if delay != nil && delay.hits(x) {
			pause(x.r.Context(), time.Duration(number(delay.conf["duration"])*float64(time.Second)))
		}
		if abort == nil || !abort.hits(x) {
			return nil
		}
		header := http.Header{}
		headers, _ := abort.conf["headers"].(map[string]any)
		for name, value := range headers {
			header.Set(name, x.expand(luaText(value)))
		}
		result := &answer{status: int(number(abort.conf["http_status"])), header: header}
		if body, ok := abort.conf["body"].(string); ok {
			result.body = x.expand(body)
		}
		return result
	}
}

// fault is the delay or the abort of a fault-injection.
type fault struct {
	conf map[string]any
	vars []condition // any of them; none: every request
}

func faultPart(v any) *fault {
	conf, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	f := &fault{conf: conf}
	sets, _ := conf["vars"].([]any)
	for _, set := range sets {
		list, _ := set.([]any)
		if holds, err := parseVars(list); err == nil {
			f.vars = append(f.vars, holds)
		}
	}
	return f
}

func (f *fault) hits(x *exchange) bool {
	if percentage, ok := f.conf["percentage"].(float64); ok && rand.Float64()*100 >= percentage {
		return false
	}
	for _, holds := range f.vars {
		if holds(x.variable) {
			return true
		}
	}
	return len(f.vars) == 0
}

// pause waits, unless the client goes away.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func buildMocking(g *Gateway, _ gateway.Key, conf map[string]any, p *plugin) {
	p.access = func(x *exchange) *answer {
		if delay := number(conf["delay"]); delay > 0 {
			pause(x.r.Context(), time.Duration(delay*float64(time.Second)))
		}
		header := http.Header{}
		headers, _ := conf["response_headers"].(map[string]any)
		for name, value := range headers {
			header.Set(name, x.expand(luaText(value)))
		}
		if conf["with_mock_header"] == true {
			header.Set("X-Mock-By", "APISIX/"+g.cfg.Version)
		}
		return &answer{
			status: int(number(conf["response_status"])), body: x.expand(textOr(conf["response_example"], "")),
			header: header, kind: textOr(conf["content_type"], ""),
		}
	}
}
