package page_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/skew"
)

// noon is when all scenes play.
func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

func before(d time.Duration) time.Time { return noon().Add(-d) }

// The commits of the scenes.
const (
	newHash = "9f1c2b3a4d5e6f708192a3b4c5d6e7f809182736"
	oldHash = "1a2b3c4d5e6f708192a3b4c5d6e7f8091827364a"
)

// scene is an Insight that answers from what it holds. What it does not hold is not there.
type scene struct {
	now       insight.Overview
	turn      insight.Turn
	changes   insight.Comparison
	plan      insight.Plan
	group     insight.Group
	health    insight.Health
	live      insight.Live
	past      insight.HistoryPage
	resource  insight.Resource
	fault     error // of everything that can have one
	asked     insight.HistoryQuery
	askedLive insight.LiveQuery
	askedPage insight.Page
}

func (s *scene) Overview(perWave int) insight.Overview {
	o := s.now
	o.Environments = append([]insight.Environment{}, o.Environments...)
	for i, e := range o.Environments {
		waves := append([]insight.Wave{}, e.Waves...)
		for j, w := range waves {
			shown := min(len(w.Groups), perWave)
			waves[j].Groups, waves[j].More = w.Groups[:shown], len(w.Groups)-shown
		}
		o.Environments[i].Waves = waves
	}
	return o
}

func (s *scene) Groups(q insight.GroupQuery) (insight.GroupList, error) {
	var all []insight.PlacedGroup
	for _, e := range s.now.Environments {
		for _, w := range e.Waves {
			for _, g := range w.Groups {
				if (q.Environment == "" || q.Environment == e.Name) && strings.Contains(g.Name, q.Text) {
					all = append(all, insight.PlacedGroup{Environment: e.Name, GroupLine: g})
				}
			}
		}
	}
	from := min(q.Page.Offset, len(all))
	to := min(from+q.Page.Limit, len(all))
	return insight.GroupList{Groups: all[from:to], Page: insight.Page{Offset: from, Limit: q.Page.Limit, Total: len(all)}}, s.fault
}

func (s *scene) Turn(_ context.Context, environment, commit string) (insight.Turn, error) {
	if s.turn.Commit.Hash == "" || !strings.HasPrefix(s.turn.Commit.Hash, commit) {
		return insight.Turn{}, &insight.NotFoundError{What: "commit " + commit}
	}
	return s.turn, s.fault
}

func (s *scene) Changes(_ context.Context, _, _ string, page insight.Page) (insight.Comparison, error) {
	s.askedPage = page
	return s.changes, s.fault
}

func (s *scene) Plan(context.Context, string, string, insight.Page) (insight.Plan, error) {
	return s.plan, s.fault
}

func (s *scene) Group(_ context.Context, _, name string) (insight.Group, error) {
	if s.group.Name != name {
		return insight.Group{}, &insight.NotFoundError{What: "gateway group " + name}
	}
	return s.group, s.fault
}

func (s *scene) Instances(context.Context, string, string) (insight.Health, error) {
	return s.health, s.fault
}

func (s *scene) Live(_ context.Context, _, _ string, q insight.LiveQuery) (insight.Live, error) {
	s.askedLive = q
	return s.live, s.fault
}

func (s *scene) History(_ context.Context, q insight.HistoryQuery) (insight.HistoryPage, error) {
	s.asked = q
	return s.past, s.fault
}

func (s *scene) Resource(context.Context, insight.ResourceQuery) (insight.Resource, error) {
	return s.resource, s.fault
}

func (s *scene) Skew(_ context.Context, first, second string, _ bool, _ insight.Page) (insight.Comparison, error) {
	c := s.changes
	c.First, c.Second = first, second
	return c, s.fault
}

func (s *scene) SkewAt(_ context.Context, environment, first, second string, page insight.Page) (insight.Comparison, error) {
	c := s.changes
	s.askedPage = page
	c.Environment, c.First, c.Second = environment, first, second
	c.FirstCommit, c.SecondCommit = insight.Commit{Hash: first}, insight.Commit{Hash: second}
	return c, s.fault
}

// ordinary is a commit on its way: live on test, verifying on uat, waiting for prod.
func ordinary() *scene {
	newest := insight.Commit{Hash: newHash, Subject: "Give orders a longer timeout", Author: "Ada <ada@acme.example>", When: before(4 * time.Minute), URL: "https://git.acme.example/platform/gateways/commit/" + newHash}
	older := insight.Commit{Hash: oldHash, Subject: "Rename users to accounts", Author: "Grace <grace@acme.example>", When: before(26 * time.Hour)}
	env := func(name string, stage int, after []string, state string, target, applied insight.Commit, waves ...[]insight.GroupLine) insight.Environment {
		e := insight.Environment{Name: name, Stage: stage, After: after, State: state, Target: target, Applied: applied, AppliedSince: before(3 * time.Minute), Since: before(3 * time.Minute)}
		for i, groups := range waves {
			for j := range groups {
				groups[j].Wave = i + 1
				e.Counts.Groups++
				if groups[j].Error != "" {
					e.Counts.Failing++
				} else if groups[j].Current {
					e.Counts.Current++
				}
			}
			e.Waves = append(e.Waves, insight.Wave{Number: i + 1, Groups: groups})
		}
		return e
	}
	line := func(name, state, applied string) insight.GroupLine {
		return insight.GroupLine{Name: name, State: state, Applied: applied, Digest: strings.Repeat("c0ffee", 10) + "abcd", Current: state == "applied"}
	}
	test := env("test", 1, nil, "applied", newest, newest, []insight.GroupLine{line("test", "applied", newHash)})
	test.Final, test.Text = true, "1 updated on 1 group; verified"
	uat := env("uat", 2, []string{"test"}, "verifying", newest, older, []insight.GroupLine{line("uat", "applied", newHash)})
	uat.Text, uat.Since, uat.Until = "wave 1/1: soaking 4m of 10m", before(4*time.Minute), noon().Add(6*time.Minute)
	prod := env("prod", 3, []string{"uat"}, "queued", newest, older,
		[]insight.GroupLine{line("prod-canary", "applied", oldHash)},
		[]insight.GroupLine{line("prod-eu", "applied", oldHash), line("prod-us", "applied", oldHash)})
	prod.Text = "waits for uat, which is verifying"
	prod.Waves[1].Groups[1].Drift, prod.Waves[1].Groups[1].Current = 2, false
	prod.Waves[1].Groups[0].Error = "admin API unreachable, retrying: dial tcp 10.0.0.7:9180: connection refused"
	s := &scene{now: insight.Overview{
		Repository: "https://git.acme.example/platform/gateways.git", Branch: "main", Role: "alone", Ready: true, Head: newest,
		Environments: []insight.Environment{test, uat, prod},
	}}
	s.now.Webhooks = &insight.Webhooks{Counts: map[string]int{"accepted": 3, "refused": 1}, Last: []insight.Webhook{{At: before(4 * time.Minute), ID: "d1", Event: "push", Outcome: "accepted"}}}
	s.change()
	s.tell(newest, older)
	return s
}

// change fills in what the commit changes, and how a group is.
func (s *scene) change() {
	s.changes = insight.Comparison{
		First: oldHash, Second: newHash, FirstCommit: insight.Commit{Hash: oldHash}, SecondCommit: insight.Commit{Hash: newHash}, Differ: 1, OnlySecond: 1,
		Page: insight.Page{Limit: 50, Total: 2},
		Resources: []insight.ResourceDifference{
			{Op: skew.Differs, Kind: "upstreams", ID: "orders", SecondGroups: []string{"uat"}, Fields: []insight.FieldDifference{
				{Path: "timeout.read", First: 5, Second: 30, FirstFrom: &insight.Place{File: "services/orders/orders.yaml", Line: 12, Col: 14}, SecondFrom: &insight.Place{File: "environments/uat/orders.yaml", Line: 4, Col: 11, URL: "https://git.acme.example/platform/gateways/src/commit/" + newHash + "/environments/uat/orders.yaml#L4"}},
				{Path: "labels.note", First: "a", SecondFrom: nil, FirstFrom: &insight.Place{File: "services/orders/orders.yaml", Line: 14, Col: 3}},
			}},
			{Op: skew.OnlySecond, Kind: "routes", ID: "orders-health", Fields: []insight.FieldDifference{{Path: "methods", Second: []any{"GET", "HEAD"}}, {Path: "uri", Second: "/orders/health"}}},
		},
	}
	s.plan = insight.Plan{Environment: "prod", Groups: []insight.GroupPlan{{
		Group: "prod-eu", Summary: "0 to create, 1 to update, 1 to delete", Allow: "Sluice-Allow: prod 6b86b273ff34",
		Refusals: []plan.RefusalDocument{{Guard: "protect", What: "routes/login is protected and would be deleted", Hint: "keep it, or allow the plan"}},
		Changes: []insight.Change{
			{Op: plan.Update, Phase: plan.Expand, Kind: "upstreams", ID: "orders", Breaking: []string{"slower clients time out"}, Fields: []insight.ChangedField{{Path: "retries", Old: 1, New: 3, From: &insight.Place{File: "base/upstreams.yaml", Line: 3}}}},
			{Op: plan.Delete, Phase: plan.Contract, Kind: "routes", ID: "login", Fields: []insight.ChangedField{{Path: "uri", Old: "/login"}}},
		},
	}}}
}

// tell fills in what became of the commit, and the past.
func (s *scene) tell(newest, older insight.Commit) {
	yes := true
	s.turn = insight.Turn{
		Environment: "uat", Commit: newest, State: "verifying", Text: "wave 1/1: soaking 4m of 10m", Since: before(4 * time.Minute), Until: noon().Add(6 * time.Minute),
		Applied: older, Before: older, Head: true, Carries: []insight.Commit{{Hash: strings.Repeat("ab", 20), Subject: "Fix a typo"}},
		Timeline: []insight.Moment{
			{At: before(5 * time.Minute), State: "committed", Text: "by Ada"},
			{At: before(270 * time.Second), End: before(265 * time.Second), State: "planning", OK: &yes},
			{At: before(265 * time.Second), End: before(4 * time.Minute), State: "applying", Wave: 1, Group: "uat", Text: "1 updated", OK: &yes},
			{At: before(4 * time.Minute), State: "verifying", Text: "soaking 4m of 10m", Now: true},
		},
		Groups:  []insight.TurnGroup{{Name: "uat", Wave: 1, State: "applied", Started: before(265 * time.Second), Finished: before(4 * time.Minute), Updated: 1, Confirmed: true}},
		Checks:  []record.Check{{Kind: "probe", Name: "users", Group: "uat", OK: true, Text: "200 in 12 ms, 3 times"}, {Kind: "metric", Name: "5xx", OK: false, Text: "0.7 > 0.5"}},
		Next:    []insight.Step{{Kind: "wait", Text: "Nothing: it goes on by itself when the soak is over."}, {Kind: "revert", Text: "To take it back, revert the commit.", Command: "git revert --no-edit " + newHash}},
		Entries: []record.Entry{entry(41, "uat", "uat", record.Applied, newest)},
		Elsewhere: []insight.TurnElsewhere{
			{Environment: "test", State: "rolled-back"}, {Environment: "stage", State: "applied", Running: true}, {Environment: "prod"},
		},
	}
	s.group = insight.Group{PlacedGroup: insight.PlacedGroup{Environment: "prod", GroupLine: s.now.Environments[2].Waves[1].Groups[1]}, Type: "apisix", Target: newest, Running: older, Since: before(26 * time.Hour)}
	s.group.Writes = []record.Entry{entry(12, "prod", "prod-us", record.Applied, older)}
	drift := entry(40, "prod", "prod-us", record.Applied, older)
	drift.Reason = "drift"
	s.group.Drifts = []record.Entry{drift}
	s.health = insight.Health{At: before(2 * time.Second), Instances: []insight.Instance{{Name: "us-1:7085", State: "ready"}, {Name: "us-2:7085", State: "not-ready", Text: "503 Service Unavailable"}}}
	s.live = insight.Live{
		At: before(3 * time.Second), Commit: older, Counts: map[string]int{"same": 3, "differs": 1, "not-owned": 1}, Kinds: map[string]int{"routes": 4, "upstreams": 1},
		Page: insight.Page{Limit: 50, Total: 5},
		Resources: []insight.LiveResource{
			{Kind: "routes", ID: "login", State: "same", From: &insight.Place{File: "base/routes.yaml", Line: 8, Col: 3}},
			{Kind: "routes", ID: "orders", State: "differs", Fields: []insight.ChangedField{{Path: "timeout.read", Old: 7, New: 5}}},
			{Kind: "routes", ID: "by-hand", State: "not-owned"},
		},
	}
	failed := entry(39, "prod", "", record.Failed, newest)
	failed.Error, failed.Hint = "base/routes.yaml:3:1: unknown field \"spce\"\n\tsecond line", "did you mean spec?"
	s.past = insight.HistoryPage{Entries: []record.Entry{entry(41, "uat", "uat", record.Applied, newest), failed, drift}, Environments: []string{"test", "uat", "prod"}, Groups: []string{"prod-eu", "prod-us"}, Next: 39}
	s.resource = insight.Resource{Environment: "prod", Kind: "routes", ID: "login", Commit: older, Changed: s.past.Entries[:1], Groups: []insight.ResourceGroup{{
		Groups: []string{"prod-eu"}, From: &insight.Place{File: "base/routes.yaml", Line: 8}, Fields: []insight.ExplainedField{
			{Path: "timeout.read", Value: 5, From: []insight.Place{{File: "environments/prod/routes.yaml", Line: 4, Col: 11}, {File: "base/routes.yaml", Line: 12, Col: 14}}},
			{Path: "labels.managed-by", Value: "sluice"},
		},
	}}}
}

func entry(id int64, env, group string, state record.State, c insight.Commit) record.Entry {
	return record.Entry{
		ID: id, Commit: c.Hash, Subject: c.Subject, Author: c.Author, Environment: env, Group: group, State: state, Reason: "commit", Updated: 1,
		Started: before(265 * time.Second), Finished: before(4 * time.Minute), Changes: []record.ChangeLine{{Op: plan.Update, Key: gateway.Key{Kind: "upstreams", ID: "orders"}}},
	}
}

// broken is a commit with a fault.
func broken() *scene {
	s := ordinary()
	s.turn.State, s.turn.Final, s.turn.Until = "failed", true, time.Time{}
	uat := &s.now.Environments[1]
	uat.State, uat.Final, uat.Until = "failed", true, time.Time{}
	uat.Text, uat.Detail = `base/routes.yaml:3:1: unknown field "spce" (and 1 more)`, "base/routes.yaml:3:1: unknown field \"spce\"\nbase/routes.yaml:4:1: odd"
	s.turn.Faults = []insight.Fault{{Place: &insight.Place{File: "base/routes.yaml", Line: 3, Col: 1}, What: `unknown field "spce"`, Hint: `did you mean "spec"?`}}
	return s
}

// stopped is a commit that a guard holds.
func stopped() *scene {
	s := ordinary()
	s.turn.State, s.turn.Final, s.turn.Until = "held", true, time.Time{}
	const refusal, line = "guard protect: routes/login is protected and would be deleted", "Sluice-Allow: uat 6b86b273ff34"
	s.turn.Text = "uat: " + refusal
	s.turn.Detail = s.turn.Text + "\nto allow it: " + line
	s.turn.Timeline = append(s.turn.Timeline, insight.Moment{At: before(time.Minute), State: "held", Text: s.turn.Text})
	s.turn.Groups = []insight.TurnGroup{{Name: "uat", Wave: 1, Error: "held: " + refusal}}
	s.turn.Next = []insight.Step{{Kind: "allow", Text: "Put this line at the end of the message of a new commit.", Command: line}}
	return s
}

// partly is a commit that has failed at one of two gateway groups.
func partly() *scene {
	s := broken()
	s.turn.Faults, s.turn.Text = nil, "uat-us: put routes/login: 400 Bad Request"
	s.turn.Groups = []insight.TurnGroup{{Name: "uat-eu", Wave: 1, State: "applied", Runs: true}, {Name: "uat-us", Wave: 2, State: "failed"}}
	return s
}

// late is a commit that should have gone on a while ago.
func late() *scene {
	s := ordinary()
	s.turn.Until = before(time.Second)
	return s
}

// crowded has n gateway groups in its last environment, some of them in trouble.
func crowded(n int) *scene {
	s := ordinary()
	prod := &s.now.Environments[2]
	prod.Waves, prod.Counts = nil, insight.Counts{Groups: n, Current: n - 12, Failing: 2, Drifting: 3, Behind: 7}
	for w := range 5 {
		wave := insight.Wave{Number: w + 1, Counts: insight.Counts{Groups: n / 5, Current: n / 5}}
		for i := range n / 5 {
			g := insight.GroupLine{Name: fmt.Sprintf("prod-%d-%04d", w+1, i), Wave: w + 1, State: "applied", Applied: oldHash, Current: true}
			if w == 0 && i < 2 {
				g.Current, wave.Counts.Current = false, wave.Counts.Current-1
				g.Error = "admin API unreachable, retrying"
			}
			wave.Groups = append(wave.Groups, g)
		}
		prod.Waves = append(prod.Waves, wave)
	}
	return s
}

// evil is what names and texts of others may hold.
func evil() string {
	return `"><script>window.broken=1</script><img src=x onerror=broken=1>'` + "\u202Egnp.exe\u202C" + `{{.}} javascript:broken=1 ` + strings.Repeat("W", 10000)
}

// hostile holds evil wherever others write.
func hostile() *scene {
	s, e := ordinary(), evil()
	s.now.Repository, s.now.Branch, s.now.Head.Subject, s.now.Head.Author, s.now.Head.URL = e, e, e, e, "javascript:broken=1"
	s.now.Webhooks = &insight.Webhooks{Counts: map[string]int{e: 1}, Last: []insight.Webhook{{ID: e, Event: e, Outcome: e}}}
	s.now.Trouble = []insight.Trouble{{Kind: e, Text: e, Hint: e}}
	for i := range s.now.Environments {
		env := &s.now.Environments[i]
		env.Name, env.Text, env.Detail, env.Target.Subject, env.Applied.Subject, env.Paused = fmt.Sprint(i, e), e, e, e, e, &insight.Pause{Text: e, By: e, Call: true}
		for j := range env.Waves {
			for k := range env.Waves[j].Groups {
				g := &env.Waves[j].Groups[k]
				g.Name, g.Error, g.Canary, g.Ignored = e, e, e, []string{e}
			}
		}
	}
	place := &insight.Place{File: e, Line: 3, Revision: e, URL: "javascript:broken=1"}
	s.turn.Environment, s.turn.Commit.Subject, s.turn.Commit.Author, s.turn.Text, s.turn.Detail = e, e, e, e, e
	s.turn.Commit.URL, s.turn.Applied.Subject, s.turn.Before.Subject = "javascript:broken=1", e, e
	s.turn.Timeline[2].Group, s.turn.Timeline[2].Text = e, e
	s.turn.Elsewhere[0].Environment, s.turn.Elsewhere[0].State = e, e
	s.turn.Groups[0].Name, s.turn.Groups[0].Error = e, e
	s.turn.Checks[0].Name, s.turn.Checks[0].Text = e, e
	s.turn.Next = []insight.Step{{Kind: "revert", Text: e, Command: e, URL: "javascript:broken=1"}}
	s.turn.Faults = []insight.Fault{{Place: place, What: e, Hint: e}}
	r := &s.changes.Resources[0]
	r.Kind, r.ID, r.SecondGroups = e, e, []string{e}
	r.Fields[0] = insight.FieldDifference{Path: e, First: e, Second: map[string]any{e: []any{e}}, FirstFrom: place, SecondFrom: place}
	s.group.Environment, s.group.Name, s.group.Type, s.group.Error, s.group.Ignored, s.group.Canary = e, "evil", e, e, []string{e}, e
	s.health.Instances[0].Name, s.health.Instances[0].Text = e, e
	s.live.Resources[1] = insight.LiveResource{Kind: e, ID: e, State: e, From: place, Fields: []insight.ChangedField{{Path: e, Old: e, New: e, From: place}}}
	s.live.Kinds = map[string]int{e: 1}
	for i := range s.past.Entries {
		x := &s.past.Entries[i]
		x.Subject, x.Author, x.Group, x.Environment, x.Text, x.Error, x.Hint, x.Reason, x.State = e, e, e, e, e, e, e, e, record.State(e)
		x.Changes = []record.ChangeLine{{Op: plan.Update, Key: gateway.Key{Kind: gateway.Kind(e), ID: e}}}
	}
	s.past.Environments, s.past.Groups = []string{e, "uat", s.now.Environments[2].Name}, []string{e}
	s.past.Acts = []record.Act{{Kind: record.ActRetry, Environment: e, By: e, At: noon()}}
	s.group.Holder = e
	s.past.Pauses = []record.Pause{{Environment: e, By: e, Reason: e, Until: noon()}}
	s.resource.Groups[0].Groups = []string{e}
	s.resource.Groups[0].Fields[0] = insight.ExplainedField{Path: e, Value: e, From: []insight.Place{*place}}
	s.plan.Groups[0].Group, s.plan.Groups[0].Allow, s.plan.Why, s.plan.Groups[0].Error = e, e, e, e
	return s
}

// unread is an install whose config repo can't be read.
func unread() *scene {
	return &scene{now: insight.Overview{
		Repository: "https://git.acme.example/platform/gateways.git", Branch: "main", Role: "alone",
		Trouble: []insight.Trouble{{Kind: "config-repo", Text: "fetch branch \"main\": authentication required", Hint: "look at repository.auth in the daemon's file"}},
	}}
}

// bare is a config repo without environments.
func bare() *scene {
	return &scene{now: insight.Overview{
		Repository: "https://git.acme.example/platform/gateways.git", Branch: "main", Role: "alone", Ready: true,
		Head: insight.Commit{Hash: newHash, Subject: "Initial commit", Author: "Ada <ada@acme.example>", When: before(time.Minute)},
	}}
}

// begun is a config repo without environments, as the daemon sees it whose file names some.
func begun() *scene {
	s := bare()
	s.now.Environments = []insight.Environment{{Name: "test", Stage: 1, State: "failed", Final: true, Text: "environments: the config repo has no environments", Target: s.now.Head}}
	return s
}
