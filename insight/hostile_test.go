package insight_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// answers asks a model everything there is to be asked of a commit, and returns the answers by what was asked.
func answers(t *testing.T, m *insight.Model, env, group, commit string, key gateway.Key) map[string]any {
	t.Helper()
	ctx := t.Context()
	all := map[string]any{"overview": m.Overview(0)}
	add := func(name string, answer any, err error) {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		all[name] = answer
	}
	groups, err := m.Groups(insight.GroupQuery{})
	add("groups", groups, err)
	turn, err := m.Turn(ctx, env, commit)
	add("turn", turn, err)
	changes, err := m.Changes(ctx, env, commit, insight.Page{})
	add("changes", changes, err)
	plan, err := m.Plan(ctx, env, commit, insight.Page{})
	add("plan", plan, err)
	one, err := m.Group(ctx, env, group)
	add("group", one, err)
	live, err := m.Live(ctx, env, group, insight.LiveQuery{Fresh: true})
	add("live", live, err)
	history, err := m.History(ctx, insight.HistoryQuery{})
	add("history", history, err)
	skew, err := m.Skew(ctx, "test", "prod", true, insight.Page{})
	add("skew", skew, err)
	resource, err := m.Resource(ctx, insight.ResourceQuery{Environment: env, Kind: string(key.Kind), ID: key.ID})
	add("resource", resource, err)
	return all
}

// secrets resolves every name to a marked value.
type secrets struct{}

func (secrets) Env(name string) (string, error)    { return "canary-env-" + name, nil }
func (secrets) Secret(name string) (string, error) { return "canary-secret-" + name, nil }

// TestNoAnswerHoldsASecret puts marked secrets wherever a config repo can have them, changes and removes them, lets a gateway drift in them,
// and looks for them in every form of every answer.
func TestNoAnswerHoldsASecret(t *testing.T) {
	r := newRig(t)
	r.values = secrets{}
	r.write(`-- base/secrets.yaml --
consumers:
  ada:
    credentials:
      main: {plugins: {key-auth: {key: "${secret(ada)}"}}}
      clear: {plugins: {key-auth: {key: canary-clear}}}
      env: {plugins: {basic-auth: {username: ada, password: "${env(PASSWORD)}"}}}
routes:
  sealed: {uri: /sealed, service_id: users, plugins: {proxy-rewrite: {headers: {set: {X-Key: "Bearer ${secret(header)}"}}}}}
`)
	r.commit("Secrets")
	r.restart()
	r.pass()
	key := parsed(t, "credentials/ada/clear")
	look := func(commit string) {
		t.Helper()
		for name, answer := range answers(t, r.model, "prod", "prod-eu", commit, key) {
			text, err := json.Marshal(answer)
			if err != nil {
				t.Fatal(err)
			}
			if all := string(text) + fmt.Sprintf("%v %+v %#v", answer, answer, answer); strings.Contains(all, "canary") {
				at := strings.Index(all, "canary")
				t.Errorf("%s shows a secret: …%s…", name, all[max(0, at-100):min(len(all), at+60)])
			}
		}
	}
	first := r.git("rev-parse", "HEAD")
	look(first)
	live, err := r.model.Live(t.Context(), "prod", "prod-eu", insight.LiveQuery{Text: "ada"})
	if err != nil || len(live.Resources) != 4 {
		t.Fatalf("the secrets are not live: %+v, %v", live, err)
	}
	r.put("prod-eu", "credentials/ada/main", map[string]any{"plugins": map[string]any{"key-auth": map[string]any{"key": "canary-drift"}}})
	look(first)
	r.edit("base/secrets.yaml", "canary-clear", "canary-clearer")
	r.edit("base/secrets.yaml", "secret(ada)", "secret(bob)")
	look(r.land("Changed"))
	r.git("rm", "--quiet", "base/secrets.yaml")
	look(r.land("Removed"))
}

// TestHostileNames: whatever names and texts hold, they come out as they went in, as data.
func TestHostileNames(t *testing.T) {
	long := strings.Repeat("ﷺ", 10_000)
	for _, text := range []string{`<script>alert(1)</script>`, "\u202eevil\u2066", "a\x00b\r\n\tc", long, "\xff\xfe"} {
		store, err := record.Open(t.TempDir()+"/journal", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		hash := strings.Repeat("ab", 20)
		e := record.Entry{
			Commit: hash, Subject: text, Author: text, Environment: "e" + text, State: record.Held, Text: text, Error: text + "\na.yaml:1:1: " + text, Reason: "commit",
			Verified: []record.Check{{Kind: "probe", Name: text, Text: text}},
		}
		group := e
		group.Group = "g" + text
		if err := store.Note(group); err != nil {
			t.Fatal(err)
		}
		if err := store.Note(e); err != nil {
			t.Fatal(err)
		}
		model := insight.New(insight.Config{
			Past: store.View, Mirror: noMirror{}, Status: func() reconciler.Status { return reconciler.StatusFromJournal(store.View) },
		})
		found, err := model.History(t.Context(), insight.HistoryQuery{Text: text, Author: text})
		if err != nil || len(found.Entries) != 2 {
			t.Fatalf("%.20q is not found: %+v, %v", text, found, err)
		}
		name := found.Entries[0].Environment // as JSON took it
		turn, err := model.Turn(t.Context(), name, hash)
		if err != nil || turn.State != "held" || turn.Environment != name || len(turn.Checks) != 1 {
			t.Errorf("%.20q: %v", text, err)
		}
		if o := model.Overview(0); len(o.Environments) != 1 || o.Environments[0].Name != name || len(o.Environments[0].Waves[0].Groups) != 1 {
			t.Errorf("%.20q: %+v", text, o.Environments)
		}
		if _, err := model.Group(t.Context(), name, found.Entries[1].Group); err != nil {
			t.Errorf("%.20q: %v", text, err)
		}
		if _, err := model.Live(context.Background(), text, text, insight.LiveQuery{}); err == nil {
			t.Errorf("%.20q is a group", text)
		}
		if _, err := json.Marshal(turn); err != nil {
			t.Error(err)
		}
	}
}

// TestLongValuesAreCut: a value of a megabyte is told by its beginning.
func TestLongValuesAreCut(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.write("-- environments/test/long.yaml --\nroutes:\n  login: {plugins: {response-rewrite: {body: \"" + strings.Repeat("é<", 100_000) + "\"}}}\n")
	hash := r.commit("Long")
	c, err := r.model.Changes(t.Context(), "test", r.seen(hash), insight.Page{})
	if err != nil || len(c.Resources) != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	text, ok := c.Resources[0].Fields[0].Second.(string) // the plugin as a whole is new
	if !ok || len(text) > insight.ValueBytes+50 || !strings.HasSuffix(text, "… (300011 bytes)") || strings.Contains(text, "\ufffd") {
		t.Errorf("%d bytes: …%s", len(text), text[max(0, len(text)-40):])
	}
}
