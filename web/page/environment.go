package page

import (
	"net/http"
	"strings"

	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/record"
)

// groupsPerPage is how many gateway groups a table shows at once.
const groupsPerPage = 100

// recent is how much of the history stands on pages that are about something else.
const recent = 10

type environmentBody struct {
	Environment insight.Environment
	Groups      groupTable
	Recent      []record.Entry
}

func (h *Handler) environment(r *http.Request) (frame, error) {
	name := r.PathValue("env")
	e, err := h.named(name)
	if err != nil {
		return frame{}, err
	}
	groups, err := h.groupTable(r, name)
	if err != nil {
		return frame{}, err
	}
	past, err := h.insight.History(r.Context(), insight.HistoryQuery{Environment: name, Whole: true, Limit: recent})
	if err != nil {
		return frame{}, err
	}
	body := environmentBody{Environment: e, Groups: groups, Recent: past.Entries}
	return frame{Title: name + ": " + environmentLook(e).Word, View: "overview", Name: "environment", Body: body, Watch: name}, nil
}

// environmentDetail is what is to be told of an environment at length, the line that says it in short left out; empty where there is no more
// than that.
func environmentDetail(e insight.Environment) string {
	if e.Detail == e.Text {
		return ""
	}
	short, _, _ := strings.Cut(e.Text, " (and ")
	if e.Detail != "" && !strings.HasPrefix(e.Detail, short) {
		return e.Text + "\n" + e.Detail
	}
	return e.Detail
}

// named finds an environment by its name.
func (h *Handler) named(name string) (insight.Environment, error) {
	for _, e := range h.insight.Overview(1).Environments {
		if e.Name == name {
			return e, nil
		}
	}
	return insight.Environment{}, &insight.NotFoundError{What: "environment " + name}
}

// groupTable is a part of the gateway groups, and what was asked for.
type groupTable struct {
	Action       string // where the filter leads
	Environment  string // that all of them belong to; empty: they belong to several
	Environments []string
	Asked        insight.GroupQuery
	Groups       []insight.PlacedGroup
	Paging       paging
	Bare         bool // nothing was asked for, and there are few: no filter is needed
}

func (h *Handler) groupTable(r *http.Request, environment string) (groupTable, error) {
	query := r.URL.Query()
	page, err := pageOf(query, groupsPerPage)
	if err != nil {
		return groupTable{}, err
	}
	asked := insight.GroupQuery{Environment: environment, Text: query.Get("text"), Only: query.Get("only"), Page: page}
	if environment == "" {
		asked.Environment = query.Get("environment")
	}
	list, err := h.insight.Groups(asked)
	if err != nil {
		return groupTable{}, err
	}
	return groupTable{
		Action: r.URL.EscapedPath(), Environment: environment, Asked: asked, Groups: list.Groups,
		Paging: pages(r.URL, list.Page, len(list.Groups), "groups", "groups"),
		Bare:   asked.Text == "" && asked.Only == "" && list.Page.Total <= groupsPerWave,
	}, nil
}

func (h *Handler) groups(r *http.Request) (frame, error) {
	table, err := h.groupTable(r, "")
	if err != nil {
		return frame{}, err
	}
	for _, e := range h.insight.Overview(1).Environments {
		table.Environments = append(table.Environments, e.Name)
	}
	return frame{Title: "Gateway groups", View: "groups", Name: "groups", Body: table}, nil
}
