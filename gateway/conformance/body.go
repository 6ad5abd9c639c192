package conformance

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

type object = map[string]any

// rich returns one resource of every kind with most of the fields that it can have. Routes are switched off: they must not take
// traffic.
func (s *suite) rich() (gateway.State, error) {
	cert, key, err := certificate("conformance.sluice.example")
	if err != nil {
		return nil, err
	}
	ssl := object{"snis": list("conformance.sluice.example"), "cert": cert, "key": key, "ssl_protocols": list("TLSv1.2", "TLSv1.3")}
	state := both(routing(), consumers(), stateOf(
		resource(gateway.Secrets, "vault/"+Prefix+"secret", object{"uri": "http://127.0.0.1:8200", "prefix": "kv", "token": "conformance-token"}),
		resource(gateway.SSLs, Prefix+"ssl", ssl),
		resource(gateway.Protos, Prefix+"proto", object{"desc": "A message",
			"content": "syntax = \"proto3\";\npackage conformance;\nmessage M { string name = 1; }\n"}),
	))
	if rule, ok := s.freeRule(); ok {
		r := resource(gateway.GlobalRules, Prefix+"rule", object{"plugins": object{rule: globalPlugins()[rule]}})
		state[r.Key] = r
	}
	if name, ok := s.freeMetadata(); ok {
		r := metadata(name, "$host")
		state[r.Key] = r
	}
	return state, nil
}

func routing() gateway.State {
	return stateOf(
		resource(gateway.Upstreams, Prefix+"upstream", upstreamBody()),
		resource(gateway.PluginConfigs, Prefix+"plugin_config", object{"desc": "Shared", "plugins": object{"cors": object{"allow_origins": "https://a.example"}}}),
		resource(gateway.Services, Prefix+"service", object{"name": "conformance", "desc": "All of it", "upstream_id": Prefix + "upstream",
			"hosts": list("conformance.sluice.example", "*.conformance.example"), "enable_websocket": true,
			"plugins": object{"proxy-rewrite": object{"headers": object{"set": object{"X-A": "b"}}}}}),
		resource(gateway.Routes, Prefix+"route", routeBody()),
		resource(gateway.StreamRoutes, Prefix+"stream", object{"server_port": int64(65123), "remote_addr": "127.0.0.9", "upstream_id": Prefix + "upstream"}),
	)
}

func consumers() gateway.State {
	return stateOf(
		resource(gateway.ConsumerGroups, Prefix+"group", object{"plugins": object{"limit-count": limitCount()}}),
		resource(gateway.Consumers, Prefix+"alice", object{"desc": "Alice", "labels": object{"team": "a"}, "group_id": Prefix + "group",
			"plugins": object{"key-auth": object{"key": "conformance-alice"}}}),
		resource(gateway.Credentials, Prefix+"alice/"+Prefix+"credential", object{"desc": "Second",
			"plugins": object{"basic-auth": object{"username": "conformance", "password": "conformance-password"}}}),
	)
}

func upstreamBody() object {
	return object{
		"name": "conformance", "desc": "All of it", "labels": object{"team": "a"}, "type": "chash", "hash_on": "header", "key": "X-User",
		"scheme": "https", "retries": int64(2), "retry_timeout": int64(3), "pass_host": "rewrite", "upstream_host": "backend.example",
		"nodes": []any{
			object{"host": "127.0.0.1", "port": int64(1), "weight": int64(2)},
			object{"host": "127.0.0.2", "port": int64(1), "weight": int64(0), "priority": int64(1)},
		},
		"timeout":        object{"connect": 0.5, "send": int64(2), "read": int64(3)},
		"keepalive_pool": object{"size": int64(10), "idle_timeout": int64(30), "requests": int64(100)},
		"checks": object{"active": object{"type": "http", "http_path": "/health", "healthy": object{"interval": int64(30), "successes": int64(2)},
			"unhealthy": object{"interval": int64(30), "http_failures": int64(3)}}},
	}
}

func routeBody() object {
	return object{
		"name": "conformance", "desc": "All of it", "labels": object{"team": "a"}, "uris": list("/"+Prefix+"a", "/"+Prefix+"b/*"),
		"hosts": list("conformance.sluice.example"), "methods": list("GET", "POST"), "remote_addrs": list("127.0.0.0/8"), "priority": int64(7),
		"vars":    []any{list("arg_x", "==", "1"), list("http_x", "~~", "^a.*")},
		"timeout": object{"connect": int64(1), "send": 2.5, "read": int64(3)}, "enable_websocket": true, "status": int64(0),
		"service_id": Prefix + "service", "plugin_config_id": Prefix + "plugin_config", "plugins": object{"limit-count": limitCount()},
	}
}

func limitCount() object {
	return object{"count": int64(100), "time_window": int64(60), "rejected_code": int64(429), "key_type": "var", "key": "remote_addr"}
}

func list(texts ...string) []any {
	items := make([]any, len(texts))
	for i, text := range texts {
		items[i] = text
	}
	return items
}

// globalPlugins are those of a global rule.
func globalPlugins() map[string]any {
	return map[string]any{"request-id": object{"header_name": "X-Conformance-Id"}, "prometheus": object{}, "real-ip": object{"source": "http_x_conformance"}}
}

// freeRule returns a plugin for a global rule. There is none where others have resources: the rule would act on their traffic.
func (s *suite) freeRule() (string, bool) {
	if len(s.foreign) > 0 {
		return "", false
	}
	for _, name := range slices.Sorted(maps.Keys(globalPlugins())) {
		if s.plugins[name] {
			return name, true
		}
	}
	return "", false
}

// freeMetadata returns a plugin that has metadata. There is none where others have resources: their logs would change.
func (s *suite) freeMetadata() (string, bool) {
	if len(s.foreign) > 0 {
		return "", false
	}
	for _, name := range []string{"http-logger", "tcp-logger", "udp-logger", "syslog", "file-logger"} {
		if s.plugins[name] {
			return name, true
		}
	}
	return "", false
}

// checkKind writes a resource with what it refers to, changes it, and removes it again.
func (s *suite) checkKind(ctx context.Context, kind gateway.Kind) error {
	all, err := s.rich()
	if err != nil {
		return err
	}
	var key gateway.Key
	for k := range all {
		if k.Kind == kind {
			key = k
		}
	}
	if key.ID == "" {
		return skip(s.whyNone(kind))
	}
	if err := s.withoutKind(ctx, kind); err != nil {
		return err
	}
	needed := gateway.State{}
	closure(all, key, needed)
	if err := s.reach(ctx, needed); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	if err := s.reach(ctx, changed(needed, key)); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	if err := s.reach(ctx, gateway.State{}); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	live, err := s.client.Read(ctx, needed.Keys())
	if err == nil && len(live) > 0 {
		err = fmt.Errorf("%s is still there after the delete", live.Keys()[0])
	}
	return err
}

// whyNone says why the suite makes nothing of a kind here.
func (s *suite) whyNone(kind gateway.Kind) string {
	if len(s.foreign) > 0 {
		return "the gateway holds resources of others, and " + string(kind) + " act on their traffic"
	}
	return "the gateway has no plugin for it"
}

// closure collects a resource and all that it refers to.
func closure(all gateway.State, key gateway.Key, into gateway.State) {
	r, ok := all[key]
	if _, seen := into[key]; seen || !ok {
		return
	}
	into[key] = r
	for _, ref := range gateway.Refs(r) {
		closure(all, ref.To, into)
	}
}

// changed returns the state with another body for one resource.
func changed(state gateway.State, key gateway.Key) gateway.State {
	state = maps.Clone(state)
	spec := maps.Clone(state[key].Spec)
	switch key.Kind {
	case gateway.GlobalRules:
		spec["plugins"] = object{slices.Collect(maps.Keys(spec["plugins"].(object)))[0]: object{"_meta": object{"disable": true}}}
	case gateway.PluginMetadata:
		spec = metadata(key.ID, "$http_host").Spec
	case gateway.Secrets:
		spec["prefix"] = "other"
	default:
		spec["desc"] = "Changed"
	}
	state[key] = gateway.Resource{Key: key, Spec: spec}
	return state
}

// checkAllKinds goes to one resource of every kind in one plan, and back to nothing.
func (s *suite) checkAllKinds(ctx context.Context) error {
	all, err := s.rich()
	if err != nil {
		return err
	}
	for _, kind := range gateway.Kinds() {
		if s.withoutKind(ctx, kind) != nil {
			maps.DeleteFunc(all, func(key gateway.Key, _ gateway.Resource) bool { return key.Kind == kind })
		}
	}
	if err := s.reach(ctx, all); err != nil {
		return err
	}
	return s.reach(ctx, gateway.State{})
}

// withoutKind skips a kind that the gateway has switched off.
func (s *suite) withoutKind(ctx context.Context, kind gateway.Kind) error {
	if kind != gateway.StreamRoutes && kind != gateway.Credentials {
		return nil
	}
	path := "/stream_routes"
	if kind == gateway.Credentials {
		path = "/schema/credential"
	}
	a, err := s.ask(ctx, "GET", path, nil)
	if err == nil && a.status == 400 {
		err = skip("the gateway has none: " + string(a.body))
	}
	return err
}
