package page

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/record"
)

type historyBody struct {
	insight.HistoryPage
	Asked    insight.HistoryQuery
	Narrowed bool // something was asked for
	From, To string
	Older    string
	Newest   string // where the first page is, on any other; empty on it
	States   []record.State
	Reasons  []string
	Found    string // in words, for who hears the page
}

func (h *Handler) history(r *http.Request) (frame, error) {
	query, err := historyQuery(r.URL.Query())
	if err != nil {
		return frame{}, err
	}
	past, err := h.insight.History(r.Context(), query)
	if err != nil {
		return frame{}, err
	}
	if err := oneOf("environment", query.Environment, past.Environments); err != nil {
		return frame{}, err
	}
	body := historyBody{
		HistoryPage: past, Asked: query, Narrowed: narrowed(query), From: r.URL.Query().Get("since"), To: r.URL.Query().Get("until"),
		States:  []record.State{record.Applied, record.Unchanged, record.Failed, record.Held, record.RolledBack, record.Superseded},
		Reasons: reasons(),
		Found:   count(len(past.Entries), "entry", "entries"),
	}
	if past.Next != 0 {
		body.Older = withBefore(r.URL, past.Next)
	}
	if query.Before != 0 {
		body.Newest = withBefore(r.URL, 0)
	}
	return frame{Title: "History", View: "history", Name: "history", Body: body, Still: query.Before != 0}, nil
}

// reasons are those for which something is written.
func reasons() []string {
	return []string{"commit", "drift", "rotation", "canary", "rollback", "verify"}
}

func historyQuery(asked url.Values) (insight.HistoryQuery, error) {
	query := insight.HistoryQuery{
		Environment: asked.Get("environment"), Group: asked.Get("group"), State: asked.Get("state"),
		Reason: asked.Get("reason"), Author: asked.Get("author"), Commit: asked.Get("commit"), Resource: asked.Get("resource"), Text: asked.Get("text"),
	}
	err := oneOf("reason", query.Reason, reasons())
	if err != nil {
		return query, err
	}
	if query.Whole, err = flag(asked, "whole"); err != nil {
		return query, err
	}
	if query.Since, err = day(asked, "since"); err != nil {
		return query, err
	}
	if query.Until, err = day(asked, "until"); err != nil {
		return query, err
	}
	if !query.Until.IsZero() {
		query.Until = query.Until.AddDate(0, 0, 1) // the day itself belongs to it
	}
	query.Before, err = before(asked)
	return query, err
}

func narrowed(q insight.HistoryQuery) bool {
	q.Before = 0
	return q != insight.HistoryQuery{}
}

func day(asked url.Values, field string) (time.Time, error) {
	text := asked.Get(field)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, &insight.QueryError{Field: field, What: "this is not a day, as 2026-11-21"}
	}
	return t, nil
}

func before(asked url.Values) (int64, error) {
	text := asked.Get("before")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, &insight.QueryError{Field: "before", What: "this is not the number of an entry"}
	}
	return n, nil
}

// withBefore is the address of the entries before one; 0: of the newest.
func withBefore(u *url.URL, entry int64) string {
	query := u.Query()
	query.Del("before")
	if entry != 0 {
		query.Set("before", strconv.FormatInt(entry, 10))
	}
	if len(query) == 0 {
		return u.EscapedPath()
	}
	return u.EscapedPath() + "?" + query.Encode()
}
