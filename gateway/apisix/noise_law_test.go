package apisix

import (
	"encoding/json"
	"flag"
	"maps"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// store is a gateway of some version, as far as a body that is put and read back is concerned.
type store struct {
	table *defaultTable
	fills bool // whether it writes what the schemas fill in, as versions before 3.14
}

// keep returns what the gateway gives back for a body.
func (s store) keep(t *rapid.T, key gateway.Key, body map[string]any) map[string]any {
	kept := any(body)
	if s.fills {
		kept = s.filled(t, key, body)
	}
	out := throughLua(t, kept).(map[string]any)
	if key.Kind == gateway.SSLs {
		delete(out, "key")
		delete(out, "keys")
	}
	for _, upstream := range []any{out, out["upstream"]} {
		upstream, _ := upstream.(map[string]any)
		if tls, _ := upstream["tls"].(map[string]any); tls["client_key"] != nil {
			tls["client_key"] = "c2VjcmV0IGNpcGhlciE="
		}
	}
	if out["id"] = key.ID; key.Kind != gateway.PluginMetadata {
		out["create_time"], out["update_time"] = 1700000000, 1700000001
	}
	return out
}

// throughLua returns a copy as a Lua gateway writes it: numbers have 14 digits, and an empty table is a list or a map.
func throughLua(t *rapid.T, v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 && rapid.Bool().Draw(t, "as list") {
			return []any{}
		}
		out := map[string]any{}
		for field, value := range v {
			out[field] = throughLua(t, value)
		}
		return out
	case []any:
		if len(v) == 0 && rapid.Bool().Draw(t, "as map") {
			return map[string]any{}
		}
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = throughLua(t, item)
		}
		return out
	case int64:
		return json.Number(strconv.FormatFloat(float64(v), 'g', 14, 64))
	case float64:
		return json.Number(strconv.FormatFloat(v, 'g', 14, 64))
	}
	return v
}

// filled lays the defaults of the schemas over a body.
func (s store) filled(t *rapid.T, key gateway.Key, body map[string]any) map[string]any {
	set := s.table.set
	out := fill(t, set.Kinds[key.Kind], body).(map[string]any)
	if key.Kind == gateway.PluginMetadata {
		return fill(t, set.Plugins[key.ID].Metadata, body).(map[string]any)
	}
	plugins, _ := out["plugins"].(map[string]any)
	confs := map[string]any{}
	for name, conf := range plugins {
		told := set.Plugins[name]
		text := told.Schema
		switch key.Kind {
		case gateway.StreamRoutes:
			text = set.Stream[name].Schema
		case gateway.Consumers, gateway.Credentials:
			if told.Consumer != nil {
				text = told.Consumer
			}
		}
		confs[name] = fill(t, text, conf)
	}
	if plugins != nil {
		out["plugins"] = confs
	}
	return out
}

// fill returns v with the defaults of a schema. A branch that doesn't fit may leave its own behind: the gateway tries one
// after the other on the same table.
func fill(t *rapid.T, text map[string]any, v any) any {
	for _, word := range []string{"allOf", "oneOf", "anyOf"} {
		list, _ := text[word].([]any)
		for _, part := range list {
			v = fillBranch(t, part, v)
		}
	}
	for _, word := range []string{"then", "else"} {
		v = fillBranch(t, text[word], v)
	}
	switch v := v.(type) {
	case map[string]any:
		return fillMap(t, text, v)
	case []any:
		part, _ := text["items"].(map[string]any)
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = fill(t, part, item)
		}
		return out
	}
	return v
}

func fillBranch(t *rapid.T, part any, v any) any {
	branch, ok := part.(map[string]any)
	if !ok || rapid.Bool().Draw(t, "skip branch") {
		return v
	}
	if kind, _ := branch["type"].(string); kind == "object" || kind == "array" || kind == "" {
		return fill(t, branch, v)
	}
	return v
}

func fillMap(t *rapid.T, text, m map[string]any) any {
	out := maps.Clone(m)
	fields, _ := text["properties"].(map[string]any)
	for name, part := range fields {
		part, _ := part.(map[string]any)
		value, there := out[name]
		if preset, ok := part["default"]; ok && !there {
			value, there = preset, true
		}
		if there {
			out[name] = fill(t, part, value)
		}
	}
	return out
}

// subjects are what the law is about: every kind, and every plugin in every place that it can stand in.
func subjects(set *schema.Set) map[string]func(g generator) gateway.Resource {
	all := map[string]func(g generator) gateway.Resource{}
	for kind, text := range set.Kinds {
		all[string(kind)] = func(g generator) gateway.Resource { return g.ofKind(kind, text) }
	}
	for name, text := range schema.Core().Managers {
		all["secrets "+name] = func(g generator) gateway.Resource {
			return made(gateway.Key{Kind: gateway.Secrets, ID: name + "/1"}, g.value(text, 3))
		}
	}
	for name, told := range set.Plugins {
		all["plugin "+name] = func(g generator) gateway.Resource {
			return with(gateway.Key{Kind: gateway.GlobalRules, ID: "1"}, name, g.value(told.Schema, 4))
		}
		if told.Consumer != nil {
			all["consumer plugin "+name] = func(g generator) gateway.Resource {
				return with(gateway.Key{Kind: gateway.Credentials, ID: "a/1"}, name, g.value(told.Consumer, 4))
			}
		}
		if told.Metadata != nil {
			all["metadata "+name] = func(g generator) gateway.Resource {
				return made(gateway.Key{Kind: gateway.PluginMetadata, ID: name}, g.value(told.Metadata, 4))
			}
		}
	}
	for name, told := range set.Stream {
		all["stream plugin "+name] = func(g generator) gateway.Resource {
			return with(gateway.Key{Kind: gateway.StreamRoutes, ID: "1"}, name, g.value(told.Schema, 4))
		}
	}
	return all
}

// ofKind draws a body without what stands in its key; its plugins are drawn elsewhere.
func (g generator) ofKind(kind gateway.Kind, text map[string]any) gateway.Resource {
	key := gateway.Key{Kind: kind, ID: "1"}
	if kind == gateway.Credentials {
		key.ID = "a/1"
	}
	r := made(key, g.value(text, 4))
	for _, field := range []string{"id", "username"} {
		delete(r.Spec, field)
	}
	if r.Spec["plugins"] != nil {
		r.Spec["plugins"] = map[string]any{}
	}
	return r
}

func made(key gateway.Key, body any) gateway.Resource {
	spec, _ := body.(map[string]any)
	if spec == nil {
		spec = map[string]any{}
	}
	return gateway.Resource{Key: key, Spec: maps.Clone(spec)}
}

func with(key gateway.Key, name string, conf any) gateway.Resource {
	return made(key, map[string]any{"plugins": map[string]any{name: conf}})
}

// readBack reads a stored body as Live does.
func readBack(t *testing.T, key gateway.Key, kept map[string]any) gateway.Resource {
	text, err := json.Marshal(kept)
	if err != nil {
		t.Fatal(err)
	}
	r, err := entry{Value: text}.resource(key)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return r
}

// firstSeed makes another series of cases than the usual one.
var firstSeed = flag.Int("noise.seed", 0, "the first seed of TestNoNoise")

// noiseCase is a resource and what a gateway gives back for it.
type noiseCase struct {
	r       gateway.Resource
	kept    map[string]any
	changed int // which value is changed behind the gateway's back
}

// TestNoNoise is the law that nothing is left to do once a resource was put: for every kind and plugin, on gateways that store
// what their schemas fill in and on those that do not. What really differs shows. The seeds are fixed, so that a failure is
// seen again; -noise.seed gives others.
func TestNoNoise(t *testing.T) {
	for _, s := range []struct {
		version string
		fills   bool
	}{{"3.18", false}, {"3.13", true}} {
		table := recordedTable(t, s.version)
		all := subjects(table.set)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			t.Run(s.version+" "+name, func(t *testing.T) { noNoise(t, store{table, s.fills}, all[name]) })
		}
	}
}

// noNoise looks at some cases that the gateway takes.
func noNoise(t *testing.T, s store, draw func(generator) gateway.Resource) {
	const want, most = 6, 150
	cases := rapid.Custom(func(t *rapid.T) noiseCase {
		r := draw(generator{t})
		repair(s.table.set, r)
		return noiseCase{r, s.keep(t, r.Key, r.Spec), rapid.IntRange(0, 1<<20).Draw(t, "changed")}
	})
	valid, changes := 0, 0
	for seed := range most {
		c := cases.Example(*firstSeed + seed)
		if len(s.table.set.Check(c.r)) > 0 {
			continue
		}
		changes += s.oneCase(t, c)
		if valid++; valid == want {
			return
		}
	}
	t.Errorf("only %d of %d values are valid, and %d could be changed", valid, most, changes)
}

// repair takes out of a drawn body what the gateway refuses, as far as that goes.
func repair(set *schema.Set, r gateway.Resource) {
	if r.Key.Kind == gateway.Routes {
		delete(r.Spec, "uris")
		r.Spec["uri"], r.Spec["plugins"] = "/x", map[string]any{}
	}
	for range 4 {
		for _, fault := range set.Check(r) {
			remove(r.Spec, fault.Path)
		}
	}
}

// remove takes out a field, or the list that an item stands in.
func remove(spec map[string]any, path gateway.Path) {
	for len(path) > 0 && !path[len(path)-1].Field {
		path = path[:len(path)-1]
	}
	if len(path) == 0 {
		return
	}
	var at any = spec
	for _, step := range path[:len(path)-1] {
		switch v := at.(type) {
		case map[string]any:
			at = v[step.Key]
		case []any:
			at = v[step.Index]
		}
	}
	if m, ok := at.(map[string]any); ok {
		delete(m, path[len(path)-1].Key)
	}
}

// oneCase returns how many values could have been changed.
func (s store) oneCase(t *testing.T, c noiseCase) int {
	desired := gateway.Resource{Key: c.r.Key, Spec: gateway.Seal(c.r.Key, c.r.Spec)}
	aligned, same := alignedWith(t, s, desired, c.kept)
	if !same {
		t.Fatalf("put     %s\naligned %s\nkept    %v", desired.Bytes(), aligned.Bytes(), c.kept)
	}
	found := common(c.r.Spec, c.kept, nil, func(any) {})
	if len(found) == 0 {
		return 0
	}
	leaf := found[c.changed%len(found)]
	leaf.change()
	if _, same := alignedWith(t, s, desired, c.kept); same {
		t.Fatalf("a change of %s goes unseen: put %s, kept %v", leaf.at, desired.Bytes(), c.kept)
	}
	return len(found)
}

func alignedWith(t *testing.T, s store, desired gateway.Resource, kept map[string]any) (gateway.Resource, bool) {
	want, have := gateway.State{desired.Key: desired}, gateway.State{desired.Key: readBack(t, desired.Key, kept)}
	aligned := gateway.Align(want, have, s.table.at)
	return aligned[desired.Key], want.Digest() == aligned.Digest()
}

// leaf is a single value that desired and live both have.
type leaf struct {
	at     gateway.Path
	change func()
}

// common finds the values that both sides have and show.
func common(desired, live any, at gateway.Path, set func(any)) []leaf {
	var found []leaf
	switch live := live.(type) {
	case map[string]any:
		desired, _ := desired.(map[string]any)
		for _, field := range slices.Sorted(maps.Keys(live)) {
			if want, ok := desired[field]; ok && field != "client_key" {
				found = append(found, common(want, live[field], at.With(gateway.Field(field)), func(to any) { live[field] = to })...)
			}
		}
	case []any:
		desired, _ := desired.([]any)
		for i := range min(len(desired), len(live)) {
			found = append(found, common(desired[i], live[i], at.With(gateway.Item(i)), func(to any) { live[i] = to })...)
		}
	case string:
		found = append(found, leaf{at, func() { set(live + "!") }})
	case bool:
		found = append(found, leaf{at, func() { set(!live) }})
	case json.Number:
		n, _ := live.Float64()
		found = append(found, leaf{at, func() { set(json.Number(strconv.FormatFloat(n+1, 'f', -1, 64))) }})
	}
	return found
}
