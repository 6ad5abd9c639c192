package forgetest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// gitLab plays GitLab as its documentation describes it (https://docs.gitlab.com/api/merge_requests/ and beside it). The project is a
// whole path in one piece of the address.
func gitLab(f *Forge, mux *http.ServeMux) {
	project := "/api/v4/projects/{project}"
	mux.HandleFunc("GET "+project, f.ofProject(func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, object{"id": 1}) }))
	mux.HandleFunc("GET "+project+"/merge_requests", f.ofProject(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		open := only(f.pulls, func(p *Pull) bool {
			return p.State == "open" && (!query.Has("target_branch") || p.Base == query.Get("target_branch")) && (!query.Has("source_branch") || p.Branch == query.Get("source_branch"))
		})
		answer(w, 200, each(paged(w, r, f.pageSize, open), f.labPull))
	}))
	mux.HandleFunc("POST "+project+"/merge_requests", f.ofProject(f.labOpens))
	mr := project + "/merge_requests/{n}"
	mux.HandleFunc("GET "+mr, f.onPull("n", func(w http.ResponseWriter, _ *http.Request, p *Pull) { answer(w, 200, f.labPull(p)) }))
	mux.HandleFunc("PUT "+mr, f.onPull("n", f.labEdits))
	mux.HandleFunc("PUT "+mr+"/merge", f.onPull("n", f.labMerges))
	mux.HandleFunc("GET "+mr+"/notes", f.onPull("n", f.labNotes))
	mux.HandleFunc("POST "+mr+"/notes", f.onPull("n", func(w http.ResponseWriter, r *http.Request, p *Pull) {
		answer(w, 201, labNote(f.say(p.Number, Comment{Author: Me, Body: sent(r).text("body")})))
	}))
	mux.HandleFunc("PUT "+mr+"/notes/{id}", f.onPull("n", func(w http.ResponseWriter, r *http.Request, p *Pull) {
		if c := f.comment(p.Number, number(r, "id")); c != nil {
			c.Body = sent(r).text("body")
			answer(w, 200, labNote(c))
			return
		}
		says(w, 404, "404 Not found")
	}))
	mux.HandleFunc("DELETE "+mr+"/notes/{id}", func(w http.ResponseWriter, r *http.Request) {
		f.erase(number(r, "id"))
		w.WriteHeader(204)
	})
	mux.HandleFunc("POST "+mr+"/discussions", f.onPull("n", f.labThread))
	mux.HandleFunc("GET /api/v4/user", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, object{"username": Me}) })
	mux.HandleFunc("GET "+project+"/repository/commits/{sha}/statuses", f.ofProject(f.labStatuses))
	f.labDeploys(mux, project)
}

// ofProject answers 404 for a project that is not there.
func (f *Forge) ofProject(do http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("project") != f.Repository {
			says(w, 404, "404 Project Not Found")
			return
		}
		do(w, r)
	}
}

// labPull is a merge request; the sha of one that is a fast-forward has no merge commit.
func (f *Forge) labPull(p *Pull) object {
	source, state, readiness := 1, map[string]string{"open": "opened"}[p.State], "mergeable"
	if p.Fork {
		source = 2
	}
	if state == "" {
		state = p.State
	}
	switch {
	case f.computing > 0:
		readiness = "checking"
	case f.missing(p.Head) != "":
		readiness = "ci_must_pass"
	}
	return object{
		"iid": p.Number, "title": p.Title, "description": p.Body, "state": state, "author": object{"username": p.Author}, "sha": p.Head,
		"source_branch": p.Branch, "target_branch": p.Base, "source_project_id": source, "target_project_id": 1, "draft": false,
		"web_url": fmt.Sprintf("%s/%s/-/merge_requests/%d", f.URL, f.Repository, p.Number), "detailed_merge_status": readiness,
		"merge_commit_sha": orNull(p.Merge), "squash_commit_sha": nil,
		"diff_refs": object{"base_sha": strings.Repeat("b", 40), "start_sha": strings.Repeat("a", 40), "head_sha": p.Head},
	}
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// labOpens: a second merge request for the same branches is 409, with the reason in a list.
func (f *Forge) labOpens(w http.ResponseWriter, r *http.Request) {
	body := sent(r)
	if p := f.same(body.text("source_branch"), body.text("target_branch")); p != nil {
		answer(w, 409, object{"message": []string{fmt.Sprintf("Another open merge request already exists for this source branch: !%d", p.Number)}})
		return
	}
	answer(w, 201, f.labPull(f.open(Pull{
		Title: body.text("title"), Body: body.text("description"), Author: Me, Branch: body.text("source_branch"), Base: body.text("target_branch"),
	})))
}

func (f *Forge) labEdits(w http.ResponseWriter, r *http.Request, p *Pull) {
	body := sent(r)
	if body.has("title") {
		p.Title, p.Body = body.text("title"), body.text("description")
	}
	if body.text("state_event") == "close" {
		p.State = "closed"
	}
	answer(w, 200, f.labPull(p))
}

// labMerges: 405 for all that is in the way, 409 for a head that has moved.
func (f *Forge) labMerges(w http.ResponseWriter, r *http.Request, p *Pull) {
	switch {
	case p.State != "open" || f.undecided() || f.missing(p.Head) != "":
		says(w, 405, "405 Method Not Allowed")
	case sent(r).text("sha") != p.Head:
		says(w, 409, "SHA does not match HEAD of source branch: "+p.Head)
	default:
		f.merged(p)
		answer(w, 200, f.labPull(p))
	}
}

func labNote(c *Comment) object {
	note := object{"id": c.ID, "body": c.Body, "author": object{"username": c.Author}, "system": false, "position": nil}
	if c.Path != "" {
		note["position"] = object{"new_path": c.Path, "new_line": c.Line}
	}
	return note
}

// labNotes lists all notes, those at lines and those that GitLab writes itself among them.
func (f *Forge) labNotes(w http.ResponseWriter, r *http.Request, p *Pull) {
	notes := []object{{"id": 1000, "body": "added 1 commit", "author": object{"username": Me}, "system": true}}
	notes = append(notes, each(f.comments[p.Number], labNote)...)
	answer(w, 200, paged(w, r, f.pageSize, notes))
}

// labThread: a thread at a line that was not added is 400.
func (f *Forge) labThread(w http.ResponseWriter, r *http.Request, p *Pull) {
	body := sent(r)
	place, _ := body["position"].(map[string]any)
	line, _ := place["new_line"].(float64)
	path, _ := place["new_path"].(string)
	if !slices.Contains(f.changed[path], int(line)) || place["base_sha"] == "" {
		answer(w, 400, object{"message": `400 Bad request - Note {:line_code=>["can't be blank", "must be a valid line code"]}`})
		return
	}
	answer(w, 201, object{"notes": []object{labNote(f.say(p.Number, Comment{Author: Me, Body: body.text("body"), Path: path, Line: int(line)}))}})
}

// labStatuses lists jobs and statuses alike; what begins with "may-fail/" is allowed to.
func (f *Forge) labStatuses(w http.ResponseWriter, r *http.Request) {
	words := map[string]string{"failure": "failed", "pending": "running"}
	answer(w, 200, each(paged(w, r, f.pageSize, f.latest(r.PathValue("sha"))), func(s status) object {
		state := s.state
		if word, known := words[state]; known {
			state = word
		}
		return object{"name": s.context, "status": state, "allow_failure": strings.HasPrefix(s.context, "may-fail/")}
	}))
}

// labDeploys: a deployment that has ended can't be changed (https://docs.gitlab.com/api/deployments/).
func (f *Forge) labDeploys(mux *http.ServeMux, project string) {
	told := func(d *Deployment) object {
		return object{"id": d.ID, "sha": d.Commit, "status": d.States[len(d.States)-1]}
	}
	mux.HandleFunc("GET "+project+"/deployments", func(w http.ResponseWriter, r *http.Request) {
		all := only(f.deployments, func(d *Deployment) bool { return d.Environment == r.URL.Query().Get("environment") })
		slices.Reverse(all)
		answer(w, 200, each(all, told))
	})
	mux.HandleFunc("POST "+project+"/deployments", func(w http.ResponseWriter, r *http.Request) {
		body := sent(r)
		d := &Deployment{ID: f.number(), Commit: body.text("sha"), Environment: body.text("environment"), States: []string{body.text("status")}}
		f.deployments = append(f.deployments, d)
		answer(w, 201, told(d))
	})
	mux.HandleFunc("PUT "+project+"/deployments/{id}", f.onDeployment(func(w http.ResponseWriter, r *http.Request, d *Deployment) {
		if last := d.States[len(d.States)-1]; last != "running" {
			answer(w, 400, object{"message": object{"status": []string{"cannot transition via " + sent(r).text("status") + " from " + last}}})
			return
		}
		d.States = append(d.States, sent(r).text("status"))
		answer(w, 200, told(d))
	}))
}
