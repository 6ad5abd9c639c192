package gateway_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
)

func TestCanonical(t *testing.T) {
	tests := []struct {
		name string
		in   any
		want string
	}{
		{"keys are sorted", map[string]any{"b": 1, "a": map[string]any{"d": true, "c": "x"}}, `{"a":{"c":"x","d":true},"b":1}`},
		{"an integral float is an integer", []any{1.0, 1e3, json.Number("2.0"), json.Number("7")}, `[1,1000,2,7]`},
		{"a fraction stays", []any{0.5, json.Number("1.25")}, `[0.5,1.25]`},
		{"a large integer keeps every digit", json.Number("9007199254740993"), `9007199254740993`},
		{"no HTML escapes", "a<b>&c", `"a<b>&c"`},
		{"text is escaped as JSON", "é\n\"\\", `"é\n\"\\"`},
		{"a secret shows its reference", gateway.NewSecret("${secret(a)}", "hidden"), `{"$secret":"ref:${secret(a)}"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := gateway.Canonical(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if text := string(gateway.AppendCanonical(nil, got)); text != tt.want {
				t.Errorf("got %s, want %s", text, tt.want)
			}
		})
	}
}

func TestCanonicalNamesThePlaceOfWhatItRefuses(t *testing.T) {
	for name, in := range map[string]any{
		"null":     nil,
		"infinity": math.Inf(1),
		"channel":  make(chan int),
	} {
		_, err := gateway.Canonical(map[string]any{"a": []any{"x", in}})
		if err == nil || !strings.HasPrefix(err.Error(), "a[1]: ") {
			t.Errorf("%s: error %v, want one at a[1]", name, err)
		}
	}
}

// drawRead makes a value as a JSON or YAML reader would.
func drawRead(t *rapid.T, depth int) any {
	kinds := []string{"string", "int", "float", "bool"}
	if depth > 0 {
		kinds = append(kinds, "map", "list")
	}
	switch rapid.SampledFrom(kinds).Draw(t, "kind") {
	case "int":
		return rapid.Int64().Draw(t, "int")
	case "float":
		return rapid.Float64Range(-1e9, 1e9).Draw(t, "float")
	case "bool":
		return rapid.Bool().Draw(t, "bool")
	case "map":
		m := map[string]any{}
		for range rapid.IntRange(0, 4).Draw(t, "fields") {
			m[rapid.String().Draw(t, "key")] = drawRead(t, depth-1)
		}
		return m
	case "list":
		list := []any{}
		for range rapid.IntRange(0, 4).Draw(t, "items") {
			list = append(list, drawRead(t, depth-1))
		}
		return list
	}
	return rapid.String().Draw(t, "string")
}

// TestCanonicalFormSurvivesAGateway says that what comes back from a JSON API has the bytes that were sent.
func TestCanonicalFormSurvivesAGateway(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value, err := gateway.Canonical(drawRead(t, 3))
		if err != nil {
			t.Fatal(err)
		}
		sent := gateway.AppendCanonical(nil, value)
		decoder := json.NewDecoder(strings.NewReader(string(sent)))
		decoder.UseNumber()
		var back any
		if err := decoder.Decode(&back); err != nil {
			t.Fatalf("%s is not JSON: %v", sent, err)
		}
		again, err := gateway.Canonical(back)
		if err != nil {
			t.Fatal(err)
		}
		if got := gateway.AppendCanonical(nil, again); string(got) != string(sent) {
			t.Fatalf("sent %s, read %s", sent, got)
		}
		if !gateway.Equal(value, again) {
			t.Fatalf("%s is not equal to itself read back", sent)
		}
	})
}

func TestDigest(t *testing.T) {
	route := func(spec map[string]any) gateway.State {
		key := gateway.Key{Kind: gateway.Routes, ID: "r"}
		return gateway.State{key: {Key: key, Spec: spec}}
	}
	base := route(map[string]any{"uri": "/a", "key": gateway.NewSecret("${secret(k)}", "one")})
	rotated := route(map[string]any{"uri": "/a", "key": gateway.NewSecret("${secret(k)}", "two")})
	unresolved := route(map[string]any{"uri": "/a", "key": gateway.UnresolvedSecret("${secret(k)}")})
	inline := route(map[string]any{"uri": "/a", "key": gateway.NewSecret("", "one")})
	otherInline := route(map[string]any{"uri": "/a", "key": gateway.NewSecret("", "two")})
	if base.Digest() != rotated.Digest() || base.Digest() != unresolved.Digest() {
		t.Error("a rotated or unresolved secret changes the digest of the commit")
	}
	if inline.Digest() == otherInline.Digest() || inline.Digest() == base.Digest() {
		t.Error("a secret that stands in the repo does not count in the digest")
	}
	if len(base.Digest()) != 64 {
		t.Errorf("digest %q", base.Digest())
	}
}

func TestFragmentPutsCredentialsIntoTheirConsumers(t *testing.T) {
	state := gateway.State{}
	for _, r := range []gateway.Resource{
		{Key: gateway.Key{Kind: gateway.Consumers, ID: "alice"}, Spec: map[string]any{"desc": "A"}},
		{Key: gateway.Key{Kind: gateway.Credentials, ID: "alice/one"}, Spec: map[string]any{"desc": "1"}},
		{Key: gateway.Key{Kind: gateway.Credentials, ID: "alice/two"}, Spec: map[string]any{"desc": "2"}},
	} {
		state[r.Key] = r
	}
	want := map[string]any{"consumers": map[string]any{"alice": map[string]any{
		"desc": "A", "credentials": map[string]any{"one": map[string]any{"desc": "1"}, "two": map[string]any{"desc": "2"}},
	}}}
	if diff := cmp.Diff(want, state.Fragment()); diff != "" {
		t.Errorf("fragment (-want +got):\n%s", diff)
	}
	if _, changed := state[gateway.Key{Kind: gateway.Consumers, ID: "alice"}].Spec["credentials"]; changed {
		t.Error("the state itself was changed")
	}
}

func states(n int) gateway.State {
	state := gateway.State{}
	for i := range n {
		key := gateway.Key{Kind: gateway.Routes, ID: fmt.Sprintf("route-%05d", i)}
		state[key] = gateway.Resource{Key: key, Spec: map[string]any{
			"uri": fmt.Sprintf("/service-%d/*", i), "methods": []any{"GET", "POST"}, "service_id": fmt.Sprint("s", i%100),
			"labels":  map[string]any{gateway.ManagedBy: gateway.ManagedBySluice},
			"plugins": map[string]any{"limit-count": map[string]any{"count": int64(100), "time_window": int64(60)}},
			"timeout": map[string]any{"connect": int64(1), "send": int64(5), "read": int64(5)},
		}}
	}
	return state
}

// BenchmarkDigest is the canonical form and digest of a whole state; ratio-to-json/op compares it with encoding/json.
func BenchmarkDigest(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		state := states(n)
		b.Run(fmt.Sprintf("resources=%d", n), func(b *testing.B) {
			for b.Loop() {
				state.Digest()
			}
		})
		b.Run(fmt.Sprintf("resources=%d/encoding-json", n), func(b *testing.B) {
			for b.Loop() {
				for _, key := range state.Keys() {
					if _, err := json.Marshal(state[key].Spec); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
