package web

import (
	"context"
	"net/http"

	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/web/access"
)

// views are the routes that show something. All of them need a viewer.
func (h *Handler) views() []Route {
	var routes []Route
	add := func(path string, doc Doc, ask func(context.Context, *question) (any, error)) {
		handler, described := view(doc, ask)
		routes = append(routes, Route{Pattern: "GET /api/v1" + path, Needs: access.Viewer, Handler: handler, Doc: described})
	}
	add("/status", Doc{Summary: "What runs where: the document of `sluice status`", Answer: reconciler.Status{}}, h.status)
	add("/history", historyDoc(), h.history)
	add("/whoami", Doc{Summary: "Who asks, and what they may do", Answer: access.Who{}}, whoami)
	if h.config.Insight == nil {
		return routes
	}
	add("/overview", overviewDoc(), h.overview)
	add("/groups", groupsDoc(), h.groups)
	add("/groups/{group}", groupDoc("A gateway group: what it runs, its last writes and its drift", insight.Group{}), h.group)
	add("/groups/{group}/instances", groupDoc("What the instances of a gateway group say of themselves, asked now", insight.Health{}), h.instances)
	add("/groups/{group}/live", liveDoc(), h.live)
	add("/environments/{environment}/commits/{commit}", Doc{Summary: "What became of a commit in an environment", Answer: insight.Turn{}}, h.turn)
	add("/environments/{environment}/commits/{commit}/changes", Doc{
		Summary: "What a commit changes in an environment, against what ran before, from Git", Answer: insight.Comparison{}, Query: paging(),
	}, h.changes)
	add("/environments/{environment}/commits/{commit}/plan", Doc{
		Summary: "What a commit would do to the gateway groups of an environment as they are live, asked now", Answer: insight.Plan{}, Query: paging(),
	}, h.plan)
	add("/skew", skewDoc(), h.skew)
	add("/resources", resourceDoc(), h.resource)
	return routes
}

func paging() []Parameter {
	return []Parameter{
		{"offset", "how many to leave out at the beginning", "integer"},
		{"limit", "how many to show at most", "integer"},
	}
}

func (h *Handler) status(context.Context, *question) (any, error) {
	return h.config.Reconciler.Status(), nil
}

func whoami(ctx context.Context, _ *question) (any, error) { return access.Of(ctx), nil }

func overviewDoc() Doc {
	return Doc{Summary: "Every environment at one glance", Answer: insight.Overview{}, Query: []Parameter{
		{"groups", "how many gateway groups of each wave to show at most; 24 when it is not said", "integer"},
	}}
}

func (h *Handler) overview(_ context.Context, q *question) (any, error) {
	return h.config.Insight.Overview(int(q.number("groups", 1, 0))), nil
}

func groupsDoc() Doc {
	return Doc{Summary: "Gateway groups, in the order of stages, waves and names", Answer: insight.GroupList{}, Query: append([]Parameter{
		{"environment", "only of this environment", "string"},
		{"text", "part of the name, whatever the case", "string"},
		{"only", "failing, behind, drifting or canary", "string"},
	}, paging()...)}
}

func (h *Handler) groups(_ context.Context, q *question) (any, error) {
	return h.config.Insight.Groups(insight.GroupQuery{Environment: q.text("environment"), Text: q.text("text"), Only: q.text("only"), Page: q.page()})
}

func groupDoc(summary string, answer any) Doc {
	return Doc{Summary: summary, Answer: answer, Query: []Parameter{{"environment", "the environment of the group", "string"}}}
}

func (h *Handler) group(ctx context.Context, q *question) (any, error) {
	return h.config.Insight.Group(ctx, q.text("environment"), q.PathValue("group"))
}

func (h *Handler) instances(ctx context.Context, q *question) (any, error) {
	return h.config.Insight.Instances(ctx, q.text("environment"), q.PathValue("group"))
}

func liveDoc() Doc {
	doc := groupDoc("The resources of a gateway group, live against desired", insight.Live{})
	doc.Query = append(doc.Query,
		Parameter{"text", "part of kind/id, whatever the case", "string"},
		Parameter{"kind", "only of this kind, as routes", "string"},
		Parameter{"state", "same, differs, missing, surplus or not-owned", "string"},
		Parameter{"fresh", "read live anew, though it was read a few seconds ago", "boolean"})
	doc.Query = append(doc.Query, paging()...)
	return doc
}

func (h *Handler) live(ctx context.Context, q *question) (any, error) {
	query := insight.LiveQuery{Text: q.text("text"), Kind: q.text("kind"), State: q.text("state"), Page: q.page(), Fresh: q.flag("fresh")}
	if q.err != nil {
		return nil, q.err
	}
	return h.config.Insight.Live(ctx, q.text("environment"), q.PathValue("group"), query)
}

func (h *Handler) turn(ctx context.Context, q *question) (any, error) {
	return h.config.Insight.Turn(ctx, q.PathValue("environment"), q.PathValue("commit"))
}

func (h *Handler) changes(ctx context.Context, q *question) (any, error) {
	return h.config.Insight.Changes(ctx, q.PathValue("environment"), q.PathValue("commit"), q.page())
}

func (h *Handler) plan(ctx context.Context, q *question) (any, error) {
	return h.config.Insight.Plan(ctx, q.PathValue("environment"), q.PathValue("commit"), q.page())
}

func skewDoc() Doc {
	return Doc{
		Summary: "What differs between two environments, or in one environment between two commits", Answer: insight.Comparison{},
		Query: append([]Parameter{
			{"first", "an environment; with environment, a commit", "string"},
			{"second", "an environment; with environment, a commit", "string"},
			{"environment", "compare two commits in this environment", "string"},
			{"all", "show what is meant to differ as well", "boolean"},
		}, paging()...),
	}
}

func (h *Handler) skew(ctx context.Context, q *question) (any, error) {
	first, second, all, page := q.text("first"), q.text("second"), q.flag("all"), q.page()
	switch {
	case q.err != nil:
		return nil, q.err
	case first == "" || second == "":
		return nil, &refused{http.StatusBadRequest, "a comparison has two sides: first and second"}
	case q.text("environment") != "":
		return h.config.Insight.SkewAt(ctx, q.text("environment"), first, second, page)
	}
	return h.config.Insight.Skew(ctx, first, second, all, page)
}

func resourceDoc() Doc {
	return Doc{Summary: "Who has changed a resource, and where each of its fields comes from", Answer: insight.Resource{}, Query: []Parameter{
		{"environment", "the environment", "string"},
		{"group", "only in this gateway group", "string"},
		{"resource", "which one, as routes/login", "string"},
		{"before", "only entries with a smaller id", "integer"},
		{"limit", "how many entries to show at most", "integer"},
	}}
}

func (h *Handler) resource(ctx context.Context, q *question) (any, error) {
	key := q.resource("resource")
	query := insight.ResourceQuery{
		Environment: q.text("environment"), Group: q.text("group"), Kind: string(key.Kind), ID: key.ID,
		Before: q.number("before", 1, 0), Limit: int(q.number("limit", 1, 0)),
	}
	if q.err != nil {
		return nil, q.err
	}
	return h.config.Insight.Resource(ctx, query)
}
