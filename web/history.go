package web

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/sluice-gitops/sluice/record"
)

// Journal is what the handler asks for the past; record.View is one.
type Journal interface {
	Search(context.Context, record.Filter) (record.Found, error)
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
			{"commit", "only of this commit: the whole hash", "string"},
			{"state", "only in this state, as applied", "string"},
			{"reason", "only for this reason: commit, drift, rotation, canary, rollback or verify", "string"},
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
		Environment: q.text("environment"), Group: q.text("group"), Commit: q.text("commit"), State: record.State(q.text("state")),
		Reason: q.text("reason"), Author: q.text("author"), Resource: q.resource("resource"), Text: q.text("text"),
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

func with(values url.Values, name, value string) url.Values {
	changed := url.Values{name: {value}}
	for other, texts := range values {
		if other != name {
			changed[other] = texts
		}
	}
	return changed
}
