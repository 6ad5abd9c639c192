package forgetest

import (
	"net/http"
	"slices"
	"strings"
)

// gitea plays Gitea as version 1.26.0 does: measured, and read in routers/api/v1/repo of its source.
func gitea(f *Forge, mux *http.ServeMux) {
	repo := "/api/v1/repos/" + f.Repository
	mux.HandleFunc("GET "+repo, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, object{"full_name": f.Repository}) })
	mux.HandleFunc("GET "+repo+"/pulls", func(w http.ResponseWriter, r *http.Request) {
		// base_branch is not looked at: versions before 1.24 know no such filter.
		open := only(f.pulls, func(p *Pull) bool { return p.State == "open" })
		answer(w, 200, each(paged(w, r, f.pageSize, open), f.hubPull))
	})
	mux.HandleFunc("POST "+repo+"/pulls", f.giteaOpens)
	mux.HandleFunc("GET "+repo+"/pulls/{n}", f.onPull("n", func(w http.ResponseWriter, _ *http.Request, p *Pull) { answer(w, 200, f.hubPull(p)) }))
	mux.HandleFunc("PATCH "+repo+"/pulls/{n}", f.onPull("n", func(w http.ResponseWriter, r *http.Request, p *Pull) {
		if p.State == "merged" && r.ContentLength > 0 {
			says(w, 412, "cannot change state of this pull request, it was already merged")
			return
		}
		f.hubEdits(w, r, p)
	}))
	mux.HandleFunc("POST "+repo+"/pulls/{n}/merge", f.onPull("n", f.giteaMerges))
	mux.HandleFunc("GET "+repo+"/issues/{n}/comments", f.onIssue(func(w http.ResponseWriter, _ *http.Request, p *Pull) {
		answer(w, 200, each(f.onNoLine(p.Number), hubComment)) // all at once, without pages
	}))
	mux.HandleFunc("POST "+repo+"/issues/{n}/comments", f.onIssue(func(w http.ResponseWriter, r *http.Request, p *Pull) {
		answer(w, 201, hubComment(f.say(p.Number, Comment{Author: Me, Body: sent(r).text("body")})))
	}))
	mux.HandleFunc("PATCH "+repo+"/issues/comments/{id}", f.hubRewords)
	mux.HandleFunc("GET /api/v1/user", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, object{"login": Me}) })
	// A state stands under "status" in each entry.
	mux.HandleFunc("GET "+repo+"/commits/{sha}/status", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, object{"statuses": each(paged(w, r, f.pageSize, f.latest(r.PathValue("sha"))), func(s status) object {
			return object{"context": s.context, "status": s.state}
		})})
	})
	f.giteaReviews(mux, repo)
}

// onIssue answers 500 for a number that is not there, as Gitea does for the comments of one.
func (f *Forge) onIssue(do func(http.ResponseWriter, *http.Request, *Pull)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p := f.find(number(r, "n")); p != nil {
			do(w, r, p)
			return
		}
		says(w, 500, "") // what has gone wrong, an administrator alone is told
	}
}

// giteaOpens: 409 for the same branches, 404 for a branch that is not there (here: one whose name begins with "no-").
func (f *Forge) giteaOpens(w http.ResponseWriter, r *http.Request) {
	body := sent(r)
	switch {
	case strings.HasPrefix(body.text("head"), "no-"):
		says(w, 404, "The target couldn't be found.")
	case f.same(body.text("head"), body.text("base")) != nil:
		says(w, 409, "pull request already exists for these targets [id: 1, issue_id: 1, head_repo_id: 1, base_repo_id: 1]")
	default:
		answer(w, 201, f.hubPull(f.open(Pull{
			Title: body.text("title"), Body: body.text("body"), Author: Me, Branch: body.text("head"), Base: body.text("base"),
		})))
	}
}

// giteaMerges: 405 with the same words for what is being computed and for conflicts, with others for what protection misses; 409 for a
// head that has moved; 404 for what is closed. A good answer is empty.
func (f *Forge) giteaMerges(w http.ResponseWriter, r *http.Request, p *Pull) {
	switch {
	case p.State == "merged":
		says(w, 405, "The PR is already merged")
	case p.State == "closed":
		says(w, 404, "The target couldn't be found.")
	case f.undecided():
		says(w, 405, "Please try again later")
	case f.missing(p.Head) != "":
		says(w, 405, "Not all required status checks successful")
	case sent(r).text("head_commit_id") != p.Head:
		says(w, 409, "head out of date")
	default:
		f.merged(p)
		w.WriteHeader(200)
	}
}

// giteaReviews: a review may hold comments on any line, whether it is in the difference or not.
func (f *Forge) giteaReviews(mux *http.ServeMux, repo string) {
	onLines := func(number int) []*Comment {
		return only(f.comments[number], func(c *Comment) bool { return c.Path != "" })
	}
	mux.HandleFunc("GET "+repo+"/pulls/{n}/reviews", f.onPull("n", func(w http.ResponseWriter, r *http.Request, p *Pull) {
		answer(w, 200, each(paged(w, r, f.pageSize, onLines(p.Number)), func(c *Comment) object {
			return object{"id": c.ID, "user": object{"login": c.Author}, "comments_count": 1, "body": ""}
		}))
	}))
	mux.HandleFunc("GET "+repo+"/pulls/{n}/reviews/{id}/comments", f.onPull("n", func(w http.ResponseWriter, r *http.Request, p *Pull) {
		held := slices.DeleteFunc(onLines(p.Number), func(c *Comment) bool { return c.ID != number(r, "id") })
		answer(w, 200, each(held, func(c *Comment) object { return object{"path": c.Path, "position": c.Line, "body": c.Body} }))
	}))
	mux.HandleFunc("POST "+repo+"/pulls/{n}/reviews", f.onPull("n", func(w http.ResponseWriter, r *http.Request, p *Pull) {
		comments, _ := sent(r)["comments"].([]any)
		for _, one := range comments {
			said := object(one.(map[string]any))
			line, _ := said["new_position"].(float64)
			f.say(p.Number, Comment{Author: Me, Body: said.text("body"), Path: said.text("path"), Line: int(line)})
		}
		answer(w, 200, object{"id": f.count})
	}))
	mux.HandleFunc("DELETE "+repo+"/pulls/{n}/reviews/{id}", func(w http.ResponseWriter, r *http.Request) {
		f.erase(number(r, "id"))
		w.WriteHeader(204)
	})
}
