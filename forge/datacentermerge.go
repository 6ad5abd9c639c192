package forge

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// Merge merges a pull request.
func (d *dataCenter) Merge(ctx context.Context, number int, head string, m Message) (string, error) {
	return mergeAt(ctx, d, number, head, m)
}

// merge asks once, for the version in which the head was read: a push makes another version. 409 is a version that is no longer the last
// one, a veto of a merge check, or a conflict.
func (d *dataCenter) merge(ctx context.Context, p Pull, m Message) (bool, error) {
	now, err := d.read(ctx, p.Number)
	if err != nil {
		return false, err
	}
	if now.From.Head != p.Head {
		return false, outdated(p.Number, "has moved from "+short(p.Head))
	}
	body := map[string]any{"version": now.Version}
	if m.Title != "" {
		body["message"] = m.Title + "\n\n" + m.Body
	}
	got, err := d.call(ctx, http.MethodPost, d.pullPath(p.Number)+"/merge?version="+strconv.Itoa(now.Version), body, nil)
	fault, refused := asError(err)
	if !refused {
		return false, nil
	}
	if got.status == http.StatusConflict {
		fault.Class = Blocked
		// Another version can be another head, or only a reviewer more: looking again tells.
		return slices.Contains(exceptions(got.body), "PullRequestOutOfDateException"), fault
	}
	return false, d.noPull(ctx, fault, d.repository, d.name, p.Number)
}

// Checks reads the builds of a commit, from the interface that lists them without their keys.
func (d *dataCenter) Checks(ctx context.Context, commit string) (Checks, error) {
	api := d.at(d.base.JoinPath("../../build-status/latest"))
	all, err := serverList[build](ctx, api, "/commits/"+url.PathEscape(commit), url.Values{"orderBy": {"OLDEST"}})
	if err != nil {
		return Checks{}, err
	}
	return builds(all), nil
}
