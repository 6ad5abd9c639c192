package apply_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

var (
	up      = res("upstreams/u")
	upOther = res("upstreams/other")
	svc     = res("services/s", "upstream_id", "u")
	route   = res("routes/r", "service_id", "s")
	lone    = res("routes/lone")
	group   = res("consumer_groups/g")
	alice   = res("consumers/alice", "group_id", "g")
	key     = res("credentials/alice/k")
	streamA = res("stream_routes/a")
	streamB = res("stream_routes/b", "protocol", map[string]any{"superior_id": "a"})
)

// TestRun says, for each plan and each fault, which calls are made in which order, what is skipped and why.
func TestRun(t *testing.T) {
	tests := []struct {
		name      string
		live      []gateway.Resource
		refuse    map[string]gateway.Class
		steps     []plan.Step
		calls     []string
		skipped   []string
		err       string
		confirmed bool
	}{
		{
			name: "creates go down the kinds, steps in order",
			steps: []plan.Step{
				step(plan.Expand, true, create(key), create(svc), create(alice), create(group), create(up)),
				step(plan.Switch, true, create(route)),
			},
			calls: []string{"put upstreams/u", "put consumer_groups/g", "put consumers/alice", "put credentials/alice/k",
				"put services/s", "settle", "put routes/r", "settle"},
			confirmed: true,
		},
		{
			name: "deletes go up the kinds",
			live: []gateway.Resource{up, svc, route},
			steps: []plan.Step{
				step(plan.Contract, false, remove(up), remove(route), remove(svc)),
			},
			calls:     []string{"delete routes/r", "delete services/s", "delete upstreams/u"},
			confirmed: true,
		},
		{
			name:      "a stream route follows its superior, and leaves before it",
			steps:     []plan.Step{step(plan.Switch, false, create(streamB), create(streamA)), step(plan.Contract, false, remove(streamA), remove(streamB))},
			calls:     []string{"put stream_routes/a", "put stream_routes/b", "delete stream_routes/b", "delete stream_routes/a"},
			confirmed: true,
		},
		{
			name:      "an adopt of what is the same writes nothing and needs no barrier",
			live:      []gateway.Resource{up},
			steps:     []plan.Step{step(plan.Expand, true, adopt(up))},
			confirmed: true,
		},
		{
			name: "a barrier waits for the writes of earlier steps too",
			steps: []plan.Step{
				step(plan.Expand, false, create(up)),
				step(plan.Expand, true, adopt(upOther)),
			},
			calls:     []string{"put upstreams/u", "settle"},
			confirmed: true,
		},
		{
			name:   "what refers to a refused resource is skipped, the rest goes on, nothing is removed",
			live:   []gateway.Resource{upOther},
			refuse: map[string]gateway.Class{"upstreams/u": gateway.Refused},
			steps: []plan.Step{
				step(plan.Expand, true, create(up), create(svc)),
				step(plan.Switch, true, create(route), create(lone)),
				step(plan.Contract, false, remove(upOther)),
			},
			calls: []string{"put upstreams/u", "put routes/lone", "settle"},
			skipped: []string{
				"services/s: needs upstreams/u, which the gateway refused",
				"routes/r: needs services/s, which was skipped",
				"upstreams/other: nothing is removed after a failure: what was not written may still need it",
			},
			err:       "1 of 5 changes failed, 3 skipped: put upstreams/u: as the test wants it",
			confirmed: true,
		},
		{
			name:   "a second change of a refused resource is skipped",
			live:   []gateway.Resource{lone},
			refuse: map[string]gateway.Class{"routes/lone": gateway.Refused},
			steps: []plan.Step{
				step(plan.Switch, true, update(lone, res("routes/lone", "uri", "/a"))),
				step(plan.Switch, true, update(res("routes/lone", "uri", "/a"), res("routes/lone", "uri", "/b"))),
			},
			calls:     []string{"put routes/lone"},
			skipped:   []string{"routes/lone: follows an earlier change of routes/lone, which the gateway refused"},
			err:       "1 of 2 changes failed, 1 skipped: put routes/lone: as the test wants it",
			confirmed: true,
		},
		{
			name:   "a refused delete keeps what the resource refers to, and nothing else",
			live:   []gateway.Resource{up, svc, route, lone, upOther},
			refuse: map[string]gateway.Class{"routes/r": gateway.Refused},
			steps: []plan.Step{
				step(plan.Contract, false, remove(up), remove(svc), remove(route), remove(lone), remove(upOther)),
			},
			calls:     []string{"delete routes/r", "delete routes/lone", "delete upstreams/other"},
			skipped:   []string{"services/s: routes/r still refers to it", "upstreams/u: services/s still refers to it"},
			err:       "1 of 5 changes failed, 2 skipped: delete routes/r: as the test wants it",
			confirmed: true,
		},
		{
			name:   "a denied key stops everything",
			refuse: map[string]gateway.Class{"upstreams/u": gateway.Denied},
			steps: []plan.Step{
				step(plan.Expand, true, create(up), create(group)),
				step(plan.Switch, true, create(lone)),
			},
			calls: []string{"put upstreams/u"},
			skipped: []string{
				"consumer_groups/g: the run was stopped: put upstreams/u: as the test wants it",
				"routes/lone: the run was stopped: put upstreams/u: as the test wants it",
			},
			err: "1 of 3 changes failed, 2 skipped: put upstreams/u: as the test wants it",
		},
		{
			name:    "an unreachable gateway stops everything",
			refuse:  map[string]gateway.Class{"upstreams/u": gateway.Unreachable},
			steps:   []plan.Step{step(plan.Expand, true, create(up), create(group))},
			calls:   []string{"put upstreams/u"},
			skipped: []string{"consumer_groups/g: the run was stopped: put upstreams/u: as the test wants it"},
			err:     "1 of 2 changes failed, 1 skipped: put upstreams/u: as the test wants it",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			gw := newMemory(test.live...)
			for name, class := range test.refuse {
				k, err := gateway.ParseKey(name)
				if err != nil {
					t.Fatal(err)
				}
				gw.refuse[k] = class
			}
			result, err := apply.Run(t.Context(), gw, plan.Plan{Steps: test.steps}, apply.Options{Parallel: 1})
			check(t, "calls", test.calls, gw.calls)
			check(t, "skipped", test.skipped, skips(result))
			check(t, "error", test.err, text(err))
			check(t, "confirmed", test.confirmed, result.Confirmed)
		})
	}
}

func TestErrorsStayReachable(t *testing.T) {
	gw := newMemory()
	gw.refuse[up.Key] = gateway.Refused
	_, err := apply.Run(t.Context(), gw, plan.Plan{Steps: []plan.Step{step(plan.Expand, false, create(up))}}, apply.Options{})
	var spoken *gateway.Error
	if !errors.As(err, &spoken) || spoken.Key != up.Key {
		t.Errorf("errors.As found %v in %v", spoken, err)
	}
}

func TestUnknownErrorStops(t *testing.T) {
	gw := &plainErrors{newMemory()}
	result, err := apply.Run(t.Context(), gw, plan.Plan{Steps: []plan.Step{step(plan.Expand, true, create(up), create(group))}}, apply.Options{})
	check(t, "error", "1 of 2 changes failed, 1 skipped: create upstreams/u: out of ink", text(err))
	if result.Confirmed {
		t.Error("a stopped run is confirmed")
	}
}

type plainErrors struct{ *memory }

func (plainErrors) Put(context.Context, gateway.Resource) error { return errors.New("out of ink") }

func TestBarrier(t *testing.T) {
	steps := func() []plan.Step {
		return []plan.Step{step(plan.Expand, true, create(up), create(group)), step(plan.Switch, true, create(lone))}
	}
	t.Run("is told the keys that were written", func(t *testing.T) {
		gw := newMemory()
		gw.refuse[group.Key] = gateway.Refused
		result, _ := apply.Run(t.Context(), gw, plan.Plan{Steps: steps()}, apply.Options{})
		check(t, "keys", [][]gateway.Key{{up.Key}, {lone.Key}}, gw.settled)
		check(t, "barriers", 2, result.Barriers)
	})
	t.Run("that only waited is not confirmed", func(t *testing.T) {
		gw := newMemory()
		gw.settle = func() (bool, error) { return false, nil }
		result, err := apply.Run(t.Context(), gw, plan.Plan{Steps: steps()}, apply.Options{})
		if err != nil || result.Confirmed || len(result.Done) != 3 {
			t.Errorf("err %v, confirmed %v, done %d", err, result.Confirmed, len(result.Done))
		}
	})
	t.Run("that fails stops the run", func(t *testing.T) {
		gw := newMemory()
		gw.settle = func() (bool, error) { return false, errors.New("instance eu-2 does not answer") }
		result, err := apply.Run(t.Context(), gw, plan.Plan{Steps: steps()}, apply.Options{})
		check(t, "error", "0 of 3 changes failed, 1 skipped: barrier after expand, with upstreams/u, consumer_groups/g written: instance eu-2 does not answer", text(err))
		check(t, "skipped", []string{"routes/lone: the run was stopped: barrier after expand, with upstreams/u, consumer_groups/g written: instance eu-2 does not answer"}, skips(result))
	})
}

// TestInFlightFinishes stops a run while three changes are under way: they end, the others are not begun.
func TestInFlightFinishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gw := newMemory()
		gw.refuse[res("upstreams/0").Key] = gateway.Unreachable
		gw.before = func(_ context.Context, call string) {
			if call == "put upstreams/0" {
				time.Sleep(time.Second) // the others of the first three are under way when it fails
				return
			}
			time.Sleep(time.Minute)
		}
		var changes []plan.Change
		for _, id := range []string{"0", "1", "2", "3", "4"} {
			changes = append(changes, create(res("upstreams/"+id)))
		}
		result, err := apply.Run(t.Context(), gw, plan.Plan{Steps: []plan.Step{step(plan.Expand, true, changes...)}}, apply.Options{Parallel: 3})
		check(t, "done", 3, len(result.Done))
		check(t, "failed", 1, result.Failed())
		check(t, "skipped", 2, len(result.Skipped))
		if err == nil {
			t.Error("no error")
		}
	})
}

func TestParallelIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gw := newMemory()
		gw.before = func(context.Context, string) { time.Sleep(time.Second) }
		var changes []plan.Change
		for id := range 40 {
			changes = append(changes, create(res("upstreams/"+string(rune('A'+id)))))
		}
		started := time.Now()
		if _, err := apply.Run(t.Context(), gw, plan.Plan{Steps: []plan.Step{step(plan.Expand, false, changes...)}}, apply.Options{}); err != nil {
			t.Fatal(err)
		}
		check(t, "most at once", apply.DefaultParallel, gw.most)
		check(t, "time", 3*time.Second, time.Since(started))
	})
}

func TestDrain(t *testing.T) {
	moved := step(plan.Switch, true, create(lone))
	gone := step(plan.Contract, false, remove(upOther))
	tests := []struct {
		name      string
		steps     []plan.Step
		undrained bool
		want      time.Duration
	}{
		{"after traffic moved", []plan.Step{moved, gone}, false, time.Minute},
		{"after a shared resource sent it elsewhere", []plan.Step{step(plan.Expand, true, update(up, up)), gone}, false, time.Minute},
		{"after it moved in a run before", []plan.Step{gone}, true, time.Minute},
		{"once", []plan.Step{moved, gone, step(plan.Contract, false, remove(up))}, false, time.Minute},
		{"not without a switch", []plan.Step{step(plan.Expand, true, create(up)), gone}, false, 0},
		{"not without a contract", []plan.Step{moved}, false, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				started := time.Now()
				_, err := apply.Run(t.Context(), newMemory(upOther, up), plan.Plan{Steps: test.steps}, apply.Options{Drain: time.Minute, Undrained: test.undrained})
				if err != nil {
					t.Fatal(err)
				}
				check(t, "time", test.want, time.Since(started))
			})
		})
	}
}

func TestCancelDuringDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		gw := newMemory(upOther)
		result, err := apply.Run(ctx, gw, plan.Plan{Steps: []plan.Step{
			step(plan.Switch, true, create(lone)), step(plan.Contract, false, remove(upOther)),
		}}, apply.Options{Drain: time.Minute})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		check(t, "skipped", []string{"upstreams/other: the run was stopped: context deadline exceeded"}, skips(result))
	})
}

func TestObserve(t *testing.T) {
	gw := newMemory(upOther)
	gw.refuse[up.Key] = gateway.Refused
	var seen []string
	last := apply.Event{}
	_, _ = apply.Run(t.Context(), gw, plan.Plan{Steps: []plan.Step{
		step(plan.Expand, true, create(up), create(svc), create(group)),
		step(plan.Contract, false, remove(upOther)),
	}}, apply.Options{Parallel: 1, Observe: func(e apply.Event) {
		seen, last = append(seen, strings.TrimSpace(string(e.What)+" "+e.Change.Key.ID)), e
	}})
	check(t, "events", []string{"done u", "done g", "skipped s", "settling", "settled", "skipped other"}, seen)
	check(t, "counts", [2]int{4, 4}, [2]int{last.Ended, last.Total})
}

func skips(r apply.Result) []string {
	var lines []string
	for _, skip := range r.Skipped {
		lines = append(lines, skip.Change.Key.String()+": "+skip.Why)
	}
	return slices.Clip(lines)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func check(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
