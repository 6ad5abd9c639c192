package main

import (
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/skew"
)

// promotionDocument is the machine form of a promotion: the contract of `sluice promote -o json` (docs/cli.md).
type promotionDocument struct {
	From        string                  `json:"from"`
	To          string                  `json:"to"`
	Applied     string                  `json:"applied"` // what from runs
	Pins        []pinDocument           `json:"pins"`
	Notes       []string                `json:"notes,omitempty"`
	Plans       []plan.GroupDocument    `json:"plans,omitempty"`
	Differences []skew.ResourceDocument `json:"differences,omitempty"`
	Branch      string                  `json:"branch,omitempty"` // where the commit was written; absent when none was
	Commit      string                  `json:"commit,omitempty"`
	PullRequest *pullRequest            `json:"pullRequest,omitempty"`

	plans []plan.Plan
	found []skew.Difference
}

// pinDocument is one pin that moves.
type pinDocument struct {
	Layer string `json:"layer"`
	diag.Pos
	Old     string           `json:"old"`
	New     string           `json:"new"`
	Commits []commitDocument `json:"commits"` // that come with it, newest first
}

type commitDocument struct {
	Hash    string `json:"hash"`
	Subject string `json:"subject"`
	Author  string `json:"author"`
}

// pullRequest is all that a forge needs to open one.
type pullRequest struct {
	Branch string `json:"branch"`
	Base   string `json:"base"`
	Title  string `json:"title"`
	Body   string `json:"body"`
}

func (r pullRequest) message() string { return r.Title + "\n\n" + r.Body + "\n" }

func (p *promotion) document() promotionDocument {
	doc := promotionDocument{
		From: p.from.Name, To: p.to.Name, Applied: p.applied.Commit.Hash, Notes: p.notes, Pins: []pinDocument{},
	}
	for _, m := range p.moves {
		one := pinDocument{
			Layer: m.layer.Path, Pos: m.layer.RevisionPos, Old: m.layer.Revision, New: m.to, Commits: []commitDocument{},
		}
		for _, commit := range m.carried {
			one.Commits = append(one.Commits, commitDocument{commit.Hash, commit.Subject, commit.Author})
		}
		doc.Pins = append(doc.Pins, one)
	}
	if len(p.moves) > 0 {
		doc.PullRequest = p.pullRequest(doc.Pins)
	}
	return doc
}

func (p *promotion) pullRequest(pins []pinDocument) *pullRequest {
	what := count(len(pins), "layer")
	if len(pins) == 1 {
		what = pins[0].Layer
	}
	var body strings.Builder
	fmt.Fprintf(&body, "%s runs %s.\n", p.from.Name, short(p.applied.Commit.Hash))
	for _, pin := range pins {
		fmt.Fprintf(&body, "\n%s: %s → %s\n", pin.Layer, short(pin.Old), short(pin.New))
		pin.list(&body, "- ")
	}
	return &pullRequest{
		Branch: "promote/" + p.to.Name + "-" + short(p.applied.Commit.Hash), Base: p.clone.Branch(),
		Title: fmt.Sprintf("Promote %s from %s to %s", what, p.from.Name, p.to.Name), Body: strings.TrimRight(body.String(), "\n"),
	}
}

// mostCarried bounds the commits that a message lists.
const mostCarried = 20

// list writes the commits that come with a pin. One that goes back to an earlier commit has none.
func (d pinDocument) list(w *strings.Builder, indent string) {
	if len(d.Commits) == 0 {
		fmt.Fprintf(w, "%sgoes back: it brings no commit\n", indent)
	}
	for i, commit := range d.Commits {
		if i == mostCarried {
			fmt.Fprintf(w, "%sand %d more\n", indent, len(d.Commits)-mostCarried)
			return
		}
		fmt.Fprintf(w, "%s%s %s\n", indent, short(commit.Hash), commit.Subject)
	}
}

// printPromotion tells what was found and done.
func (a *app) printPromotion(doc promotionDocument) {
	for _, note := range doc.Notes {
		fmt.Fprintf(a.stderr, "sluice: %s\n", note)
	}
	if len(doc.Pins) == 0 {
		fmt.Fprintf(a.stdout, "nothing to promote: %s has what %s runs (%s)\n", doc.To, doc.From, short(doc.Applied))
		return
	}
	var text strings.Builder
	for _, pin := range doc.Pins {
		fmt.Fprintf(&text, "%s: %s → %s  %s\n", pin.Layer, short(pin.Old), short(pin.New), pin.Pos)
		pin.list(&text, "    ")
	}
	fmt.Fprintln(a.stdout, text.String())
	a.printPlans(doc.Plans, doc.plans)
	if doc.Plans == nil {
		a.printDiffText(skew.Document{}, doc.found, doc.To+" now", doc.To+" then")
		fmt.Fprintln(a.stdout)
	}
	if doc.Commit == "" {
		fmt.Fprintln(a.stdout, "nothing was written")
		return
	}
	fmt.Fprintf(a.stdout, "branch %s at %s: %s\npush it with: git push origin %s\n", doc.Branch, short(doc.Commit), doc.PullRequest.Title, doc.Branch)
}
