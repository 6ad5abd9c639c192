package reconciler_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// newFarRig is a rig in which a worker does the work.
func newFarRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	r.afar = true
	r.restart()
	return r
}

// story takes an environment through what a reconciler decides, and returns the journal without what differs from run to run.
func story(t *testing.T, afar bool) []record.Entry {
	t.Helper()
	r := newRig(t)
	r.afar = afar
	r.config.Values = &store{secrets: map[string]string{"api": "canary-api-1", "alice": "canary-alice-1"}}
	r.restart()
	r.pass()
	r.write(withSecret)
	r.commit("secrets")
	r.pass()
	for _, group := range []string{"test", "uat", "prod-eu"} {
		r.put(group, "routes/users", map[string]any{"uri": "/elsewhere", "service_id": "users", "labels": map[string]any{"managed-by": "sluice"}})
	}
	r.pass()
	r.config.Values.(*store).set("api", "canary-api-2")
	r.pass()
	r.write("-- environments/prod/environment.yaml --\nextends: [base]\nafter: [uat]\ngroups: [prod-eu, prod-us]\nvars: {domain: acme.example}\n" +
		"guard: {protect: [routes/headed]}\n")
	r.commit("a guard")
	r.pass()
	r.write("-- base/secret.yaml --\nroutes:\n  more: {service_id: users, uri: /more}\n")
	r.commit("remove them")
	r.pass()
	r.git("revert", "--no-edit", "HEAD")
	r.pass()
	r.faults["uat"].set(func(req *http.Request) (int, string) {
		if req.Method == http.MethodPut && strings.HasSuffix(req.URL.Path, "/routes/refused") {
			return http.StatusBadRequest, `{"error_msg":"it will not have it"}`
		}
		return 0, ""
	})
	r.write("-- base/refused.yaml --\nroutes:\n  refused: {service_id: users, uri: /refused}\n")
	r.commit("refused by uat")
	r.pass()
	entries, err := r.config.Journal.Entries(record.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return timeless(entries)
}

// timeless leaves out what differs between two runs of the same story.
func timeless(entries []record.Entry) []record.Entry {
	names := map[string]string{}
	name := func(hash string) string {
		if hash != "" && names[hash] == "" {
			names[hash] = fmt.Sprint("commit ", len(names))
		}
		return names[hash]
	}
	for i := range entries {
		e := &entries[i]
		e.ID, e.Started, e.Finished, e.When = 0, time.Time{}, time.Time{}, time.Time{}
		short := e.Commit[:7]
		e.Commit, e.Restores, e.CarriedBy = name(e.Commit), name(e.Restores), name(e.CarriedBy)
		for _, text := range []*string{&e.Text, &e.Subject, &e.Error} {
			*text = hexes.ReplaceAllString(strings.ReplaceAll(*text, short, e.Commit), "HASH")
		}
		for j := range e.Sent {
			e.Sent[j].Mark = ""
		}
		for j := range e.Secrets {
			e.Secrets[j].Mark = ""
		}
		slices.SortFunc(e.Changes, func(a, b record.ChangeLine) int {
			return strings.Compare(fmt.Sprint(a.Op, a.Key, a.Phase), fmt.Sprint(b.Op, b.Key, b.Phase))
		})
	}
	// Groups of a wave go side by side.
	slices.SortStableFunc(entries, func(a, b record.Entry) int {
		return strings.Compare(a.Environment+a.Group, b.Environment+b.Group)
	})
	return entries
}

// TestTheJournalIsTheSameWhoeverWorks: commits, secrets, drift, a rotation, a guard, a revert and a refusal end as the same entries when
// another process does the work.
func TestTheJournalIsTheSameWhoeverWorks(t *testing.T) {
	here, afar := story(t, false), story(t, true)
	if len(here) < 20 {
		t.Fatalf("the story has %d entries", len(here))
	}
	if diff := cmp.Diff(here, afar); diff != "" {
		t.Errorf("(-here +afar)\n%s", diff)
	}
}

// TestNothingOfTheConfigurationTravels: what passes between who decides and who works holds no secret and no body.
func TestNothingOfTheConfigurationTravels(t *testing.T) {
	r := newFarRig(t)
	r.config.Values = &store{secrets: map[string]string{"api": "canary-api-1", "alice": "canary-alice-1"}}
	r.restart()
	r.write(withSecret + "-- base/value.yaml --\nupstreams:\n  other: {nodes: {\"marked-host.example:80\": 1}}\n" +
		"routes:\n  other: {service_id: users, uri: /marked-path}\n")
	r.commit("secrets")
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	r.config.Values.(*store).set("api", "canary-api-2")
	r.pass()
	if len(r.passed) < 20 {
		t.Fatalf("only %d messages have passed", len(r.passed))
	}
	for _, message := range r.passed {
		if strings.Contains(message, "canary-") || strings.Contains(message, "marked-host") || strings.Contains(message, "/marked-path") {
			t.Errorf("a value travels: %s", message)
		}
	}
}

// TestAnotherSecretIsNotSent: a worker whose secrets are others than the leader's writes nothing, and is asked again.
func TestAnotherSecretIsNotSent(t *testing.T) {
	r := newFarRig(t)
	r.config.Values = &store{secrets: map[string]string{"api": "canary-api-1", "alice": "canary-alice-1"}}
	other := &store{secrets: map[string]string{"api": "canary-api-0", "alice": "canary-alice-1"}}
	r.values = other
	r.restart()
	r.write(withSecret)
	r.commit("secrets")
	pass := r.pass()
	env, _ := r.Status().Environment("test")
	if writes := r.writes(); len(writes) != 0 || pass.Next == 0 || !strings.Contains(env.Text, "another desired state than the leader") {
		t.Errorf("writes %v, next look %s, text %q", writes, pass.Next, env.Text)
	}
	other.set("api", "canary-api-1")
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
}

// TestAWorkerAsksForItselfWhomToTrust: a task for a commit that nobody vouches for is not done, whoever put it there.
func TestAWorkerAsksForItselfWhomToTrust(t *testing.T) {
	r := newFarRig(t)
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	r.trusts = func(string) error { return errors.New("nobody has signed it") }
	r.restart()
	r.writes()
	r.put("test", "routes/users", map[string]any{"uri": "/elsewhere", "service_id": "users", "labels": map[string]any{"managed-by": "sluice"}})
	r.pass()
	if healed := r.writes()["test"]; len(healed) == 0 {
		t.Error("what was applied before is not kept")
	}
	r.write("-- base/more.yaml --\nroutes:\n  more: {service_id: users, uri: /more}\n")
	r.commit("not signed")
	r.pass()
	env, _ := r.Status().Environment("test")
	if writes := r.writes(); len(writes) > 0 || !strings.Contains(env.Text, "nobody has signed it") {
		t.Errorf("writes %v, text %q", writes, env.Text)
	}
}

// between changes what a hand does.
type between struct {
	reconciler.Hand
	carry func(ctx context.Context, carry reconciler.Carry) (reconciler.Carried, error)
}

func (b between) Carry(ctx context.Context, carry reconciler.Carry) (reconciler.Carried, error) {
	return b.carry(ctx, carry)
}

// TestAPlanThatTheWorkerDoesNotKnowIsMadeAnew: another replica holds the group by the time when the plan is to be carried out.
func TestAPlanThatTheWorkerDoesNotKnowIsMadeAnew(t *testing.T) {
	r := newFarRig(t)
	strange := 0
	r.over = func(hand reconciler.Hand) reconciler.Hand {
		return between{hand, func(ctx context.Context, carry reconciler.Carry) (reconciler.Carried, error) {
			if carry.Group == "test" && strange == 0 {
				strange++
				carry.Look = "of another replica"
			}
			return hand.Carry(ctx, carry)
		}}
	}
	r.restart()
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	if got := r.entries("test", ""); !slices.Equal(got, []string{"failed test", "applied test", "applied"}) {
		t.Errorf("journal: %v", got)
	}
}

// TestALostWorkerIsFoundOut: one that is lost after it has written leaves an entry that says so, and the next pass finishes the work.
func TestALostWorkerIsFoundOut(t *testing.T) {
	r := newFarRig(t)
	lost := 0
	r.over = func(hand reconciler.Hand) reconciler.Hand {
		return between{hand, func(ctx context.Context, carry reconciler.Carry) (reconciler.Carried, error) {
			carried, err := hand.Carry(ctx, carry)
			if carry.Group == "test" && lost == 0 {
				lost++
				return reconciler.Carried{}, reconciler.Unable(errors.New("nobody answers"))
			}
			return carried, err
		}}
	}
	r.restart()
	pass := r.pass()
	env, _ := r.Status().Environment("test")
	if pass.Next == 0 || !strings.Contains(env.Text, "the work was not done: nobody answers") {
		t.Errorf("next look %s, text %q", pass.Next, env.Text)
	}
	entries, err := r.config.Journal.Entries(record.Filter{Environment: "test", Group: "test"})
	if err != nil || len(entries) != 1 || entries[0].State != record.Failed || len(entries[0].Changes) == 0 || entries[0].Live != "" {
		t.Errorf("entries of what was lost: %+v, %v", entries, err)
	}
	r.writes()
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	if again := r.writes()["test"]; len(again) > 0 {
		t.Errorf("what was there was written again: %v", again)
	}
}

// hexes are digests and hashes in texts.
var hexes = regexp.MustCompile(`\b[0-9a-f]{7,64}\b`)
