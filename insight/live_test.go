package insight_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/reconciler"
)

func listed(l insight.Live) string {
	var all []string
	for _, r := range l.Resources {
		all = append(all, fmt.Sprintf("%s/%s %s", r.Kind, r.ID, r.State))
	}
	return strings.Join(all, ", ")
}

// TestLiveAgainstDesired changes a gateway behind Git's back in every way there is.
func TestLiveAgainstDesired(t *testing.T) {
	r := newRig(t)
	r.pass()
	live := func(q insight.LiveQuery) insight.Live {
		t.Helper()
		q.Fresh = true
		live, err := r.model.Live(t.Context(), "", "prod-eu", q)
		if err != nil || live.Why != "" {
			t.Fatalf("%v %s", err, live.Why)
		}
		return live
	}
	want(t, "as desired", "upstreams/users same, services/users same, routes/login same, routes/users same", listed(live(insight.LiveQuery{})))
	r.put("prod-eu", "routes/stranger", map[string]any{"uri": "/x", "upstream_id": "users"})
	r.put("prod-eu", "routes/ours", map[string]any{"uri": "/y", "upstream_id": "users", "labels": map[string]any{"managed-by": "sluice"}})
	r.put("prod-eu", "routes/login", map[string]any{"uri": "/nowhere", "service_id": "users", "labels": map[string]any{"managed-by": "sluice"}})
	if err := r.clients["prod-eu"].Delete(context.Background(), parsed(t, "routes/users")); err != nil {
		t.Fatal(err)
	}
	all := live(insight.LiveQuery{})
	want(t, "changed", "upstreams/users same, services/users same, routes/login differs, routes/ours surplus, routes/stranger not-owned, routes/users missing", listed(all))
	if fmt.Sprint(all.Counts) != "map[differs:1 missing:1 not-owned:1 same:2 surplus:1]" || fmt.Sprint(all.Kinds) != "map[routes:4 services:1 upstreams:1]" {
		t.Errorf("counts %v, kinds %v", all.Counts, all.Kinds)
	}
	login := all.Resources[2]
	if login.From.Line != 7 || len(login.Fields) != 2 || login.Fields[1].Path != "uri" || login.Fields[1].Old != "/nowhere" || login.Fields[1].New != "/login" || login.Fields[1].From.Line != 7 {
		t.Errorf("login: %+v", login)
	}
	for query, wanted := range map[insight.LiveQuery]string{
		{State: "changed"}:                         "routes/login differs, routes/ours surplus, routes/users missing",
		{State: "not-owned"}:                       "routes/stranger not-owned",
		{Kind: "services"}:                         "services/users same",
		{Text: "S/OURS"}:                           "routes/ours surplus",
		{Text: "nothing"}:                          "",
		{Page: insight.Page{Offset: 2, Limit: 2}}:  "routes/login differs, routes/ours surplus",
		{Page: insight.Page{Offset: 99, Limit: 2}}: "",
	} {
		want(t, fmt.Sprintf("%+v", query), wanted, listed(live(query)))
	}
}

// TestLiveIsReadOnceForAWhile: a read stands for some seconds, and who asks for a new one gets it.
func TestLiveIsReadOnceForAWhile(t *testing.T) {
	r := newRig(t)
	r.pass()
	first, err := r.model.Live(t.Context(), "prod", "prod-eu", insight.LiveQuery{})
	if err != nil {
		t.Fatal(err)
	}
	r.put("prod-eu", "routes/stranger", map[string]any{"uri": "/x", "upstream_id": "users"})
	again, err := r.model.Live(t.Context(), "prod", "prod-eu", insight.LiveQuery{})
	if err != nil || !again.At.Equal(first.At) || len(again.Resources) != 4 {
		t.Errorf("it was read again: %+v, %v", again, err)
	}
	fresh, err := r.model.Live(t.Context(), "prod", "prod-eu", insight.LiveQuery{Fresh: true})
	if err != nil || !fresh.At.After(first.At) || len(fresh.Resources) != 5 {
		t.Errorf("it was not read again: %+v, %v", fresh, err)
	}
}

// TestWhatCantBeReadIsNeverEmpty: a gateway that is down, a replica that stands by, a repo with faults: the answer says so.
func TestWhatCantBeReadIsNeverEmpty(t *testing.T) {
	r := newRig(t)
	r.pass()
	hash := r.git("rev-parse", "HEAD")
	r.gateways["prod-eu"].Close()
	live, err := r.model.Live(t.Context(), "prod", "prod-eu", insight.LiveQuery{})
	if err != nil || !strings.Contains(live.Why, `read live of group "prod-eu"`) || len(live.Resources) != 0 {
		t.Errorf("a gateway that is down: %+v, %v", live, err)
	}
	plan, err := r.model.Plan(t.Context(), "prod", hash, insight.Page{})
	if err != nil || len(plan.Groups) != 2 || plan.Groups[0].Error == "" || plan.Groups[0].Summary != "" || plan.Groups[1].Error != "" {
		t.Errorf("its plan: %+v, %v", plan, err)
	}
	standby := r.config
	standby.Planner = func() *reconciler.Planner { return nil }
	model := insight.New(standby)
	if live, err = model.Live(t.Context(), "prod", "prod-eu", insight.LiveQuery{}); err != nil || !strings.Contains(live.Why, "stands by") {
		t.Errorf("a standby: %+v, %v", live, err)
	}
	if plan, err = model.Plan(t.Context(), "prod", hash, insight.Page{}); err != nil || !strings.Contains(plan.Why, "stands by") {
		t.Errorf("a standby: %+v, %v", plan, err)
	}
	r.journal.Close()
	if _, err = r.model.History(t.Context(), insight.HistoryQuery{}); err == nil {
		t.Error("a journal that can't be read is empty")
	}
	if _, err = r.model.Turn(t.Context(), "prod", hash); err == nil {
		t.Error("a turn that can't be read is empty")
	}
	if _, err = r.model.Group(t.Context(), "prod", "prod-us"); err == nil {
		t.Error("writes that can't be read are none")
	}
}

// TestInstances asks those that answer, those that do not, and those that can't be asked.
func TestInstances(t *testing.T) {
	r := newRig(t)
	r.pass()
	asked := 0
	r.config.Backend = func(group string) insight.Backend {
		if group != "prod-eu" {
			return insight.Backend{Type: "api7", Why: "name them"}
		}
		return insight.Backend{Type: "apisix", Instances: []insight.Probe{
			{Name: "http://eu-1:7085", Ask: func(context.Context) error { asked++; return nil }},
			{Name: "http://eu-2:7085", Ask: func(context.Context) error { return errors.New("worker 3 has no configuration") }},
			{Name: "http://eu-3:9080", Short: "nobody can say"},
			{Name: "http://eu-4:7085", Ask: func(ctx context.Context) error {
				if _, bounded := ctx.Deadline(); !bounded {
					t.Error("an instance may be asked for ever")
				}
				return nil
			}},
			{Name: "http://eu-5:9090", Ask: func(context.Context) error { return nil }, Short: "it answers"},
			{Name: "http://eu-6:9090", Ask: func(context.Context) error { return errors.New("refused") }, Short: "it answers"},
		}}
	}
	model := insight.New(r.config)
	for range 3 {
		health, err := model.Instances(t.Context(), "", "prod-eu")
		if err != nil || fmt.Sprint(health.Instances) != "[{http://eu-1:7085 ready } {http://eu-2:7085 not-ready worker 3 has no configuration} {http://eu-3:9080 unknown nobody can say} {http://eu-4:7085 ready } "+
			"{http://eu-5:9090 running it answers} {http://eu-6:9090 not-ready refused}]" || time.Since(health.At) > time.Minute {
			t.Fatalf("%+v, %v", health, err)
		}
	}
	if asked != 1 {
		t.Errorf("an instance was asked %d times", asked)
	}
	health, err := model.Instances(t.Context(), "", "prod-us")
	if err != nil || health.Why != "name them" || len(health.Instances) != 0 {
		t.Errorf("nobody to ask: %+v, %v", health, err)
	}
	group, err := model.Group(t.Context(), "", "prod-us")
	if err != nil || group.Type != "api7" || group.Environment != "prod" || len(group.Writes) != 1 || group.Running.Subject != "begin" {
		t.Errorf("%+v, %v", group, err)
	}
}

// TestDriftIsHistory: what was healed is told apart from what commits wrote.
func TestDriftIsHistory(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.put("prod-eu", "routes/login", map[string]any{"uri": "/nowhere", "service_id": "users", "labels": map[string]any{"managed-by": "sluice"}})
	r.pass()
	group, err := r.model.Group(t.Context(), "prod", "prod-eu")
	if err != nil || len(group.Writes) != 1 || len(group.Drifts) != 1 || group.Drifts[0].Changes[0].Key.ID != "login" {
		t.Errorf("%+v, %v", group, err)
	}
	turn := r.turn("prod", r.git("rev-parse", "HEAD"))
	if strings.Count(told(turn), "prod-eu") != 1 || turn.Groups[0].Created != 4 || len(turn.Entries) != 3 {
		t.Errorf("the turn of the commit: %s %+v", told(turn), turn.Groups[0])
	}
}
