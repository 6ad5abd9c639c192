package plan

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// shown is a plan with one of everything that a person reads.
func shown(t *testing.T) Plan {
	t.Helper()
	live := parse(t, "services/old; routes/r uri=/a service_id=old; routes/hand uri=/hand; credentials/a/k key=one; consumers/a")
	delete(live[gateway.Key{Kind: gateway.Routes, ID: "hand"}].Spec, "labels")
	want := parse(t, "services/new hosts=a,b; routes/r uri=/a service_id=new; routes/hand uri=/hand; credentials/a/k key=two; consumers/a")
	route := want[gateway.Key{Kind: gateway.Routes, ID: "r"}]
	route.Origin = &gateway.Origin{Fields: map[string]*gateway.Origin{
		"service_id": {Pos: diag.Pos{File: "base/routes.yaml", Line: 4, Col: 17}},
	}}
	want[route.Key] = route
	one := 0
	return New(want, live, Policy{Guard: Guard{MaxDeletes: &one}})
}

func TestText(t *testing.T) {
	var out strings.Builder
	p := shown(t)
	p.Text(&out, "prod", "prod-eu", nil)
	want := `prod/prod-eu: 1 to create, 2 to update, 1 to delete, 1 to adopt, 1 breaking

  expand
    ~ credentials/a/k
        plugins.key-auth.key  *** → ***
    + services/new
        hosts   ["a","b"]
        labels  {"managed-by":"sluice"}

  switch
    = routes/hand (adopt)
        labels  {"managed-by":"sluice"}
    ~ routes/r
      ! answers only a part of /a
        service_id  old → new  base/routes.yaml:4:17

  contract
    - services/old

  held by guard maxDeletes: deletes 1 resource, and guard.maxDeletes is 0
	hint: delete in smaller steps, or allow this plan

  held by guard adopt: takes over 1 resource that Sluice does not own: routes/hand
	hint: adopt: allow in environment.yaml lets the environment take over what it names, or allow this plan

  to allow exactly this plan, put this line at the end of a commit message:
	` + p.Allow("prod") + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

// TestWhatOnlyStandsOnTheWayIsTold says that counts are of what the config repo has, and that what a pass left behind is explained.
func TestWhatOnlyStandsOnTheWayIsTold(t *testing.T) {
	live := parse(t, "routes/a uri=/x; routes/b uri=/y; upstreams/sluice-detour-1")
	p := New(parse(t, "routes/a uri=/y; routes/b uri=/x"), live, Policy{})
	if got, want := p.Summary(), "0 to create, 2 to update, 0 to delete (3 temporary)"; !strings.HasPrefix(got, want) {
		t.Errorf("summary %q, want %q", got, want)
	}
	for _, c := range p.Document("e", "g", "d").Changes {
		if c.Temporary != strings.HasPrefix(c.ID, "sluice-") || c.Temporary && c.Why == "" {
			t.Errorf("%s %s/%s: temporary %v, why %q", c.Op, c.Kind, c.ID, c.Temporary, c.Why)
		}
	}
}

func TestDocument(t *testing.T) {
	p := shown(t)
	data, err := json.Marshal(p.Document("prod", "prod-eu", "d1"))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if got["environment"] != "prod" || got["group"] != "prod-eu" || got["digest"] != "d1" || got["allow"] != p.Allow("prod") {
		t.Errorf("head of the document: %v", got)
	}
	changes := got["changes"].([]any)
	want := map[string]any{
		"op": "update", "phase": "switch", "step": 2.0, "kind": "routes", "id": "r",
		"breaking": []any{"answers only a part of /a"},
		"fields":   []any{map[string]any{"path": "service_id", "old": "old", "new": "new", "from": "base/routes.yaml:4:17"}},
	}
	if diff := cmp.Diff(want, changes[3]); diff != "" {
		t.Errorf("change (-want +got):\n%s", diff)
	}
	if strings.Contains(string(data), `"one"`) || strings.Contains(string(data), `"two"`) {
		t.Errorf("a secret shows: %s", data)
	}
}

func TestFields(t *testing.T) {
	spec := func(pairs ...any) map[string]any {
		out := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i].(string)] = pairs[i+1]
		}
		return out
	}
	tests := []struct {
		name      string
		old, next map[string]any
		want      []string
	}{
		{"a scalar in a map", spec("timeout", spec("read", int64(5), "send", int64(1))), spec("timeout", spec("read", int64(3), "send", int64(1))), []string{"timeout.read: 5 → 3"}},
		{"a type", spec("id", int64(1)), spec("id", "1"), []string{"id: 1 → 1"}},
		{"a field that is new", spec(), spec("desc", "x"), []string{"desc: x"}},
		{"a field that goes", spec("desc", "x"), spec(), []string{"desc: x → (removed)"}},
		{"a list as a whole", spec("methods", []any{"GET"}), spec("methods", []any{"GET", "POST"}), []string{`methods: ["GET"] → ["GET","POST"]`}},
		{"an item of a list of maps", spec("rules", []any{spec("w", int64(1)), spec("w", int64(2))}), spec("rules", []any{spec("w", int64(1)), spec("w", int64(3))}), []string{"rules[1].w: 2 → 3"}},
		{"a longer list of maps", spec("rules", []any{spec("w", int64(1))}), spec("rules", []any{spec("w", int64(1)), spec("w", int64(2))}), []string{`rules: [{"w":1}] → [{"w":1},{"w":2}]`}},
		{"a node", spec("nodes", spec("10.0.0.1:80", int64(1))), spec("nodes", spec("10.0.0.2:80", int64(1))), []string{`nodes["10.0.0.1:80"]: 1 → (removed)`, `nodes["10.0.0.2:80"]: 1`}},
		{"nothing", spec("a", spec("b", []any{})), spec("a", spec("b", []any{})), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, field := range changedFields(gateway.Resource{Spec: tt.old}, gateway.Resource{Spec: tt.next}) {
				got = append(got, field.Path.String()+": "+field.change(Update))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}
