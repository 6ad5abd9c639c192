package insight_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// fleet is a status of so many gateway groups in two environments.
func fleet(groups int) reconciler.Status {
	commit := strings.Repeat("c", 40)
	prod := reconciler.EnvironmentStatus{Name: "prod", After: []string{"uat"}, State: "applied", Target: commit, Applied: commit}
	for i := range groups {
		g := reconciler.GroupStatus{Name: fmt.Sprintf("prod-%04d", i), Wave: 1 + i/(groups/4+1), State: "applied", Applied: commit, Digest: commit}
		switch i {
		case groups - 1:
			g.Error = "admin API unreachable"
		case groups - 2:
			g.Drift = 3
		case groups - 3:
			g.Applied = ""
		case groups - 4:
			g.Canary = "canary of users at 25 %"
		}
		prod.Groups = append(prod.Groups, g)
	}
	uat := reconciler.EnvironmentStatus{Name: "uat", State: "verifying", Target: commit, Groups: []reconciler.GroupStatus{{Name: "uat", Wave: 1, State: "applied"}}}
	return reconciler.Status{Head: commit, Environments: []reconciler.EnvironmentStatus{prod, uat}}
}

func fleetModel(status reconciler.Status) *insight.Model {
	return insight.New(insight.Config{Past: &record.View{}, Mirror: noMirror{}, Status: func() reconciler.Status { return status }})
}

// TestAFleetIsSummarised shows a thousand groups as a few: those that somebody must look at, and the counts of all.
func TestAFleetIsSummarised(t *testing.T) {
	model := fleetModel(fleet(1000))
	o := model.Overview(3)
	if o.Environments[0].Name != "uat" || o.Environments[1].Stage != 2 || len(o.Environments[1].Waves) != 4 {
		t.Fatalf("%+v", o)
	}
	prod := o.Environments[1]
	if prod.Counts != (insight.Counts{Groups: 1000, Current: 997, Behind: 1, Failing: 1, Drifting: 1, Drift: 3, Canary: 1}) {
		t.Errorf("%+v", prod.Counts)
	}
	last := prod.Waves[3]
	if len(last.Groups) != 3 || last.Counts.Groups != last.More+3 || last.Groups[0].Error == "" || last.Groups[1].Drift != 3 || last.Groups[2].Applied != "" {
		t.Errorf("%+v", last)
	}
	if prod.Waves[0].Groups[0].Name != "prod-0000" {
		t.Errorf("%+v", prod.Waves[0].Groups)
	}
	text, err := json.Marshal(model.Overview(0))
	if err != nil || len(text) > 60_000 {
		t.Errorf("the overview takes %d bytes: %v", len(text), err)
	}
}

// TestGroupsAreListed searches and pages through the groups of a fleet.
func TestGroupsAreListed(t *testing.T) {
	model := fleetModel(fleet(1000))
	for _, tt := range []struct {
		q            insight.GroupQuery
		total        int
		first, last  string
		shown, limit int
	}{
		{insight.GroupQuery{}, 1001, "uat", "prod-0098", 100, 100},
		{insight.GroupQuery{Environment: "prod", Page: insight.Page{Offset: 995, Limit: 10}}, 1000, "prod-0995", "prod-0999", 5, 10},
		{insight.GroupQuery{Page: insight.Page{Offset: -5, Limit: 9999}}, 1001, "uat", "prod-0498", 500, 500},
		{insight.GroupQuery{Text: "PROD-012"}, 10, "prod-0120", "prod-0129", 10, 100},
		{insight.GroupQuery{Only: "failing"}, 1, "prod-0999", "prod-0999", 1, 100},
		{insight.GroupQuery{Only: "drifting"}, 1, "prod-0998", "prod-0998", 1, 100},
		{insight.GroupQuery{Only: "behind"}, 2, "uat", "prod-0997", 2, 100},
		{insight.GroupQuery{Only: "canary", Environment: "prod"}, 1, "prod-0996", "prod-0996", 1, 100},
	} {
		list, err := model.Groups(tt.q)
		if err != nil || list.Page.Total != tt.total || len(list.Groups) != tt.shown || list.Page.Limit != tt.limit {
			t.Fatalf("%+v: %d of %+v, %v", tt.q, len(list.Groups), list.Page, err)
		}
		if list.Groups[0].Name != tt.first || list.Groups[tt.shown-1].Name != tt.last {
			t.Errorf("%+v: from %s to %s", tt.q, list.Groups[0].Name, list.Groups[tt.shown-1].Name)
		}
	}
}

// TestAPauseIsTold: by whom it is, until when, and whether a call can end it.
func TestAPauseIsTold(t *testing.T) {
	journal, _ := journalOf(t)
	status := reconciler.Status{Environments: []reconciler.EnvironmentStatus{
		{Name: "call"}, {Name: "git", Paused: "paused: audit (by Git)"}, {Name: "resumed", Paused: "paused: x (by ada)"}, {Name: "free"},
	}}
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	if err := journal.Pause(record.Pause{Environment: "call", By: "ada", Reason: "INC-1", Until: until}); err != nil {
		t.Fatal(err)
	}
	model := insight.New(insight.Config{Past: journal.View, Mirror: noMirror{}, Status: func() reconciler.Status { return status }})
	envs := model.Overview(0).Environments
	if p := envs[0].Paused; p == nil || !p.Call || p.By != "ada" || !p.Until.Equal(until) || p.Text != "paused: INC-1 (by ada)" {
		t.Errorf("by a call: %+v", p)
	}
	if p := envs[1].Paused; p == nil || p.Call || p.By != "Git" {
		t.Errorf("in Git: %+v", p)
	}
	if envs[2].Paused != nil || envs[3].Paused != nil {
		t.Errorf("resumed: %+v, never: %+v", envs[2].Paused, envs[3].Paused)
	}
}

// TestTroubleIsTold: what keeps the daemon from its work, by kind.
func TestTroubleIsTold(t *testing.T) {
	for text, kind := range map[string]string{
		"read the config repo: no route to host\n\thint: look": "config-repo", "journal: disk full": "journal", "standby: etcd is silent": "replica",
	} {
		model := fleetModel(reconciler.Status{Error: text})
		found := model.Overview(0).Trouble
		if len(found) != 1 || found[0].Kind != kind || strings.Contains(found[0].Text, "\n") || strings.Contains(text, "hint") && found[0].Hint != "look" {
			t.Errorf("%q: %+v", text, found)
		}
	}
}

// BenchmarkOverview shows a thousand groups.
func BenchmarkOverview(b *testing.B) {
	model := fleetModel(fleet(1000))
	for b.Loop() {
		model.Overview(0)
	}
}

// TestAGroupThatAGuardHoldsIsBehind: nothing is wrong with it, and it does not run what it shall.
func TestAGroupThatAGuardHoldsIsBehind(t *testing.T) {
	status := fleet(10)
	status.Environments[0].Groups[9].Applied, status.Environments[0].Groups[9].Error = strings.Repeat("b", 40), "held: guard protect: deletes routes/login"
	model := fleetModel(status)
	if counts := model.Overview(0).Environments[1].Counts; counts.Failing != 0 || counts.Behind != 2 {
		t.Errorf("counted as %+v", counts)
	}
	for only, want := range map[string]int{"failing": 0, "behind": 2} {
		if list, err := model.Groups(insight.GroupQuery{Only: only}); err != nil || list.Page.Total != want+map[string]int{"behind": 1}[only] { // uat is behind too
			t.Errorf("%s: %+v, %v", only, list, err)
		}
	}
}
