package forgetest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// gitHub plays GitHub as its documentation describes it (https://docs.github.com/rest, API of 2022-11-28).
func gitHub(f *Forge, mux *http.ServeMux) {
	repo := "/api/v3/repos/" + f.Repository
	mux.HandleFunc("GET "+repo, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, object{"full_name": f.Repository}) })
	mux.HandleFunc("GET "+repo+"/pulls", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		open := only(f.pulls, func(p *Pull) bool {
			_, branch, filtered := strings.Cut(query.Get("head"), ":") // without the owner the filter is ignored
			return p.State == "open" && (!query.Has("base") || p.Base == query.Get("base")) && (!filtered || p.Branch == branch)
		})
		answer(w, 200, each(paged(w, r, f.pageSize, open), f.hubPull))
	})
	mux.HandleFunc("POST "+repo+"/pulls", f.gitHubOpens)
	mux.HandleFunc("GET "+repo+"/pulls/{n}", f.onPull("n", func(w http.ResponseWriter, _ *http.Request, p *Pull) { answer(w, 200, f.hubPull(p)) }))
	mux.HandleFunc("PATCH "+repo+"/pulls/{n}", f.onPull("n", f.hubEdits))
	mux.HandleFunc("PUT "+repo+"/pulls/{n}/merge", f.onPull("n", f.gitHubMerges))
	mux.HandleFunc("GET "+repo+"/issues/{n}/comments", f.onPull("n", func(w http.ResponseWriter, r *http.Request, p *Pull) {
		answer(w, 200, each(paged(w, r, f.pageSize, f.onNoLine(p.Number)), hubComment))
	}))
	mux.HandleFunc("POST "+repo+"/issues/{n}/comments", f.onPull("n", f.gitHubSays))
	mux.HandleFunc("PATCH "+repo+"/issues/comments/{id}", f.hubRewords)
	mux.HandleFunc("POST /api/graphql", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, object{"data": object{"viewer": object{"login": Me}}})
	})
	f.gitHubChecks(mux, repo)
	f.gitHubLines(mux, repo)
	f.gitHubDeploys(mux, repo)
}

// onPull answers 404 for a number that is not there.
func (f *Forge) onPull(name string, do func(http.ResponseWriter, *http.Request, *Pull)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p := f.find(number(r, name)); p != nil {
			do(w, r, p)
			return
		}
		says(w, 404, "Not Found")
	}
}

// hubPull is a pull request. A trial merge stands in merge_commit_sha while it is open.
func (f *Forge) hubPull(p *Pull) object {
	repo := object{"full_name": f.Repository}
	if p.Fork {
		repo = object{"full_name": p.Author + "/gateways"}
	}
	told := object{
		"number": p.Number, "title": p.Title, "body": p.Body, "draft": false, "state": "closed", "user": object{"login": p.Author},
		"html_url": fmt.Sprintf("%s/%s/pulls/%d", f.URL, f.Repository, p.Number),
		"head":     object{"ref": p.Branch, "sha": p.Head, "repo": repo}, "base": object{"ref": p.Base, "repo": object{"full_name": f.Repository}},
		"merged_at": nil, "merge_commit_sha": strings.Repeat("e", 40), "mergeable": true, "mergeable_state": "clean",
	}
	if p.State == "open" {
		told["state"] = "open"
	}
	switch {
	case p.State == "open" && f.computing > 0: // null until it is known
		told["mergeable"], told["mergeable_state"] = nil, "unknown"
	case f.missing(p.Head) != "":
		told["mergeable_state"] = "blocked"
	}
	if p.State == "merged" {
		told["merged_at"], told["merge_commit_sha"] = "2026-11-21T12:00:00Z", p.Merge
	}
	return told
}

// gitHubOpens: a second pull request for the same branches is 422, with the reason in a list of errors.
func (f *Forge) gitHubOpens(w http.ResponseWriter, r *http.Request) {
	body := sent(r)
	if f.same(body.text("head"), body.text("base")) != nil {
		answer(w, 422, object{"message": "Validation Failed", "errors": []object{{
			"resource": "PullRequest", "code": "custom", "message": "A pull request already exists for acme:" + body.text("head") + ".",
		}}})
		return
	}
	answer(w, 201, f.hubPull(f.open(Pull{
		Title: body.text("title"), Body: body.text("body"), Author: Me, Branch: body.text("head"), Base: body.text("base"),
	})))
}

func (f *Forge) hubEdits(w http.ResponseWriter, r *http.Request, p *Pull) {
	body := sent(r)
	if body.has("title") {
		p.Title, p.Body = body.text("title"), body.text("body")
	}
	if body.text("state") == "closed" {
		p.State = "closed"
	}
	answer(w, 200, f.hubPull(p))
}

// gitHubMerges: 409 when the head has moved, 405 for all else (https://docs.github.com/rest/pulls/pulls#merge-a-pull-request).
func (f *Forge) gitHubMerges(w http.ResponseWriter, r *http.Request, p *Pull) {
	switch missing := f.missing(p.Head); {
	case p.State != "open" || f.undecided():
		says(w, 405, "Pull Request is not mergeable")
	case sent(r).text("sha") != p.Head:
		says(w, 409, "Head branch was modified. Review and try the merge again.")
	case missing != "":
		says(w, 405, fmt.Sprintf("Required status check %q is expected.", missing))
	default:
		f.merged(p)
		answer(w, 200, object{"sha": p.Merge, "merged": true})
	}
}

func hubComment(c *Comment) object {
	return object{"id": c.ID, "body": c.Body, "user": object{"login": c.Author}, "path": c.Path, "line": c.Line}
}

// onNoLine returns the comments on a pull request as a whole.
func (f *Forge) onNoLine(number int) []*Comment {
	return only(f.comments[number], func(c *Comment) bool { return c.Path == "" })
}

// gitHubSays refuses what is longer than 65,536 characters.
func (f *Forge) gitHubSays(w http.ResponseWriter, r *http.Request, p *Pull) {
	body := sent(r).text("body")
	if utf8.RuneCountInString(body) > 65_536 {
		answer(w, 422, object{"message": "Validation Failed", "errors": []object{{
			"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": "Body is too long (maximum is 65536 characters)",
		}}})
		return
	}
	answer(w, 201, hubComment(f.say(p.Number, Comment{Author: Me, Body: body})))
}

func (f *Forge) hubRewords(w http.ResponseWriter, r *http.Request) {
	for n := range f.comments {
		if c := f.comment(n, number(r, "id")); c != nil {
			c.Body = sent(r).text("body")
			answer(w, 200, hubComment(c))
			return
		}
	}
	says(w, 404, "Not Found")
}

// gitHubChecks shows what was set as statuses, and what begins with "app/" as the check runs of an App.
func (f *Forge) gitHubChecks(mux *http.ServeMux, repo string) {
	isRun := func(s status) bool { return strings.HasPrefix(s.context, "app/") }
	mux.HandleFunc("GET "+repo+"/commits/{sha}/status", func(w http.ResponseWriter, r *http.Request) {
		all := slices.DeleteFunc(f.latest(r.PathValue("sha")), isRun)
		answer(w, 200, object{"total_count": len(all), "statuses": each(paged(w, r, f.pageSize, all), func(s status) object {
			return object{"context": s.context, "state": s.state}
		})})
	})
	mux.HandleFunc("GET "+repo+"/commits/{sha}/check-runs", func(w http.ResponseWriter, r *http.Request) {
		all := only(f.latest(r.PathValue("sha")), isRun)
		answer(w, 200, object{"total_count": len(all), "check_runs": each(paged(w, r, f.pageSize, all), func(s status) object {
			if s.state == "pending" { // it has no conclusion yet
				return object{"name": s.context, "status": "in_progress", "conclusion": nil}
			}
			return object{"name": s.context, "status": "completed", "conclusion": s.state}
		})})
	})
}

// gitHubLines: a comment on a line that the difference does not hold is 422, with texts in the list of errors.
func (f *Forge) gitHubLines(mux *http.ServeMux, repo string) {
	mux.HandleFunc("GET "+repo+"/pulls/{n}/comments", f.onPull("n", func(w http.ResponseWriter, r *http.Request, p *Pull) {
		all := only(f.comments[p.Number], func(c *Comment) bool { return c.Path != "" })
		answer(w, 200, each(paged(w, r, f.pageSize, all), hubComment))
	}))
	mux.HandleFunc("POST "+repo+"/pulls/{n}/comments", f.onPull("n", func(w http.ResponseWriter, r *http.Request, p *Pull) {
		body := sent(r)
		line, _ := body["line"].(float64)
		if !slices.Contains(f.changed[body.text("path")], int(line)) || body.text("commit_id") != p.Head {
			answer(w, 422, object{"message": "Unprocessable Entity", "errors": []string{"pull_request_review_thread.line must be part of the diff"}})
			return
		}
		answer(w, 201, hubComment(f.say(p.Number, Comment{Author: Me, Body: body.text("body"), Path: body.text("path"), Line: int(line)})))
	}))
	mux.HandleFunc("DELETE "+repo+"/pulls/comments/{id}", func(w http.ResponseWriter, r *http.Request) {
		f.erase(number(r, "id"))
		w.WriteHeader(204)
	})
}

// gitHubDeploys: a deployment whose required_contexts are not named is refused until all statuses are a success
// (https://docs.github.com/rest/deployments/deployments#create-a-deployment).
func (f *Forge) gitHubDeploys(mux *http.ServeMux, repo string) {
	mux.HandleFunc("GET "+repo+"/deployments", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		all := only(f.deployments, func(d *Deployment) bool {
			return d.Commit == query.Get("sha") && d.Environment == query.Get("environment")
		})
		slices.Reverse(all) // newest first
		answer(w, 200, each(all, func(d *Deployment) object { return object{"id": d.ID} }))
	})
	mux.HandleFunc("POST "+repo+"/deployments", func(w http.ResponseWriter, r *http.Request) {
		body := sent(r)
		if !body.has("required_contexts") {
			says(w, 409, "Conflict: Commit status checks failed for "+body.text("ref"))
			return
		}
		d := &Deployment{ID: f.number(), Commit: body.text("ref"), Environment: body.text("environment")}
		f.deployments = append(f.deployments, d)
		answer(w, 201, object{"id": d.ID})
	})
	mux.HandleFunc("GET "+repo+"/deployments/{id}/statuses", f.onDeployment(func(w http.ResponseWriter, _ *http.Request, d *Deployment) {
		last := d.States[max(len(d.States)-1, 0):]
		answer(w, 200, each(last, func(state string) object { return object{"state": state, "description": ""} }))
	}))
	mux.HandleFunc("POST "+repo+"/deployments/{id}/statuses", f.onDeployment(func(w http.ResponseWriter, r *http.Request, d *Deployment) {
		state := sent(r).text("state")
		if state == "success" {
			f.retire(d)
		}
		d.States = append(d.States, state)
		answer(w, 201, object{})
	}))
}

// retire makes those inactive that were made before and have succeeded
// (https://docs.github.com/rest/deployments/statuses#create-a-deployment-status, auto_inactive).
func (f *Forge) retire(by *Deployment) {
	for _, d := range f.deployments {
		if d.ID < by.ID && d.Environment == by.Environment && len(d.States) > 0 && d.States[len(d.States)-1] == "success" {
			d.States = append(d.States, "inactive")
		}
	}
}

func (f *Forge) onDeployment(do func(http.ResponseWriter, *http.Request, *Deployment)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, d := range f.deployments {
			if d.ID == number(r, "id") {
				do(w, r, d)
				return
			}
		}
		says(w, 404, "Not Found")
	}
}
