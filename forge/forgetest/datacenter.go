package forgetest

import (
	"fmt"
	"net/http"
	"strconv"
	"unicode/utf8"
)

// dataCenter plays Bitbucket Data Center (https://developer.atlassian.com/server/bitbucket/rest/). Every answer tells who has asked, and
// each change must name the version that it is made for.
func dataCenter(f *Forge, mux *http.ServeMux) {
	repo := "/rest/api/latest/projects/acme/repos/gateways"
	handle := func(pattern string, do http.HandlerFunc) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-AUSERNAME", Me)
			do(w, r)
		})
	}
	handle("GET "+repo, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, object{"slug": "gateways"}) })
	handle("GET "+repo+"/pull-requests", func(w http.ResponseWriter, r *http.Request) {
		at := r.URL.Query().Get("at")
		open := only(f.pulls, func(p *Pull) bool { return p.State == "open" && (at == "" || "refs/heads/"+p.Base == at) })
		serverPage(w, r, f.pageSize, each(open, f.serverPull))
	})
	handle("POST "+repo+"/pull-requests", f.serverOpens)
	pr := repo + "/pull-requests/{n}"
	handle("GET "+pr, f.onServerPull(func(w http.ResponseWriter, _ *http.Request, p *Pull) { answer(w, 200, f.serverPull(p)) }))
	handle("PUT "+pr, f.onServerPull(f.serverEdits))
	handle("POST "+pr+"/decline", f.onVersion(func(w http.ResponseWriter, _ *http.Request, p *Pull) {
		p.State = "closed"
		answer(w, 200, f.serverPull(p))
	}))
	handle("POST "+pr+"/merge", f.onVersion(f.serverMerges))
	handle("GET "+pr+"/activities", f.onServerPull(f.serverActivities))
	handle("POST "+pr+"/comments", f.onServerPull(f.serverSays))
	handle("PUT "+pr+"/comments/{id}", f.onServerPull(f.serverRewords))
	handle("GET /rest/build-status/latest/commits/{sha}", func(w http.ResponseWriter, r *http.Request) {
		serverPage(w, r, f.pageSize, each(f.latest(r.PathValue("sha")), build))
	})
	f.serverReports(handle, "/rest/insights/latest/projects/acme/repos/gateways/commits/{sha}/reports/{report}")
}

// serverPage answers with a page, and with where the next one begins.
func serverPage(w http.ResponseWriter, r *http.Request, size int, all []object) {
	start, _ := strconv.Atoi(r.URL.Query().Get("start"))
	from := min(start, len(all))
	to := min(from+size, len(all))
	told := object{"values": all[from:to], "isLastPage": to == len(all), "nextPageStart": nil}
	if to < len(all) {
		told["nextPageStart"] = to
	}
	answer(w, 200, told)
}

// serverSaid answers with an error as Data Center writes it: the name of an exception, and words in the language of the user.
func serverSaid(w http.ResponseWriter, status int, exception, message string) {
	answer(w, status, object{"errors": []object{{
		"context": nil, "message": message, "exceptionName": "com.atlassian.bitbucket.pull." + exception,
	}}})
}

func (f *Forge) onServerPull(do func(http.ResponseWriter, *http.Request, *Pull)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p := f.find(number(r, "n")); p != nil {
			do(w, r, p)
			return
		}
		serverSaid(w, 404, "NoSuchPullRequestException", "Pull-Request "+r.PathValue("n")+" existiert nicht.")
	}
}

// onVersion refuses a change that is made for another version.
func (f *Forge) onVersion(do func(http.ResponseWriter, *http.Request, *Pull)) http.HandlerFunc {
	return f.onServerPull(func(w http.ResponseWriter, r *http.Request, p *Pull) {
		if r.URL.Query().Get("version") != strconv.Itoa(p.version) {
			serverSaid(w, 409, "PullRequestOutOfDateException", "You are attempting to modify a pull request based on out-of-date information.")
			return
		}
		do(w, r, p)
	})
}

func (f *Forge) serverPull(p *Pull) object {
	from := object{"id": 1}
	if p.Fork {
		from = object{"id": 2}
	}
	return object{
		"id": p.Number, "version": p.version, "title": p.Title, "description": p.Body, "author": object{"user": object{"name": p.Author}},
		"state":      map[string]string{"open": "OPEN", "closed": "DECLINED", "merged": "MERGED"}[p.State],
		"fromRef":    object{"id": "refs/heads/" + p.Branch, "displayId": p.Branch, "latestCommit": p.Head, "repository": from},
		"toRef":      object{"id": "refs/heads/" + p.Base, "displayId": p.Base, "repository": object{"id": 1}},
		"reviewers":  []object{{"user": object{"name": "ann"}}},
		"links":      object{"self": []object{{"href": fmt.Sprintf("%s/projects/ACME/repos/gateways/pull-requests/%d", f.URL, p.Number)}}},
		"properties": object{"mergeCommit": object{"id": p.Merge}},
	}
}

func (f *Forge) serverOpens(w http.ResponseWriter, r *http.Request) {
	body := sent(r)
	branch := func(end string) string { return body.text(end, "id")[len("refs/heads/"):] }
	if f.same(branch("fromRef"), branch("toRef")) != nil {
		serverSaid(w, 409, "DuplicatePullRequestException", "Only one pull request may be open for a given source and target branch")
		return
	}
	answer(w, 201, f.serverPull(f.open(Pull{
		Title: body.text("title"), Body: body.text("description"), Author: Me, Branch: branch("fromRef"), Base: branch("toRef"),
	})))
}

// serverEdits takes reviewers away that are not sent along.
func (f *Forge) serverEdits(w http.ResponseWriter, r *http.Request, p *Pull) {
	body := sent(r)
	reviewers, _ := body["reviewers"].([]any)
	switch version, _ := body["version"].(float64); {
	case int(version) != p.version:
		serverSaid(w, 409, "PullRequestOutOfDateException", "You are attempting to modify a pull request based on out-of-date information.")
	case len(reviewers) == 0:
		answer(w, 400, object{"errors": []object{{"message": "this test wants the reviewers kept"}}})
	default:
		p.Title, p.Body = body.text("title"), body.text("description")
		p.version++
		answer(w, 200, f.serverPull(p))
	}
}

// serverMerges: what is being computed looks like a version that has gone by, what is missing is a veto.
func (f *Forge) serverMerges(w http.ResponseWriter, _ *http.Request, p *Pull) {
	switch missing := f.missing(p.Head); {
	case p.State != "open":
		serverSaid(w, 409, "IllegalPullRequestStateException", "This pull request has already been closed.")
	case f.undecided():
		p.version++
		serverSaid(w, 409, "PullRequestOutOfDateException", "You are attempting to modify a pull request based on out-of-date information.")
	case missing != "":
		serverSaid(w, 409, "PullRequestMergeVetoedException", "Not all required builds are successful yet: "+missing)
	default:
		f.merged(p)
		answer(w, 200, f.serverPull(p))
	}
}

func serverComment(c *Comment) object {
	return object{"id": c.ID, "version": c.version, "text": c.Body, "author": object{"name": c.Author}}
}

// serverActivities lists what has happened, newest first, comments at lines among it.
func (f *Forge) serverActivities(w http.ResponseWriter, r *http.Request, p *Pull) {
	inline := serverComment(&Comment{ID: 1, Author: Me, Body: "[//]: # (sluice-plan)\n\nat a line"})
	all := []object{
		{"action": "COMMENTED", "commentAction": "ADDED", "comment": inline, "commentAnchor": object{"line": 3}}, {"action": "OPENED"},
	}
	for _, c := range f.comments[p.Number] {
		all = append([]object{{"action": "COMMENTED", "commentAction": "ADDED", "comment": serverComment(c)}}, all...)
	}
	serverPage(w, r, f.pageSize, all)
}

// serverSays refuses what is longer than 32,768 characters.
func (f *Forge) serverSays(w http.ResponseWriter, r *http.Request, p *Pull) {
	text := sent(r).text("text")
	if utf8.RuneCountInString(text) > 32_768 {
		answer(w, 400, object{"errors": []object{{"context": "text", "message": "Please enter a non-empty value less than 32768 characters"}}})
		return
	}
	answer(w, 201, serverComment(f.say(p.Number, Comment{Author: Me, Body: text})))
}

func (f *Forge) serverRewords(w http.ResponseWriter, r *http.Request, p *Pull) {
	body := sent(r)
	version, _ := body["version"].(float64)
	switch c := f.comment(p.Number, number(r, "id")); {
	case c == nil:
		serverSaid(w, 404, "NoSuchCommentException", "There is no such comment.")
	case int(version) != c.version:
		serverSaid(w, 409, "CommentOutOfDateException", "You are attempting to modify a comment based on out-of-date information.")
	default:
		c.Body = body.text("text")
		c.version++
		answer(w, 200, serverComment(c))
	}
}

// serverReports: a report must be there before it takes annotations
// (https://developer.atlassian.com/server/bitbucket/how-tos/code-insights/).
func (f *Forge) serverReports(handle func(string, http.HandlerFunc), report string) {
	handle("DELETE "+report, func(w http.ResponseWriter, r *http.Request) {
		delete(f.reports, r.PathValue("sha"))
		w.WriteHeader(204)
	})
	handle("PUT "+report, func(w http.ResponseWriter, r *http.Request) {
		f.reports[r.PathValue("sha")] = []Comment{}
		answer(w, 200, object{})
	})
	handle("POST "+report+"/annotations", func(w http.ResponseWriter, r *http.Request) {
		all, _ := sent(r)["annotations"].([]any)
		f.annotated(w, r, "message", each(all, func(one any) object { return object(one.(map[string]any)) }))
	})
}
