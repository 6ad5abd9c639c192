package insight_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/insight"
)

// shown is an overview, a line an environment.
func shown(o insight.Overview) string {
	var b strings.Builder
	for _, e := range o.Environments {
		fmt.Fprintf(&b, "%d %s %s %t: %s runs %s;", e.Stage, e.Name, e.State, e.Final, e.Target.Subject, e.Applied.Subject)
		for _, w := range e.Waves {
			fmt.Fprintf(&b, " %d:", w.Number)
			for _, g := range w.Groups {
				fmt.Fprintf(&b, " %s %s", g.Name, g.State)
				if g.Current {
					b.WriteString(" current")
				}
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func want(t *testing.T, what, want, got string) {
	t.Helper()
	if diff := cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(got)); diff != "" {
		t.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

// TestTheStoryOfACommit follows a commit, a fault, a held one and a revert through the environments.
func TestTheStoryOfACommit(t *testing.T) {
	r := newRig(t)
	want(t, "before the first pass", "", shown(r.model.Overview(0)))
	first := r.git("rev-parse", "HEAD")
	r.pass()
	want(t, "overview", `
1 test applied true: begin runs begin; 1: test applied current
2 prod applied true: begin runs begin; 1: prod-eu applied current 2: prod-us applied current
`, shown(r.model.Overview(0)))
	r.edit("base/users.yaml", "count: 5", "count: 7")
	second := r.commit("Seven logins")
	r.pass()
	turn := r.turn("prod", second[:7])
	want(t, "applied", `
committed  Seven logins
planning  
applying prod-eu true 0 created, 1 updated, 0 deleted
applying prod-us true 0 created, 1 updated, 0 deleted
applied  true 0 created, 2 updated, 0 deleted on 2 groups
`, told(turn))
	if turn.Before.Hash != first || !turn.Running || !turn.Head || kinds(turn) != "revert" || len(turn.Entries) != 3 {
		t.Errorf("applied: %+v", turn)
	}

	r.edit("base/users.yaml", "service_id: users, uri: /users/*", "service_id: nobody, uri: /users/*")
	broken := r.commit("Nobody")
	r.pass()
	turn = r.turn("test", broken)
	if len(turn.Faults) != 1 || turn.Faults[0].Place.Line != 6 || turn.Faults[0].Place.URL != fmt.Sprintf("https://forge/%.7s/base/users.yaml#L6", broken) ||
		turn.Faults[0].Hint == "" || kinds(turn) != "fix revert" || turn.Next[0].URL != turn.Faults[0].Place.URL {
		t.Errorf("failed: %+v %+v", turn.Faults, turn.Next)
	}
	turn = r.turn("prod", broken)
	if turn.State != "queued" || kinds(turn) != "follow" || turn.Next[0].Environment != "test" || turn.Final || !strings.Contains(turn.Next[0].Text, "where it is failed") {
		t.Errorf("queued: %+v", turn)
	}
	for _, group := range r.turn("prod", second).Groups {
		if !group.Runs {
			t.Errorf("%s does not run what is applied", group.Name)
		}
	}
	for _, group := range turn.Groups {
		if group.State != "" || group.Runs {
			t.Errorf("%s shows the state %s of another commit", group.Name, group.State)
		}
	}

	r.git("revert", "--no-edit", broken)
	r.edit("base/users.yaml", "  login: {service_id: users, uri: /login, plugins: {limit-count: {count: 7, time_window: 60}}}\n", "")
	held := r.commit("No login")
	r.pass()
	turn = r.turn("prod", held)
	if turn.State != "held" || kinds(turn) != "allow revert" || !strings.HasPrefix(turn.Next[0].Command, "Sluice-Allow: prod ") {
		t.Errorf("held: %s, %+v", turn.State, turn.Next)
	}
	plan, err := r.model.Plan(t.Context(), "prod", held, insight.Page{Limit: 1})
	if err != nil || len(plan.Groups) != 1 || plan.Page.Total != 2 || !strings.Contains(turn.Next[0].Command, plan.Groups[0].Allow) || plan.Groups[0].Changes[0].ID != "login" {
		t.Errorf("plan: %+v, %v", plan, err)
	}

	r.git("revert", "--no-edit", held)
	reverted := r.git("rev-parse", "HEAD")
	r.pass()
	turn = r.turn("test", reverted)
	if turn.State != "applied" || turn.Restores == nil || turn.Restores.Hash != second || turn.Before.Hash != held {
		t.Errorf("reverted: %s, %+v", turn.State, turn.Restores)
	}
	turn = r.turn("prod", broken)
	if turn.State != "superseded" || turn.CarriedBy == nil || kinds(turn) != "follow" || turn.Next[0].Commit != turn.CarriedBy.Hash {
		t.Errorf("superseded: %+v", turn)
	}
	if turn = r.turn("prod", held); turn.Later == nil || turn.Later.Commit.Hash != reverted || turn.Later.State != "unchanged" || kinds(turn) != "follow" ||
		strings.Contains(turn.Detail, "to allow it") || !strings.Contains(turn.Detail, "guard") {
		t.Errorf("held, and gone by: %+v, %q", turn.Later, turn.Detail)
	}
	if turn = r.turn("prod", held); len(turn.Carries) != 2 || turn.Carries[1].Hash != broken {
		t.Errorf("it carries %+v", turn.Carries)
	}
	if want := []insight.TurnElsewhere{{Environment: "test", State: "failed"}}; !slices.Equal(r.turn("prod", broken).Elsewhere, want) {
		t.Errorf("elsewhere it was %+v", r.turn("prod", broken).Elsewhere)
	}
	if want := []insight.TurnElsewhere{{Environment: "prod", State: "unchanged", Running: true, Target: true}}; !slices.Equal(r.turn("test", reverted).Elsewhere, want) {
		t.Errorf("elsewhere it is %+v", r.turn("test", reverted).Elsewhere)
	}
	group, err := r.model.Group(t.Context(), "prod", "prod-eu")
	if end := r.turn("prod", reverted).Entries[0].Finished; err != nil || group.Running.Hash != reverted || !group.Since.Equal(end) || !end.After(group.Writes[0].Finished) {
		t.Errorf("it runs since %s, which ended at %s: %v", group.Since, end, err)
	}
	if turn = r.turn("prod", reverted); turn.State != "unchanged" || kinds(turn) != "" {
		t.Errorf("nothing to change: %s, %+v", turn.State, turn.Next)
	}
	turn = r.turn("prod", second)
	if turn.Running || kinds(turn) != "follow" || turn.Next[0].Commit != reverted {
		t.Errorf("what ran before: %+v", turn.Next)
	}
}

// TestWhatThereIsNot asks for what is not there, and for what makes no sense.
func TestWhatThereIsNot(t *testing.T) {
	r := newRig(t)
	r.pass()
	hash := r.git("rev-parse", "HEAD")
	ctx := t.Context()
	tests := map[string]func() error{
		"404 environment": func() error { _, err := r.model.Turn(ctx, "uat", hash); return err },
		"404 commit":      func() error { _, err := r.model.Turn(ctx, "prod", strings.Repeat("0", 40)); return err },
		"400 not a hash":  func() error { _, err := r.model.Turn(ctx, "prod", "../../etc"); return err },
		"400 too short":   func() error { _, err := r.model.Turn(ctx, "prod", hash[:3]); return err },
		"404 changes":     func() error { _, err := r.model.Changes(ctx, "uat", hash, insight.Page{}); return err },
		"404 plan":        func() error { _, err := r.model.Plan(ctx, "uat", hash, insight.Page{}); return err },
		"404 group":       func() error { _, err := r.model.Group(ctx, "", "prod-ap"); return err },
		"404 group there": func() error { _, err := r.model.Group(ctx, "test", "prod-eu"); return err },
		"404 live":        func() error { _, err := r.model.Live(ctx, "", "prod-ap", insight.LiveQuery{}); return err },
		"400 live":        func() error { _, err := r.model.Live(ctx, "", "prod-eu", insight.LiveQuery{State: "odd"}); return err },
		"404 instances":   func() error { _, err := r.model.Instances(ctx, "", "prod-ap"); return err },
		"404 skew":        func() error { _, err := r.model.Skew(ctx, "test", "uat", false, insight.Page{}); return err },
		"404 skew at":     func() error { _, err := r.model.SkewAt(ctx, "uat", hash, hash, insight.Page{}); return err },
		"404 groups":      func() error { _, err := r.model.Groups(insight.GroupQuery{Environment: "uat"}); return err },
		"400 groups":      func() error { _, err := r.model.Groups(insight.GroupQuery{Only: "odd"}); return err },
		"400 state":       func() error { _, err := r.model.History(ctx, insight.HistoryQuery{State: "odd"}); return err },
		"400 resource":    func() error { _, err := r.model.History(ctx, insight.HistoryQuery{Resource: "odd"}); return err },
		"400 group":       func() error { _, err := r.model.History(ctx, insight.HistoryQuery{Group: "prod-ue"}); return err },
		"400 second":      func() error { _, err := r.model.SkewAt(ctx, "prod", hash, "main", insight.Page{}); return err },
		"400 commit":      func() error { _, err := r.model.History(ctx, insight.HistoryQuery{Commit: "main"}); return err },
		"400 before":      func() error { _, err := r.model.History(ctx, insight.HistoryQuery{Before: -1}); return err },
		"404 resource": func() error {
			_, err := r.model.Resource(ctx, insight.ResourceQuery{Environment: "uat", Kind: "routes", ID: "users"})
			return err
		},
		"400 kind": func() error {
			_, err := r.model.Resource(ctx, insight.ResourceQuery{Environment: "prod", Kind: "odd", ID: "users"})
			return err
		},
	}
	for name, ask := range tests {
		err := ask()
		_, missing := errors.AsType[*insight.NotFoundError](err)
		_, odd := errors.AsType[*insight.QueryError](err)
		if missing != strings.HasPrefix(name, "404") || odd != strings.HasPrefix(name, "400") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestChangesSayWhoWroteThem looks at what a commit changes, and at what the first one does.
func TestChangesSayWhoWroteThem(t *testing.T) {
	r := newRig(t)
	first := r.git("rev-parse", "HEAD")
	r.pass()
	r.edit("base/users.yaml", "count: 5", "count: 7")
	r.edit("environments/prod/environment.yaml", "domain: acme.example", "domain: acme.org")
	second := r.commit("Seven")
	r.pass()
	c, err := r.model.Changes(t.Context(), "prod", second, insight.Page{})
	if err != nil || c.Why != "" || c.Differ != 2 || c.OnlyFirst+c.OnlySecond+c.Meant+c.MoreResources != 0 || len(c.Resources) != 2 {
		t.Fatalf("%+v, %v", c, err)
	}
	field := c.Resources[1].Fields[0]
	if c.Resources[1].ID != "login" || fmt.Sprintf("%v %v %s", field.First, field.Second, field.Path) != "5 7 plugins.limit-count.count" || field.Meant ||
		field.FirstFrom.URL != fmt.Sprintf("https://forge/%.7s/base/users.yaml#L7", first) || field.SecondFrom.Line != 7 {
		t.Errorf("%+v", c.Resources[1])
	}
	c, err = r.model.Changes(t.Context(), "prod", second, insight.Page{Offset: 1, Limit: 1})
	if err != nil || len(c.Resources) != 1 || c.Resources[0].ID != "login" || c.Page != (insight.Page{Offset: 1, Limit: 1, Total: 2}) {
		t.Errorf("a page: %+v, %v", c, err)
	}
	c, err = r.model.Changes(t.Context(), "prod", first, insight.Page{})
	if err != nil || c.OnlySecond != 4 || c.First != "" {
		t.Errorf("the first commit: %+v, %v", c, err)
	}
	r.write("-- base/broken.yaml --\nroutes: {x: {uris: [1}}\n")
	broken := r.commit("Broken")
	r.pass()
	c, err = r.model.Changes(t.Context(), "test", broken, insight.Page{})
	if err != nil || c.Why == "" || len(c.Faults) == 0 || c.Faults[0].Place.File != "base/broken.yaml" || len(c.Resources) != 0 {
		t.Errorf("a commit with faults: %+v, %v", c, err)
	}
}

// TestSkew compares two environments, with and without what is meant.
func TestSkew(t *testing.T) {
	r := newRig(t)
	r.write("-- environments/prod/more.yaml --\nroutes:\n  login: {plugins: {limit-count: {count: 50}}}\n")
	r.commit("Prod takes more")
	r.pass()
	c, err := r.model.Skew(t.Context(), "test", "prod", false, insight.Page{})
	if err != nil || c.Differ != 1 || c.Meant != 1 || c.Resources[0].Fields[0].SecondFrom.File != "environments/prod/more.yaml" {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err = r.model.Skew(t.Context(), "test", "prod", true, insight.Page{}); err != nil || c.Differ != 2 || c.Meant != 0 {
		t.Errorf("all: %+v, %v", c, err)
	}
}

// TestSkewAtTwoCommits compares an environment with itself, at two commits that need not follow each other.
func TestSkewAtTwoCommits(t *testing.T) {
	r := newRig(t)
	first := r.git("rev-parse", "HEAD")
	r.pass()
	r.edit("base/users.yaml", "count: 5", "count: 7")
	r.commit("Seven")
	r.write("-- environments/prod/more.yaml --\nroutes:\n  more: {service_id: users, uri: /more}\n")
	last := r.commit("More")
	r.pass()
	for env, want := range map[string]string{"prod": "1 1 0", "test": "1 0 0"} {
		c, err := r.model.SkewAt(t.Context(), env, first[:8], last, insight.Page{})
		if got := fmt.Sprint(c.Differ, c.OnlySecond, c.OnlyFirst); err != nil || got != want || c.FirstCommit.Hash != first || c.Environment != env {
			t.Errorf("%s: %s, want %s: %+v, %v", env, got, want, c, err)
		}
	}
	_, err := r.model.SkewAt(t.Context(), "prod", first, "main", insight.Page{})
	if query, ok := errors.AsType[*insight.QueryError](err); !ok || query.Field != "second" {
		t.Errorf("a second side that is none: %v", err)
	}
}

// TestWhoChangedAResource asks who changed a route, and where its fields come from.
func TestWhoChangedAResource(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.edit("base/users.yaml", "uri: /users/*", "uri: /people/*")
	r.commit("People")
	r.write("-- environments/prod/more.yaml --\nroutes:\n  login: {plugins: {limit-count: {count: 50}}}\n")
	second := r.commit("Prod takes more")
	r.pass()
	found, err := r.model.Resource(t.Context(), insight.ResourceQuery{Environment: "prod", Kind: "routes", ID: "login"})
	if err != nil || found.Why != "" || len(found.Changed) != 4 || found.Changed[0].Commit != second || len(found.Changed[3].Changes) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	if len(found.Groups) != 1 || fmt.Sprint(found.Groups[0].Groups) != "[prod-eu prod-us]" {
		t.Fatalf("%+v", found.Groups)
	}
	for _, f := range found.Groups[0].Fields {
		if f.Path == "plugins.limit-count.count" && (fmt.Sprint(f.Value) != "50" || len(f.From) != 2 || f.From[0].File != "environments/prod/more.yaml" || f.From[1].Line != 7) {
			t.Errorf("%+v", f)
		}
	}
	found, err = r.model.Resource(t.Context(), insight.ResourceQuery{Environment: "prod", Kind: "routes", ID: "gone"})
	if err != nil || found.Why == "" || len(found.Changed)+len(found.Groups) != 0 {
		t.Errorf("what there is not: %+v, %v", found, err)
	}
}
