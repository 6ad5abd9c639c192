package simulation

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/record"
)

// checkWrite looks at a write of the daemon in the moment in which the gateway gets it.
func (w *world) checkWrite(s *site, r *request) {
	key, ok := keyOfPath(r.path)
	if !ok {
		w.breach("%s writes to what is no resource: %s", s.name, r.path)
		return
	}
	if strings.Contains(r.path, "force") {
		w.breach("%s: a forced %s", s.name, r.name())
	}
	if is, there := s.live[key]; there && is.foreign {
		w.breach("%s: %s of %s, which is not owned", s.name, r.method, key)
	}
	entry, open := w.ledger.open[s.name]
	if !open {
		w.breach("%s: %s of %s, and no entry was begun", s.name, r.method, key)
		return
	}
	w.checkKey(s, r, key, entry)
	w.checkStage(s, entry)
}

// checkKey holds a write against what the commit wants.
func (w *world) checkKey(s *site, r *request, key gateway.Key, entry record.Entry) {
	want := w.meant(entry)
	if want.faulty {
		w.breach("%s: written for commit %.7s, which is at fault", s.name, entry.Commit)
		return
	}
	if want.digest != entry.Digest {
		w.breach("%s: the entry for commit %.7s wants %.12s, and the commit %.12s", s.name, entry.Commit, entry.Digest, want.digest)
	}
	w.checkShare(s, r, key, entry)
	w.checkTuned(s, r, key, entry)
	_, desired := want.state[key]
	is, there := s.live[key]
	switch {
	case key.Temporary():
	case r.method == http.MethodDelete && desired:
		w.breach("%s: deletes %s, which commit %.7s wants", s.name, key, entry.Commit)
	case r.method == http.MethodPut && !desired && !(there && !is.foreign):
		w.breach("%s: creates %s, which commit %.7s does not want", s.name, key, entry.Commit)
	case r.method == http.MethodPut && key.Kind.HasLabels():
		if !(gateway.Resource{Key: key, Spec: specOf(r.body)}).Labelled() {
			w.breach("%s: %s is written without the label of its owner", s.name, key)
		}
	}
}

// checkStage holds a write against the order of the stages.
func (w *world) checkStage(s *site, entry record.Entry) {
	at, ok := w.stand(entry.Environment)
	if !ok || !slices.Contains(at.groups(), s.name) {
		w.breach("%s: written for environment %q", s.name, entry.Environment)
		return
	}
	if entry.Reason == "canary" && w.backFor(entry) {
		return // what is taken back was here
	}
	if entry.Reason != "commit" && entry.Reason != "canary" {
		if !w.provenBefore(s.name, entry) {
			w.breach("%s: %s of commit %.7s, which was never applied here", s.name, entry.Reason, entry.Commit)
		}
		return
	}
	for _, before := range at.after {
		if !w.ledger.done(before, entry.Commit) {
			w.breach("%s: commit %.7s is written to %s before %s has it", s.name, entry.Commit, at.name, before)
		}
	}
}

// provenBefore reports whether a state stood in a gateway group before.
func (w *world) provenBefore(group string, entry record.Entry) bool {
	return slices.ContainsFunc(w.ledger.lines, func(line journalLine) bool {
		e := line.Entry
		return e != nil && e.Group == group && e.Digest == entry.Digest && (e.State == record.Applied || e.State == record.Unchanged)
	})
}

// checkLine looks at a line of the journal in the moment in which it is durable.
func (w *world) checkLine(line journalLine) {
	e := line.Entry
	if e == nil || line.Type == "show" || e.State != record.Applied {
		return
	}
	if e.Group == "" {
		w.checkVerified(*e)
		return
	}
	want := w.meant(*e)
	switch {
	case want.faulty || want.digest != e.Digest:
		w.breach("%s: applied %.12s for commit %.7s, which wants %.12s", e.Group, e.Digest, e.Commit, want.digest)
	case e.Live != e.Digest:
		w.breach("%s: applied, and live was %.12s where %.12s is wanted", e.Group, e.Live, e.Digest)
	default:
		w.checkSeen(*e, want)
	}
}

// checkSeen wants the daemon to have seen what it says that it has applied, after it was written.
func (w *world) checkSeen(e record.Entry, want want) {
	s := w.sites[e.Group]
	for _, change := range e.Changes {
		last := s.seen[change.Key]
		_, desired := want.state[change.Key]
		switch {
		case last.at < s.wrote[change.Key]:
			w.breach("%s: applied, and nobody has looked at %s since it was written", e.Group, change.Key)
		case !desired && last.spec != nil && change.Op == plan.Delete:
			w.breach("%s: applied, and %s was still there", e.Group, change.Key)
		case desired && !want.alike(change.Key, last.spec):
			w.breach("%s: applied, and %s was seen to be %s", e.Group, change.Key, text(last.spec))
		}
	}
}

// checkViews lets the workers take what is due, and looks for what dangles.
func (w *world) checkViews() {
	for _, name := range w.names {
		s := w.sites[name]
		if fault := s.view.follow(time.Now()); fault != "" {
			w.breach("%s: %s", name, fault)
		}
	}
}

// breach is a promise that was not kept. The first ends the run.
func (w *world) breach(format string, args ...any) {
	if w.broken == "" {
		w.broken = fmt.Sprintf(format, args...)
		w.trace.note("BROKEN: %s", w.broken)
	}
}
