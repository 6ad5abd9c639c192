package main

import (
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/promotion"
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

	move promotion.Move
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
	Number int    `json:"number,omitempty"` // once it is open
	URL    string `json:"url,omitempty"`
}

func (r pullRequest) message() string { return r.Title + "\n\n" + r.Body + "\n" }

// branch is the branch that is made.
func (p *promoting) branch() string {
	if p.mirror != nil {
		return promotion.BranchFor(p.To.Name)
	}
	return "promote/" + p.To.Name + "-" + short(p.Applied.Commit.Hash)
}

func (p *promoting) document() promotionDocument {
	doc := promotionDocument{
		From: p.From.Name, To: p.To.Name, Applied: p.Applied.Commit.Hash, Notes: p.Notes, Pins: []pinDocument{},
	}
	for _, m := range p.Moves {
		one := pinDocument{
			Layer: m.Layer.Path, Pos: m.Layer.RevisionPos, Old: m.Layer.Revision, New: m.To, Commits: []commitDocument{}, move: m,
		}
		for _, commit := range m.Carried {
			one.Commits = append(one.Commits, commitDocument{commit.Hash, commit.Subject, commit.Author})
		}
		doc.Pins = append(doc.Pins, one)
	}
	if len(p.Moves) > 0 {
		doc.PullRequest = &pullRequest{
			Branch: p.branch(), Base: p.base, Title: p.Title(), Body: p.Body(),
		}
	}
	return doc
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
		text.WriteString(pin.move.List("    "))
	}
	fmt.Fprintln(a.stdout, text.String())
	a.printPlans(doc.Plans, doc.plans)
	if doc.Plans == nil {
		a.printDiffText(skew.Document{}, doc.found, doc.To+" now", doc.To+" then")
		fmt.Fprintln(a.stdout)
	}
	if doc.PullRequest.Number != 0 {
		fmt.Fprintf(a.stdout, "pull request %d: %s\n%s\n", doc.PullRequest.Number, doc.PullRequest.Title, doc.PullRequest.URL)
		return
	}
	if doc.Commit == "" {
		fmt.Fprintln(a.stdout, "nothing was written")
		return
	}
	fmt.Fprintf(a.stdout, "branch %s at %s: %s\npush it with: git push origin %s\n", doc.Branch, short(doc.Commit), doc.PullRequest.Title, doc.Branch)
}

// printPlans prints the plans of a promotion, and of a group without one why.
func (a *app) printPlans(documents []plan.GroupDocument, plans []plan.Plan) {
	for i, doc := range documents {
		if doc.Error != "" {
			fmt.Fprintf(a.stderr, "sluice: %s/%s: no plan: %s\n", doc.Environment, doc.Group, doc.Error)
			continue
		}
		plans[i].Text(a.stdout, doc.Environment, doc.Group, opPaint(a.stdout))
		fmt.Fprintln(a.stdout)
	}
}
