package page

import (
	"net/http"
	"net/url"

	"github.com/sluice-gitops/sluice/insight"
)

type skewBody struct {
	insight.Comparison // zero until two are chosen
	First, Second      string
	Environments       []string
	All                bool // what is meant to differ is shown too
	Compared           bool
	Sides              comparison
	Mirror             string // the same the other way round
}

func (h *Handler) skew(r *http.Request) (frame, error) {
	query := r.URL.Query()
	all, err := flag(query, "all")
	if err != nil {
		return frame{}, err
	}
	body := skewBody{First: query.Get("first"), Second: query.Get("second"), All: all}
	for _, e := range h.insight.Overview(1).Environments {
		body.Environments = append(body.Environments, e.Name)
	}
	f := frame{Title: "Skew", View: "skew", Name: "skew", Still: true}
	if body.First == "" && body.Second == "" && len(body.Environments) > 1 {
		body.First, body.Second = body.Environments[len(body.Environments)-2], body.Environments[len(body.Environments)-1]
		f.Body = body
		return f, nil
	}
	if body.First == "" || body.Second == "" {
		f.Body = body
		return f, nil
	}
	asked, err := pageOf(query, changesPerPage)
	if err != nil {
		return frame{}, err
	}
	c, err := h.insight.Skew(r.Context(), body.First, body.Second, body.All, asked)
	if err != nil {
		return frame{}, err
	}
	f.Body, f.Title = body.with(c, r.URL), body.First+" and "+body.Second
	return f, nil
}

// with adds what was found.
func (b skewBody) with(c insight.Comparison, at *url.URL) skewBody {
	b.Compared, b.Comparison = true, c
	b.Sides = comparisonOf(c, "", sides{b.First, b.Second})
	b.Sides.Nothing, b.Sides.Paging = "No difference: both environments want the same.", pages(at, c.Page, len(c.Resources), "resources", "found")
	if c.Meant > 0 && !b.All {
		b.Sides.Nothing = "No difference but what is meant to differ: the values of their variables."
	}
	b.Mirror = "/skew" + asked("first", b.Second, "second", b.First)
	return b
}
