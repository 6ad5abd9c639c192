package daemon

import (
	"net/url"
	"strings"
	"sync"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/preview"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/settings"
)

// Insight answers what the page and the API show. It is safe to call from any goroutine.
func (d *Daemon) Insight() *insight.Model { return d.insight.model }

// insights is what the daemon has to do with the read model.
type insights struct {
	model   *insight.Model
	reverts reverts

	mu      sync.Mutex // guards what is made for a wiring when it is first asked for
	of      *wiring
	planner *reconciler.Planner
	keys    environments.Decrypter
}

// openInsight makes the read model over what the daemon has open.
func (d *Daemon) openInsight(s settings.Settings) {
	d.insight.model = insight.New(insight.Config{
		Repository: withoutLogin(s.Repository.URL), Branch: s.Repository.Branch, Root: s.Repository.Root,
		Status: d.Status, Ready: d.Ready, Past: d.Journal.View, Mirror: d.Source, Role: d.roleName,
		Keys: func() environments.Decrypter { _, keys := d.reader(); return keys },
		Planner: func() *reconciler.Planner {
			planner, _ := d.reader()
			if d.replicas.leads() != nil {
				return nil // the fence lets nothing out to the gateways
			}
			return planner
		},
		Backend: d.backend, Trouble: d.trouble, RevertURL: d.insight.reverts.url, Webhooks: d.lastWebhooks,
		FileURL: d.fileURL, CommitURL: d.commitURL,
	})
}

// reader returns a planner of its own for those who look, and the keys of encrypted files: what they ask for must not push what the
// reconciler works with out of its caches.
func (d *Daemon) reader() (*reconciler.Planner, environments.Decrypter) {
	w, in := d.now.Load(), &d.insight
	if w == nil {
		return nil, nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.of != w {
		in.of, in.keys = w, Keys(w.settings.SOPS)
		in.planner = reconciler.NewPlanner(reconciler.Config{
			History: d.Source, Root: w.settings.Repository.Root, Groups: w.groups.List(), Keys: in.keys, Values: w.settings.Values(),
		}, d.Journal.View)
	}
	return in.planner, in.keys
}

// roleName says what this process is, and who leads.
func (d *Daemon) roleName() (role, by string) {
	switch {
	case d.replicas == nil:
		return "alone", ""
	case d.isLeader():
		return leader, ""
	}
	return "standby", d.replicas.heard.Load().leader
}

// trouble says what is wrong beyond the status: with the forge and with etcd.
func (d *Daemon) trouble() []insight.Trouble {
	var found []insight.Trouble
	for _, one := range d.Troubles() {
		found = append(found, toldTrouble(one))
	}
	if d.replicas == nil || d.isLeader() {
		return found
	}
	if err := d.replicas.heard.Load().trouble; err != nil && d.Status().Error == "" {
		found = append(found, insight.Trouble{Kind: "replica", Text: err.Error()})
	}
	return found
}

// toldTrouble says whom the daemon can't tell of what it does.
func toldTrouble(one forge.Trouble) insight.Trouble {
	t := insight.Trouble{Kind: "forge", Text: one.What + ": " + one.Why, Hint: "nothing is lost: it is tried again; commits are applied meanwhile"}
	if strings.HasPrefix(one.What, "notifications/") {
		t.Kind, t.Hint = "notifications", "it is tried again, and commits are applied meanwhile; where a file or an address is wrong, mend that"
	}
	return t
}

// mostWebhooks is how many calls of the forge are shown.
const mostWebhooks = 10

// lastWebhooks tells of the calls of the forge; nil where none are taken.
func (d *Daemon) lastWebhooks() *insight.Webhooks {
	door := d.hooks.Load()
	if door == nil {
		return nil
	}
	last := door.Last()
	told := &insight.Webhooks{Counts: map[string]int{}, Last: []insight.Webhook{}}
	for outcome, n := range door.Counts() {
		told.Counts[outcome] = int(n)
	}
	for _, delivery := range last[:min(len(last), mostWebhooks)] {
		told.Last = append(told.Last, insight.Webhook(delivery))
	}
	return told
}

// withoutLogin leaves the login out of an address.
func withoutLogin(address string) string {
	parsed, err := url.Parse(address)
	if err == nil {
		parsed.User = nil
		return parsed.String()
	}
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address // user@host:path
	}
	return scheme + "://" + rest[strings.LastIndex(rest, "@")+1:]
}

func (d *Daemon) fileURL(commit, path string, line int) string {
	forge := d.now.Load().settings.Forge
	if forge.Type == "" {
		return ""
	}
	return preview.FileLinks(forge.Type, forge.URL, forge.Repository)(commit, path, line)
}

func (d *Daemon) commitURL(commit string) string {
	forge := d.now.Load().settings.Forge
	if forge.Type == "" {
		return ""
	}
	return preview.CommitLink(forge.Type, forge.URL, forge.Repository, commit)
}

// told passes steps on to the read model, and then to next.
func (d *Daemon) told(next func(reconciler.Event)) func(reconciler.Event) {
	return func(e reconciler.Event) {
		d.insight.model.Tell(e)
		next(e)
	}
}
