package page

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/record"
)

// skewBody is what two environments want or, with an environment, what that one wants at two commits.
type skewBody struct {
	insight.Comparison // zero until two sides are chosen
	First, Second      string
	In                 string // the environment that two commits are compared in; empty: two environments are
	Names              sides  // of the two sides, for people
	Environments       []string
	Recent             []record.Entry // the newest end of each commit, to choose from
	All                bool           // what is meant to differ is shown too
	Compared           bool
	Sides              comparison
	Mirror             string // the same the other way round
}

func (h *Handler) skew(r *http.Request) (frame, error) {
	body, err := h.skewAsked(r)
	if err != nil {
		return frame{}, err
	}
	f := frame{Title: "Skew", View: "skew", Name: "skew", Still: true}
	if body.First == "" || body.Second == "" {
		f.Body = body.offered()
		return f, nil
	}
	asked, err := pageOf(r.URL.Query(), changesPerPage)
	if err != nil {
		return frame{}, err
	}
	var c insight.Comparison
	if body.In != "" {
		c, err = h.insight.SkewAt(r.Context(), body.In, body.First, body.Second, asked)
	} else {
		c, err = h.insight.Skew(r.Context(), body.First, body.Second, body.All, asked)
	}
	if err != nil {
		return frame{}, err
	}
	body = body.with(c, r.URL)
	f.Body, f.Title = body, body.Names.Old+" and "+body.Names.New
	if body.In != "" {
		f.Title += " in " + body.In
	}
	return f, nil
}

// recentCommits is how many ends of commits are looked through for those that are offered to choose from.
const recentCommits = 30

func (h *Handler) skewAsked(r *http.Request) (skewBody, error) {
	query := r.URL.Query()
	body := skewBody{In: query.Get("environment"), First: query.Get("first"), Second: query.Get("second")}
	var err error
	if body.All, err = flag(query, "all"); err != nil {
		return body, err
	}
	if body.In != "" && query.Has("all") {
		return body, &insight.QueryError{Field: "all", What: "it goes with two environments: between two commits everything is shown"}
	}
	for _, e := range h.insight.Overview(1).Environments {
		body.Environments = append(body.Environments, e.Name)
	}
	past, err := h.insight.History(r.Context(), insight.HistoryQuery{Environment: body.In, Whole: true, Limit: recentCommits})
	if err == nil {
		err = oneOf("environment", body.In, past.Environments)
	}
	for _, e := range past.Entries {
		if !slices.ContainsFunc(body.Recent, func(known record.Entry) bool { return known.Commit == e.Commit }) {
			body.Recent = append(body.Recent, e)
		}
	}
	return body, err
}

// offered fills in what is likely to be compared: the last two environments.
func (b skewBody) offered() skewBody {
	if n := len(b.Environments); b.In == "" && b.First == "" && b.Second == "" && n > 1 {
		b.First, b.Second = b.Environments[n-2], b.Environments[n-1]
	}
	return b
}

// with adds what was found.
func (b skewBody) with(c insight.Comparison, at *url.URL) skewBody {
	b.Compared, b.Comparison, b.Names = true, c, sides{b.First, b.Second}
	nothing := "No difference: both environments want the same."
	switch {
	case b.In != "":
		b.Names = sides{cmp.Or(c.FirstCommit.Short(), short(b.First)), cmp.Or(c.SecondCommit.Short(), short(b.Second))}
		nothing = "No difference: " + b.In + " wants the same at both commits."
	case c.Meant > 0 && !b.All:
		nothing = "No difference but what is meant to differ: the values of their variables."
	}
	b.Sides = comparisonOf(c, b.In, b.Names)
	b.Sides.Nothing, b.Sides.Paging = nothing, pages(at, c.Page, len(c.Resources), "resources", "found")
	b.Mirror = skewURL(b.In, b.Second, b.First)
	return b
}
