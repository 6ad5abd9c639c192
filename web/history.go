package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// Journal is what the handler asks for the past; record.View is one.
type Journal interface {
	Search(context.Context, record.Filter) (record.Found, error)
	Environments() []string // that anything is on record of
	Places() []record.Place // likewise, with their gateway groups
}

// defaultEntries is how much history is shown when the client does not say, maxEntries the most that it can ask for: an entry
// in full may be a mebibyte.
const (
	defaultEntries = 100
	maxEntries     = 1000
)

func historyDoc() Doc {
	return Doc{
		Summary: "Entries of the journal, newest first and in full; the header Link leads to the next page",
		Answer:  []record.Entry{},
		Query: []Parameter{
			{"environment", "only of this environment", "string"},
			{"group", "only of this gateway group", "string"},
			{"commit", "only of this commit: its hash, or at least the first four digits of it", "string"},
			{"state", "only in this state: " + strings.Join(stateNames(), ", "), "string"},
			{"reason", "only for this reason: " + strings.Join(reasons(), ", "), "string"},
			{"author", "part of the author of the commit, whatever the case", "string"},
			{"resource", "only those that have changed it, as routes/login", "string"},
			{"text", "part of the subject, the text or the error, whatever the case", "string"},
			{"since", "begun at this time or later", "date-time"},
			{"until", "begun before this time", "date-time"},
			{"before", "only entries with a smaller id: that of the last entry of the page before", "integer"},
			{"limit", fmt.Sprintf("how many entries, at most %d; %d when it is not said", maxEntries, defaultEntries), "integer"},
		},
	}
}

func (h *Handler) history(ctx context.Context, q *question) (any, error) {
	filter := record.Filter{
		Environment: h.environment(q), Group: h.gatewayGroup(q), CommitPrefix: q.commit("commit"), State: record.State(q.among("state", stateNames())),
		Reason: q.among("reason", reasons()), Author: q.text("author"), Resource: q.resource("resource"), Text: q.text("text"),
		Since: q.moment("since"), Until: q.moment("until"), Before: q.number("before", 1, 0),
		Limit: int(min(q.number("limit", 1, defaultEntries), maxEntries)),
	}
	if q.err != nil {
		return nil, q.err
	}
	found, err := h.config.Journal.Search(ctx, filter)
	if err != nil {
		return nil, err
	}
	if found.Next != 0 {
		next := url.URL{Path: "/api/v1/history", RawQuery: with(q.values, "before", strconv.FormatInt(found.Next, 10)).Encode()}
		q.header.Set("Link", "<"+next.String()+`>; rel="next"`)
	}
	if found.Entries == nil {
		return []record.Entry{}, nil
	}
	return found.Entries, nil
}

// environment reads the name of one that there is, or that there was. Before the first pass any name may be that of one.
func (h *Handler) environment(q *question) string {
	name, status := q.text("environment"), h.config.Reconciler.Status()
	if _, known := status.Environment(name); name == "" || known || status.Head == "" || slices.Contains(h.config.Journal.Environments(), name) {
		return name
	}
	if q.err == nil {
		q.err = &refused{http.StatusNotFound, fmt.Sprintf("there is no environment %q", name)}
	}
	return name
}

// gatewayGroup reads the name of one that there is, or that there was, likewise.
func (h *Handler) gatewayGroup(q *question) string {
	name, status := q.text("group"), h.config.Reconciler.Status()
	is := func(g reconciler.GroupStatus) bool { return g.Name == name }
	has := func(env reconciler.EnvironmentStatus) bool { return slices.ContainsFunc(env.Groups, is) }
	had := func(at record.Place) bool { return at.Group == name }
	if name == "" || status.Head == "" || slices.ContainsFunc(status.Environments, has) || slices.ContainsFunc(h.config.Journal.Places(), had) {
		return name
	}
	if q.err == nil {
		q.err = &refused{http.StatusNotFound, fmt.Sprintf("there is no gateway group %q", name)}
	}
	return name
}

func stateNames() []string {
	var names []string
	for _, state := range record.States() {
		names = append(names, string(state))
	}
	return names
}

// reasons are what a group is written for, and an environment comes to its end by.
func reasons() []string {
	return []string{"commit", "drift", "rotation", "canary", "rollback", "verify"}
}

func with(values url.Values, name, value string) url.Values {
	changed := url.Values{name: {value}}
	for other, texts := range values {
		if other != name {
			changed[other] = texts
		}
	}
	return changed
}
