package page

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/sluice-gitops/sluice/insight"
)

type groupBody struct {
	insight.Group
	Instances, Live string // where the parts are that are asked for on their own
}

func (h *Handler) group(r *http.Request) (frame, error) {
	name, environment := r.PathValue("group"), r.URL.Query().Get("environment")
	g, err := h.insight.Group(r.Context(), environment, name)
	if err != nil {
		return frame{}, err
	}
	below := "/groups/" + url.PathEscape(name)
	query := asked("environment", g.Environment)
	body := groupBody{Group: g, Instances: below + "/instances" + query, Live: below + "/live" + query}
	return frame{Title: name + ": " + groupLook(g.GroupLine).Word, View: "groups", Name: "group", Body: body, Watch: g.Environment}, nil
}

type instancesBody struct {
	insight.Health
	Crumbs []Action
}

func (h *Handler) instances(r *http.Request) (frame, error) {
	name, environment := r.PathValue("group"), r.URL.Query().Get("environment")
	health, err := h.insight.Instances(r.Context(), environment, name)
	if err != nil {
		return frame{}, err
	}
	body := instancesBody{Health: health, Crumbs: groupCrumbs(name, environment)}
	return frame{Title: name, View: "groups", Name: "instances", Body: body, Still: true}, nil
}

func groupCrumbs(group, environment string) []Action {
	return []Action{{group, groupURL(group, environment)}}
}

// resourcesPerPage is how many resources of a group are shown at once.
const resourcesPerPage = 50

type liveBody struct {
	insight.Live
	Crumbs []Action
	Action string
	Asked  insight.LiveQuery
	Shown  []diffResource
	Paging paging
	States []string
}

func (h *Handler) live(r *http.Request) (frame, error) {
	query := r.URL.Query()
	name, environment := r.PathValue("group"), query.Get("environment")
	page, err := pageOf(query, resourcesPerPage)
	if err != nil {
		return frame{}, err
	}
	fresh, err := flag(query, "fresh")
	if err != nil {
		return frame{}, err
	}
	asked := insight.LiveQuery{Text: query.Get("text"), Kind: query.Get("kind"), State: query.Get("state"), Page: page, Fresh: fresh}
	live, err := h.insight.Live(r.Context(), environment, name, asked)
	if err != nil {
		return frame{}, err
	}
	environment = cmp.Or(live.Environment, environment)
	live.Environment = environment
	body := liveBody{
		Live: live, Crumbs: groupCrumbs(name, environment), Action: r.URL.EscapedPath(), Asked: asked,
		Paging: pages(r.URL, live.Page, len(live.Resources), "resources", "live"),
		States: []string{insight.Same, insight.Differs, insight.Missing, insight.Surplus, insight.NotOwned},
	}
	for _, resource := range live.Resources {
		body.Shown = append(body.Shown, diffResource{
			Kind: resource.Kind, ID: resource.ID, State: resource.State, Fields: fieldsOf(resource.Fields, sides{"live", "desired"}), More: resource.MoreFields,
			Open: len(live.Resources) <= unfolded, URL: resourceURL(environment, resource.Kind, resource.ID), From: resource.From,
		})
	}
	return frame{Title: name, View: "groups", Name: "live", Body: body, Still: true}, nil
}
