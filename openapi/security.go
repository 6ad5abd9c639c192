package openapi

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// guard makes plugins of securities.
type guard struct {
	layer  *Layer // learns which variables and secrets the plugins name
	doc    Document
	faults diag.List
}

// plugins returns the plugins that stand for the security of an operation. Where the gateway can't say it, there are none, with a
// warning: the service behind has to check then.
func (g *guard) plugins(o Operation) map[string]any {
	var ways []map[string]any
	for _, one := range o.security {
		if len(one.uses) == 0 {
			g.open(one.pos, o, "authentication is optional", "leave {} out of the security, or let the service check")
			return nil
		}
		way, ok := g.all(o, one)
		if !ok {
			return nil
		}
		if !slices.ContainsFunc(ways, func(other map[string]any) bool { return gateway.Equal(plainValue(other), plainValue(way)) }) {
			ways = append(ways, way)
		}
	}
	switch len(ways) {
	case 0:
		return nil
	case 1:
		return ways[0]
	}
	return g.anyOf(o, ways)
}

// all returns the plugins of one alternative, which hold together.
func (g *guard) all(o Operation, one requirement) (map[string]any, bool) {
	plugins := map[string]any{}
	for _, u := range one.uses {
		name, body, problem := g.plugin(u)
		if problem != "" {
			g.open(u.pos, o, problem, "let the service check, or add a plugin with x-sluice-plugins")
			return nil, false
		}
		if _, twice := plugins[name]; twice {
			g.open(u.pos, o, "a route can't ask for "+name+" twice", "let the service check one of them")
			return nil, false
		}
		plugins[name] = body
	}
	return plugins, true
}

// anyOf returns the plugin that takes any of several ways.
func (g *guard) anyOf(o Operation, ways []map[string]any) map[string]any {
	var list []any
	for _, way := range ways {
		if len(way) > 1 || way["openid-connect"] != nil {
			g.open(o.security[0].pos, o, "no plugin takes such alternatives: only key-auth, basic-auth and jwt-auth, one in each",
				"let the service check, or add a plugin with x-sluice-plugins")
			return nil
		}
		list = append(list, way)
	}
	return map[string]any{"multi-auth": map[string]any{"auth_plugins": list}}
}

// open says that a route has no authentication though the document asks for it, unless the document brings a plugin for that itself.
func (g *guard) open(pos diag.Pos, o Operation, why, hint string) {
	for name, body := range o.extensions.plugins {
		if body != nil && authenticates(name) {
			return
		}
	}
	g.faults.Add(diag.Warningf(pos, "openapi-security", "the route of %s checks nobody: %s", o.Name(), why).
		WithHint("%s", hint).WithAlso(o.Pos, "the operation is at"))
}

// plugin returns the plugin of one scheme. Problem says why there is none.
func (g *guard) plugin(u use) (name string, body map[string]any, problem string) {
	s, ok := g.doc.schemes[u.name]
	switch {
	case !ok:
		return "", nil, "there is no security scheme " + u.name
	case s.kind == "apiKey" && s.in == "header" && s.parameter != "":
		return "key-auth", map[string]any{"header": s.parameter}, ""
	case s.kind == "apiKey" && s.in == "query" && s.parameter != "":
		return "key-auth", map[string]any{"query": s.parameter}, ""
	case s.kind == "http" && s.method == "basic":
		return "basic-auth", map[string]any{}, ""
	case s.kind == "http" && s.method == "bearer" && s.format == "jwt":
		return "jwt-auth", map[string]any{}, ""
	case s.kind == "http" && s.method == "bearer":
		return "", nil, "what the bearer tokens of " + u.name + " are is not said (bearerFormat: JWT is known)"
	case s.kind == "openIdConnect" && strings.Contains(s.discovery, "://"):
		return "openid-connect", g.openID(s, u), ""
	}
	return "", nil, "no plugin stands for the security scheme " + u.name + " (" + strings.TrimSpace(line(s.kind)+" "+line(s.in+s.method)) + ")"
}

// openID checks the token of each request by the keys that the provider publishes.
func (g *guard) openID(s scheme, u use) map[string]any {
	service := g.layer.service
	body := map[string]any{
		"bearer_only": true, "use_jwks": true, "discovery": s.discovery,
		"client_id":     g.layer.variable(camel(service) + "ClientID"),
		"client_secret": g.layer.secret(service + "-client-secret"),
	}
	if len(u.scopes) > 0 {
		scopes := make([]any, len(u.scopes))
		for i, scope := range u.scopes {
			scopes[i] = scope
		}
		body["required_scopes"] = scopes
	}
	return body
}

// authenticates reports whether a plugin finds out who asks, as far as its name says.
func authenticates(plugin string) bool {
	return strings.Contains(plugin, "auth") || slices.Contains([]string{"openid-connect", "opa", "wolf-rbac"}, plugin)
}
