package page

import (
	"net/http"
	"strings"

	"github.com/sluice-gitops/sluice/insight"
)

type resourceBody struct {
	insight.Resource
	Environments []string
	Asked        string // "routes/login"
	Found        bool   // something was asked for, and answered
	Older        string
}

// resource answers who has changed a resource, and where each of its fields comes from.
func (h *Handler) resource(r *http.Request) (frame, error) {
	query := r.URL.Query()
	body := resourceBody{Asked: query.Get("resource")}
	for _, e := range h.insight.Overview(1).Environments {
		body.Environments = append(body.Environments, e.Name)
	}
	body.Resource.Environment = query.Get("environment")
	f := frame{Title: "Resource", View: "history", Name: "resource"}
	if body.Asked == "" || body.Resource.Environment == "" {
		f.Body = body
		return f, nil
	}
	kind, id, ok := strings.Cut(body.Asked, "/")
	if !ok || kind == "" || id == "" {
		return frame{}, &insight.QueryError{Field: "resource", What: "write KIND/ID, as routes/login"}
	}
	entry, err := before(query)
	if err != nil {
		return frame{}, err
	}
	found, err := h.insight.Resource(r.Context(), insight.ResourceQuery{Environment: body.Resource.Environment, Group: query.Get("group"), Kind: kind, ID: id, Before: entry})
	if err != nil {
		return frame{}, err
	}
	body.Resource, body.Found = found, true
	if found.Next != 0 {
		body.Older = withBefore(r.URL, found.Next)
	}
	f.Body, f.Watch, f.Title = body, found.Environment, body.Asked+" in "+found.Environment
	return f, nil
}
