package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/cmd/sluice/daemon"
	"github.com/sluice-gitops/sluice/record"
)

// tour makes commits, watches what they do through the gateways themselves, and checks it, under traffic all the while.
type tour struct {
	*place
	daemon  *daemon.Daemon
	tell    *narrator
	traffic *traffic
	began   string // the commit that the tour begins with
	digests map[string]string
	failed  []string
}

func newTour(p *place, d *daemon.Daemon, n *narrator) *tour {
	return &tour{place: p, daemon: d, tell: n, traffic: newTraffic(p.groups), digests: map[string]string{}}
}

// stepTime bounds one step of the tour.
const stepTime = 90 * time.Second

// step is one thing that the tour shows.
type step struct {
	title string
	do    func(context.Context) error
}

func (t *tour) run(ctx context.Context) error {
	if err := t.start(ctx); err != nil {
		return err
	}
	sending, stop := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() { t.traffic.run(sending); close(stopped) }()
	for i, s := range []step{
		{"A change goes live on test, then uat, then prod", t.change},
		{"A service and its upstream are renamed under traffic", t.rename},
		{"Two routes swap their paths", t.swap},
		{"A commit with a mistake reaches no gateway", t.mistake},
		{"A commit that deletes too much is held", t.hold},
		{"Reverting brings the earlier state back, provably", t.revert},
		{"A change by hand is healed", t.drift},
	} {
		if ctx.Err() != nil {
			break
		}
		t.say("%s", rule(fmt.Sprintf("%d. %s", i+1, s.title)))
		if err := s.do(ctx); err != nil {
			t.failed = append(t.failed, fmt.Sprintf("%s: %v", s.title, err))
			t.say("  FAILED: %v", err)
		}
	}
	stop()
	<-stopped
	return t.conclude(ctx)
}

func (t *tour) start(ctx context.Context) error {
	t.say("%s", rule("0. The first apply: four empty gateway groups are filled"))
	if err := waitUntil(ctx, firstApply, func() bool { return allApplied(t.daemon, "") }); err != nil {
		return fmt.Errorf("the first apply: %w; %s", err, t.states())
	}
	for _, g := range t.groups {
		if err := t.serves(ctx, g); err != nil {
			return fmt.Errorf("TLS of %s: %w", g.Name, err)
		}
	}
	t.say("  every group answers over TLS with the certificate of its domain")
	t.began = t.daemon.Reconciler().Status().Head
	t.digests = t.currentDigests()
	return nil
}

// change sets a header that every answer carries, so that the moment at which a group serves it can be seen from outside.
func (t *tour) change(ctx context.Context) error {
	if err := t.repo.edit("base/plugins.yaml", `X-Environment: "${environment}"`, `X-Environment: "${environment}", X-Release: "2"`); err != nil {
		return err
	}
	commit, err := t.repo.commit(ctx, "Show the release in every answer")
	if err != nil {
		return err
	}
	order, err := t.watchArrival(ctx, "X-Release", "2")
	if err != nil {
		return err
	}
	t.say("  seen through the gateways, in this order: %s", strings.Join(order, " → "))
	if got, want := strings.Join(order, " "), "test uat prod-eu prod-us"; got != want {
		return fmt.Errorf("the change arrived in the order %s, want %s", got, want)
	}
	return t.applied(ctx, commit)
}

// watchArrival asks every group until all answer with the header, and returns the groups in the order in which they did.
func (t *tour) watchArrival(ctx context.Context, header, value string) ([]string, error) {
	var order []string
	seen := map[string]bool{}
	err := waitUntil(ctx, stepTime, func() bool {
		for _, g := range t.groups {
			if !seen[g.Name] && t.answers(ctx, g, header, value) {
				seen[g.Name] = true
				order = append(order, g.Name)
			}
		}
		return len(order) == len(t.groups)
	})
	if err != nil {
		return nil, fmt.Errorf("arrived on %v only: %w; %s", order, err, t.states())
	}
	return order, nil
}

func (t *tour) answers(ctx context.Context, g group, header, value string) bool {
	status, headers, err := t.traffic.ask(ctx, g, call{"GET", "/users/42", ""})
	return err == nil && status == 200 && headers.Get(header) == value
}

// rename gives the users service and its upstream other ids: everything that refers to them has to follow without a gap.
func (t *tour) rename(ctx context.Context) error {
	const file = "services/users/users.yaml"
	for _, edit := range [][2]string{
		{"upstreams:\n  users:", "upstreams:\n  accounts:"},
		{"services:\n  users:", "services:\n  accounts:"},
		{"upstream_id: users", "upstream_id: accounts"},
		{"service_id: users", "service_id: accounts"},
	} {
		if err := t.repo.edit(file, edit[0], edit[1]); err != nil {
			return err
		}
	}
	if err := t.repo.edit("environments/prod/groups/prod-eu/users.yaml", "services:\n  users:", "services:\n  accounts:"); err != nil {
		return err
	}
	return t.commitAndApply(ctx, "Rename users to accounts")
}

// swap exchanges the paths of two routes of one service: written one after the other, one of the paths would have no route.
func (t *tour) swap(ctx context.Context) error {
	const file = "services/orders/orders.yaml"
	if err := t.repo.edit(file, "    uris: [/orders, /orders/*]\n    plugin_config_id: public-api\n",
		"    uris: [/orders]\n    plugin_config_id: public-api\n  orders-below:\n    service_id: orders\n    uris: [/orders/*]\n    plugin_config_id: public-api\n"); err != nil {
		return err
	}
	if err := t.commitAndApply(ctx, "Give orders two routes"); err != nil {
		return err
	}
	for _, edit := range [][2]string{
		{"uris: [/orders]", "uris: [TEMPORARY]"}, {"uris: [/orders/*]", "uris: [/orders]"}, {"uris: [TEMPORARY]", "uris: [/orders/*]"},
	} {
		if err := t.repo.edit(file, edit[0], edit[1]); err != nil {
			return err
		}
	}
	return t.commitAndApply(ctx, "Swap the paths of the two routes of orders")
}

// mistake commits a misspelt field, then mends it by a revert.
func (t *tour) mistake(ctx context.Context) error {
	if err := t.repo.edit("services/payments/payments.yaml", "uri: /payments/health", "url: /payments/health"); err != nil {
		return err
	}
	commit, err := t.repo.commit(ctx, "Move the health check of payments")
	if err != nil {
		return err
	}
	text, err := t.ends(ctx, "test", commit, record.Failed)
	if err != nil {
		return err
	}
	if !strings.Contains(text, "services/payments/payments.yaml:") {
		return fmt.Errorf("the fault names no place: %s", text)
	}
	return t.revertAndApply(ctx, commit)
}

// hold commits the end of payments, whose routes are protected, and reverts it.
func (t *tour) hold(ctx context.Context) error {
	if err := os.RemoveAll(filepath.Join(t.repo.dir, "services", "payments")); err != nil {
		return err
	}
	for _, env := range []string{"test", "uat", "prod"} {
		if err := t.repo.edit("environments/"+env+"/environment.yaml", ", services/payments]", "]"); err != nil {
			return err
		}
	}
	commit, err := t.repo.commit(ctx, "Remove payments")
	if err != nil {
		return err
	}
	if _, err := t.ends(ctx, "test", commit, record.Held); err != nil {
		return err
	}
	for _, g := range t.groups {
		if status, _, err := t.traffic.ask(ctx, g, call{"GET", "/payments/health", ""}); err != nil || status != 200 {
			return fmt.Errorf("%s no longer serves /payments/health: %d %v", g.Name, status, err)
		}
	}
	t.say("  /payments/health still answers on every group")
	return t.revertAndApply(ctx, commit)
}

// revert takes back everything since the first commit, and compares digests.
func (t *tour) revert(ctx context.Context) error {
	if _, err := t.repo.git(ctx, "revert", "--no-edit", "--no-commit", t.began+"..HEAD"); err != nil {
		return err
	}
	commit, err := t.repo.commit(ctx, "Revert everything since the beginning")
	if err != nil {
		return err
	}
	if err := t.applied(ctx, commit); err != nil {
		return err
	}
	for name, digest := range t.currentDigests() {
		if digest != t.digests[name] {
			return fmt.Errorf("%s has digest %.12s, and had %.12s in the beginning", name, digest, t.digests[name])
		}
		entry, ok := t.daemon.Journal.Last(t.group(name).Environment, name)
		if !ok || entry.Restores != t.began || entry.Live != digest {
			return fmt.Errorf("the journal does not say that %s restores %.7s: %+v", name, t.began, entry)
		}
	}
	t.say("  every group has the digest that it had at %.7s again, read back from the gateway itself", t.began)
	return nil
}

// drift changes a plugin configuration behind Git's back, as a person with the admin key would.
func (t *tour) drift(ctx context.Context) error {
	eu := t.group("prod-eu")
	t.say("  by hand: X-Gateway-Group of prod-eu becomes \"changed-by-hand\"")
	before, _ := t.daemon.Journal.Last("prod", "prod-eu")
	if err := t.changeByHand(ctx, eu); err != nil {
		return err
	}
	healed := func() bool {
		entry, ok := t.daemon.Journal.Last("prod", "prod-eu")
		return ok && entry.ID > before.ID && entry.Reason == "drift" && entry.State == record.Applied
	}
	// A look for drift that comes in this very moment heals the change before a request has seen it.
	seen := func() bool { return t.answers(ctx, eu, "X-Gateway-Group", "changed-by-hand") || healed() }
	if err := waitUntil(ctx, stepTime, seen); err != nil {
		return fmt.Errorf("the change by hand was never served: %w", err)
	}
	if err := waitUntil(ctx, stepTime, healed); err != nil {
		return fmt.Errorf("the journal has no entry for the drift: %w", err)
	}
	if err := waitUntil(ctx, stepTime, func() bool { return t.answers(ctx, eu, "X-Gateway-Group", "prod-eu") }); err != nil {
		return fmt.Errorf("the drift was not healed: %w", err)
	}
	return nil
}

// conclude prints the totals and says whether the tour was good.
func (t *tour) conclude(ctx context.Context) error {
	sent, failures := t.traffic.totals()
	t.say("%s", rule("Result"))
	for _, failure := range failures[:min(5, len(failures))] {
		t.say("  failed request: %s", failure)
	}
	t.say("  %d requests sent, %d failed; %d steps failed", sent, len(failures), len(t.failed))
	t.say("  journal: %s", filepath.Join(t.dir, "journal.ndjson"))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(failures) > 0 || len(t.failed) > 0 {
		return errors.New("the tour did not go as it should")
	}
	return nil
}
