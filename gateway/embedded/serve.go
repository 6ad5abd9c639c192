package embedded

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// ProxyHandler returns the data plane as a handler.
func (g *Gateway) ProxyHandler() http.Handler { return http.HandlerFunc(g.serveProxy) }

func (g *Gateway) serveProxy(w http.ResponseWriter, r *http.Request) {
	x := &exchange{g: g, w: g.anyWorker(), r: r, path: cleanPath(r.URL.Path)}
	if a := x.pass(); a != nil {
		x.answer(w, a)
		return
	}
	g.proxy.ServeHTTP(w, x.r.WithContext(withExchange(x.r.Context(), x)))
}

// cleanPath is the path that routes are matched against: without dots and doubled slashes.
func cleanPath(p string) string {
	clean := path.Clean("/" + p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}

// pass takes the request through rules, route and plugins; nil means that it goes to x.upstream.
func (x *exchange) pass() *answer {
	for _, rule := range x.w.all(gateway.GlobalRules) {
		set, _ := parts[pluginSet](rule)
		before := len(x.global)
		x.global = append(x.global, combined(set)...)
		if a := runPlugins(x, func() []*plugin { return x.global[before:] }); a != nil {
			return a
		}
	}
	x.route = x.w.currentRouter().find(hostName(x.r.Host), x.path, x)
	if x.route == nil {
		return &answer{status: http.StatusNotFound, body: map[string]any{"error_msg": "404 Route Not Found"}}
	}
	if x.route.code != "" {
		return runsCode(x.route.code)
	}
	if a := x.gather(); a != nil {
		return a
	}
	if a := runPlugins(x, func() []*plugin { return x.plugins }); a != nil {
		return a
	}
	return x.settleUpstream()
}

// gather looks up the service and the plugins of the route, with what a missing one answers.
func (x *exchange) gather() *answer {
	sets := []pluginSet{setOf(x.plugins), x.route.plugins}
	if id := x.route.pluginConfigID; id != "" {
		set, ok := parts[pluginSet](x.w.get(gateway.PluginConfigs, id))
		if !ok {
			return &answer{status: http.StatusServiceUnavailable}
		}
		sets = append(sets, set)
	}
	if id := x.route.serviceID; id != "" {
		found, ok := parts[*service](x.w.get(gateway.Services, id))
		if !ok {
			return &answer{status: http.StatusNotFound}
		}
		x.service = found
		sets = append(sets, found.plugins)
	}
	x.plugins = combined(sets...)
	return nil
}

// settleUpstream picks the upstream: of traffic-split, of the route, of the service.
func (x *exchange) settleUpstream() *answer {
	id := ""
	switch {
	case x.upstream != nil:
	case x.route.upstream != nil:
		x.upstream = x.route.upstream
	case x.route.upstreamID != "":
		id = x.route.upstreamID
	case x.service != nil && x.service.upstream != nil:
		x.upstream = x.service.upstream
	case x.service != nil:
		id = x.service.upstreamID
	}
	if id != "" {
		found, ok := parts[*upstream](x.w.get(gateway.Upstreams, id))
		if !ok {
			return &answer{status: http.StatusBadGateway}
		}
		x.upstream = found
	}
	if x.upstream == nil || len(x.upstream.nodes) == 0 {
		return &answer{status: http.StatusServiceUnavailable}
	}
	if id := x.upstream.clientID; id != "" && x.w.get(gateway.SSLs, id) == nil {
		return &answer{status: http.StatusBadGateway}
	}
	return nil
}

// answer writes the gateway's own answer, after the plugins that have a say in it.
func (x *exchange) answer(w http.ResponseWriter, a *answer) {
	kind, body := "text/plain; charset=utf-8", []byte(nil)
	switch text := a.body.(type) {
	case nil:
		kind, body = "text/html; charset=utf-8", []byte(page(a.status))
		if a.status == http.StatusMovedPermanently || a.status == http.StatusFound {
			kind = "text/html"
		}
	case string:
		body = []byte(text)
	default:
		// What comes from JSON goes to JSON.
		body, _ = json.Marshal(text)
	}
	if a.kind != "" {
		kind = a.kind
	}
	header := a.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", kind)
	resp := &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(bytes.NewReader(body)), Request: x.r}
	x.finish(resp)
	x.write(w, resp)
}

func (x *exchange) write(w http.ResponseWriter, resp *http.Response) {
	defer resp.Body.Close()
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Server", "APISIX/"+x.g.cfg.Version)
	w.WriteHeader(resp.StatusCode)
	// The client is gone when this fails: there is nobody to tell.
	_, _ = io.Copy(w, resp.Body)
}
