package page

import (
	"net/http"

	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/record"
)

type turnBody struct {
	insight.Turn
	held
	ShowPlan   bool     // what is held or was not written yet can be planned against live
	ShowBefore bool     // what ran before is not what runs now, which stands above
	OnTheWay   bool     // some of it is written, so that what was applied before is no longer what runs
	Partly     []string // the gateway groups that run it though the environment does not
	// Compare leads to what the environment wants at this commit and at another one: what runs now or, with CompareRunning false, one that
	// is still to be chosen.
	Compare        string
	CompareRunning bool
}

func (h *Handler) turn(r *http.Request) (frame, error) {
	t, err := h.insight.Turn(r.Context(), r.PathValue("env"), r.PathValue("commit"))
	if err != nil {
		return frame{}, err
	}
	onTheWay := t.State == string(record.Applying) || t.State == string(record.Verifying)
	guards := heldBy(t)
	body := turnBody{
		Turn: guards.once(t), held: guards, OnTheWay: onTheWay && !t.Running,
		ShowBefore: t.Before.Hash != "" && (t.Running || t.Before.Hash != t.Applied.Hash),
		ShowPlan:   !t.Running && !onTheWay && t.Later == nil && (!t.Final || t.State == string(record.Held)),
	}
	for _, g := range t.Groups {
		if g.Runs && !t.Running && !onTheWay {
			body.Partly = append(body.Partly, g.Name)
		}
	}
	body.Compare = skewURL(t.Environment, t.Applied.Hash, t.Commit.Hash)
	if body.CompareRunning = !t.Running && t.Applied.Hash != ""; !body.CompareRunning {
		body.Compare = skewURL(t.Environment, "", t.Commit.Hash)
	}
	return frame{Title: turnTitle(t), View: "overview", Name: "turn", Body: body, Watch: t.Environment}, nil
}

func turnTitle(t insight.Turn) string {
	return t.Commit.Short() + " in " + t.Environment + ": " + lookOf(t.State).Word
}

// changesPerPage is how many resources of a difference are shown at once.
const changesPerPage = 50

// partBody is what a part has when it stands alone: where it belongs.
type partBody struct {
	Title  string
	Crumbs []Action
	About  string
	comparison
	Counts string
}

func (h *Handler) changes(r *http.Request) (frame, error) {
	environment, commit := r.PathValue("env"), r.PathValue("commit")
	asked, err := pageOf(r.URL.Query(), changesPerPage)
	if err != nil {
		return frame{}, err
	}
	c, err := h.insight.Changes(r.Context(), environment, commit, asked)
	if err != nil {
		return frame{}, err
	}
	body := partBody{
		Title: "What it changes", Crumbs: turnCrumbs(environment, commit), comparison: comparisonOf(c, environment, sides{"before", "after"}),
	}
	body.Nothing, body.Paging = "Nothing: what this commit says is what the one before it said.", pages(r.URL, c.Page, len(c.Resources), "resources", "changes")
	if c.FirstCommit.Hash != "" {
		body.About = "from " + c.FirstCommit.Short() + ", which ran before"
	}
	if c.Why == "" {
		body.Counts = tallied(c.OnlySecond, c.Differ, c.OnlyFirst, 0, 0)
	}
	return frame{Title: short(commit) + " in " + environment, View: "overview", Name: "changes", Body: body, Still: true}, nil
}

func turnCrumbs(environment, commit string) []Action {
	return []Action{{environment, environmentURL(environment)}, {short(commit), turnURL(environment, commit)}}
}

type planBody struct {
	insight.Plan
	Crumbs []Action
	Parts  []planPart
	Paging paging
}

// planPart is the plan for one gateway group.
type planPart struct {
	insight.GroupPlan
	Resources []diffResource
}

func (h *Handler) plan(r *http.Request) (frame, error) {
	environment, commit := r.PathValue("env"), r.PathValue("commit")
	asked, err := pageOf(r.URL.Query(), 0)
	if err != nil {
		return frame{}, err
	}
	p, err := h.insight.Plan(r.Context(), environment, commit, asked)
	if err != nil {
		return frame{}, err
	}
	body := planBody{Plan: p, Crumbs: turnCrumbs(environment, commit), Paging: pages(r.URL, p.Page, len(p.Groups), "groups", "plan")}
	for _, g := range p.Groups {
		body.Parts = append(body.Parts, planPart{g, planned(g.Changes)})
	}
	return frame{Title: short(commit) + " in " + environment, View: "overview", Name: "plan", Body: body, Still: true}, nil
}
