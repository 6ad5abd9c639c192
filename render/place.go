package render

import (
	"github.com/sluice-gitops/sluice/gateway"
)

// placed returns a body in which what was encrypted is a secret where secrets stand, and plain where configuration does: a file
// that is encrypted as a whole hides the paths and hosts of its routes as well, and they are none. What a plugin is configured with
// is a secret, but for the resources that it refers to.
func placed(key gateway.Key, spec map[string]any) map[string]any {
	if !holdsOpened(spec) {
		return spec
	}
	plain := inClear(spec).(map[string]any)
	p := placer{kind: key.Kind, refs: map[string]bool{}}
	for _, ref := range gateway.Refs(gateway.Resource{Key: key, Spec: plain}) {
		p.refs[ref.Path.String()] = true
	}
	return p.place(spec, gateway.Seal(key, plain), nil).(map[string]any)
}

func holdsOpened(v any) bool {
	switch v := v.(type) {
	case opened:
		return true
	case map[string]any:
		for _, value := range v {
			if holdsOpened(value) {
				return true
			}
		}
	case []any:
		for _, item := range v {
			if holdsOpened(item) {
				return true
			}
		}
	}
	return false
}

// inClear returns the value as if nothing had been encrypted. It is looked at and never kept.
func inClear(v any) any {
	switch v := v.(type) {
	case opened:
		return v.text
	case map[string]any:
		out := make(map[string]any, len(v))
		for field, value := range v {
			out[field] = inClear(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = inClear(item)
		}
		return out
	}
	return v
}

// placer decides for the places of one resource.
type placer struct {
	kind gateway.Kind
	refs map[string]bool // paths of references
}

// place walks the value beside the one in which all known secrets are sealed.
func (p placer) place(v, sealed any, at gateway.Path) any {
	switch v := v.(type) {
	case opened:
		if _, listed := sealed.(gateway.Secret); listed || p.secret(at) {
			return gateway.NewSecret(v.ref, v.text)
		}
		return v.text
	case map[string]any:
		out := make(map[string]any, len(v))
		beside, _ := sealed.(map[string]any)
		for field, value := range v {
			out[field] = p.place(value, beside[field], at.With(gateway.Field(field)))
		}
		return out
	case []any:
		out := make([]any, len(v))
		beside, _ := sealed.([]any)
		for i, item := range v {
			var other any
			if i < len(beside) {
				other = beside[i]
			}
			out[i] = p.place(item, other, at.With(gateway.Item(i)))
		}
		return out
	}
	return v
}

// configuration names the fields whose texts are configuration outside plugins: what other resources and Sluice itself find a
// resource by, and what the gateway's schema lets be one of a few words.
var configuration = map[string]bool{
	"id": true, "username": true, "name": true, "group_id": true, "service_id": true, "upstream_id": true, "plugin_config_id": true,
	"client_cert_id": true, "superior_id": true,
	"uri": true, "uris": true, "paths": true, "path_prefix": true, "host": true, "hosts": true, "methods": true, "remote_addr": true,
	"remote_addrs": true, "server_addr": true, "sni": true, "snis": true, "filter_func": true, "vars": true,
	"type": true, "scheme": true, "protocol": true, "status": true, "hash_on": true, "key": true, "pass_host": true, "upstream_host": true,
	"discovery_type": true, "service_name": true, "namespace_id": true, "group_name": true, "http_path": true, "ssl_protocols": true,
	"cert": true, "certs": true, "client_cert": true, "ca": true, "prefix": true, "content": true,
}

// secret reports whether a text at a place is a secret though Seal does not list it: the configuration of plugins, what a route
// compares a request with, and all that is not known to be configuration.
func (p placer) secret(at gateway.Path) bool {
	switch {
	case p.kind == gateway.PluginMetadata:
		return true
	case at[0].Key == "plugins":
		return !p.refs[at.String()]
	case at[0].Key == "labels":
		return false
	case at[0].Key == "vars":
		// [[name, operator, value]]: the first two are configuration.
		return len(at) > 3 || len(at) == 3 && at[2].Index > 1
	}
	return !configuration[fieldOf(at)]
}

// fieldOf is the name of the field that a place lies in: of an item, that of its list.
func fieldOf(at gateway.Path) string {
	for i := len(at) - 1; i >= 0; i-- {
		if at[i].Field {
			return at[i].Key
		}
	}
	return ""
}
