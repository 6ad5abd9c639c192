package forgetest

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// bitbucket plays Bitbucket Cloud (https://developer.atlassian.com/cloud/bitbucket/rest/). A page tells the address of the next one, and
// a pull request only the first 12 digits of its commits.
func bitbucket(f *Forge, mux *http.ServeMux) {
	repo := "/2.0/repositories/" + f.Repository
	mux.HandleFunc("GET "+repo, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, object{"full_name": f.Repository}) })
	mux.HandleFunc("GET "+repo+"/pullrequests", func(w http.ResponseWriter, r *http.Request) {
		source, target := asked(r, "source.branch.name"), asked(r, "destination.branch.name")
		open := only(f.pulls, func(p *Pull) bool {
			return p.State == "open" && (source == "" || p.Branch == source) && (target == "" || p.Base == target)
		})
		cloudPage(w, r, f.pageSize, each(open, f.cloudPull))
	})
	mux.HandleFunc("POST "+repo+"/pullrequests", f.cloudOpens)
	pr := repo + "/pullrequests/{n}"
	mux.HandleFunc("GET "+pr, f.onCloudPull(func(w http.ResponseWriter, _ *http.Request, p *Pull) { answer(w, 200, f.cloudPull(p)) }))
	mux.HandleFunc("PUT "+pr, f.onCloudPull(func(w http.ResponseWriter, r *http.Request, p *Pull) {
		body := sent(r)
		p.Title, p.Body = body.text("title"), body.text("description")
		answer(w, 200, f.cloudPull(p))
	}))
	mux.HandleFunc("GET "+pr+"/commits", f.onCloudPull(func(w http.ResponseWriter, r *http.Request, p *Pull) {
		cloudPage(w, r, 10, []object{{"hash": p.Head}, {"hash": strings.Repeat("c", 40)}})
	}))
	mux.HandleFunc("POST "+pr+"/decline", f.onCloudPull(func(w http.ResponseWriter, _ *http.Request, p *Pull) {
		p.State = "closed"
		answer(w, 200, f.cloudPull(p))
	}))
	mux.HandleFunc("POST "+pr+"/merge", f.onCloudPull(f.cloudMerges))
	mux.HandleFunc("GET "+repo+"/commit/{sha}", f.cloudCommit)
	mux.HandleFunc("GET "+repo+"/commit/{sha}/statuses", func(w http.ResponseWriter, r *http.Request) {
		cloudPage(w, r, f.pageSize, each(f.latest(r.PathValue("sha")), build))
	})
	mux.HandleFunc("GET /2.0/user", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, object{"uuid": "{" + Me + "}"}) })
	f.cloudComments(mux, pr)
	f.cloudReports(mux, repo+"/commit/{sha}/reports/{report}")
}

// build is a status as both Bitbuckets tell it.
func build(s status) object {
	return object{
		"key": s.context, "name": s.context,
		"state": map[string]string{"success": "SUCCESSFUL", "failure": "FAILED", "pending": "INPROGRESS"}[s.state],
	}
}

// asked reads a name out of a filter in Bitbucket's query language.
func asked(r *http.Request, field string) string {
	found := regexp.MustCompile(regexp.QuoteMeta(field) + `="([^"]*)"`).FindStringSubmatch(r.URL.Query().Get("q"))
	if found == nil {
		return ""
	}
	return found[1]
}

// cloudPage answers with a page, and with the whole address of the next one, at the name that the server gives itself.
func cloudPage(w http.ResponseWriter, r *http.Request, size int, all []object) {
	query := r.URL.Query()
	page, _ := strconv.Atoi(query.Get("page"))
	from := min((max(page, 1)-1)*size, len(all))
	to := min(from+size, len(all))
	told := object{"values": all[from:to]}
	if to < len(all) {
		query.Set("page", strconv.Itoa(max(page, 1)+1))
		told["next"] = (&url.URL{Scheme: "https", Host: "name-of-its-own", Path: r.URL.Path, RawQuery: query.Encode()}).String()
	}
	answer(w, 200, told)
}

// cloudSays answers with an error as Bitbucket Cloud writes it.
func cloudSays(w http.ResponseWriter, status int, message string) {
	answer(w, status, object{"type": "error", "error": object{"message": message}})
}

func (f *Forge) onCloudPull(do func(http.ResponseWriter, *http.Request, *Pull)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p := f.find(number(r, "n")); p != nil {
			do(w, r, p)
			return
		}
		cloudSays(w, 404, "Not found")
	}
}

func (f *Forge) cloudPull(p *Pull) object {
	repo := f.Repository
	if p.Fork {
		repo = p.Author + "/gateways"
	}
	told := object{
		"id": p.Number, "title": p.Title, "description": p.Body, "draft": false, "author": object{"nickname": p.Author},
		"state":      map[string]string{"open": "OPEN", "closed": "DECLINED", "merged": "MERGED"}[p.State],
		"updated_on": fmt.Sprintf("2026-11-21T12:00:%02d.000000+00:00", p.version),
		"source":     object{"branch": object{"name": p.Branch}, "commit": object{"hash": p.Head[:12]}, "repository": object{"full_name": repo}},
		"destination": object{
			"branch": object{"name": p.Base}, "commit": object{"hash": "aaaaaaaaaaaa"}, "repository": object{"full_name": f.Repository},
		},
		"merge_commit": nil, "links": object{"html": object{"href": fmt.Sprintf("%s/%s/pull-requests/%d", f.URL, f.Repository, p.Number)}},
	}
	if p.Merge != "" {
		told["merge_commit"] = object{"hash": p.Merge[:12]}
	}
	return told
}

func (f *Forge) cloudOpens(w http.ResponseWriter, r *http.Request) {
	body := sent(r)
	answer(w, 201, f.cloudPull(f.open(Pull{
		Title: body.text("title"), Body: body.text("description"), Author: Me,
		Branch: body.text("source", "branch", "name"), Base: body.text("destination", "branch", "name"),
	})))
}

// cloudMerges: no hash goes with the request. What takes long is answered with 202 and done later; a check that is missing is 400.
func (f *Forge) cloudMerges(w http.ResponseWriter, _ *http.Request, p *Pull) {
	switch missing := f.missing(p.Head); {
	case p.State != "open":
		cloudSays(w, 400, "This pull request is already closed.")
	case missing != "":
		cloudSays(w, 400, "You can't merge until you resolve all merge checks.")
	case f.undecided():
		answer(w, 202, object{"task_status": "PENDING"})
	default:
		f.merged(p)
		answer(w, 200, f.cloudPull(p))
	}
}

// cloudCommit finds a commit by the beginning of its hash.
func (f *Forge) cloudCommit(w http.ResponseWriter, r *http.Request) {
	for _, p := range f.pulls {
		for _, hash := range []string{p.Head, p.Merge} {
			if hash != "" && strings.HasPrefix(hash, r.PathValue("sha")) {
				answer(w, 200, object{"hash": hash})
				return
			}
		}
	}
	cloudSays(w, 404, "Commit not found")
}

// cloudComments: those that were deleted stay in the list.
func (f *Forge) cloudComments(mux *http.ServeMux, pr string) {
	told := func(c *Comment) object {
		return object{"id": c.ID, "content": object{"raw": c.Body}, "user": object{"uuid": "{" + c.Author + "}"}, "deleted": false}
	}
	mux.HandleFunc("GET "+pr+"/comments", f.onCloudPull(func(w http.ResponseWriter, r *http.Request, p *Pull) {
		gone := object{"id": 1, "content": object{"raw": "[//]: # (sluice-plan)\n\ngone"}, "user": object{"uuid": "{" + Me + "}"}, "deleted": true}
		cloudPage(w, r, f.pageSize, append([]object{gone}, each(f.comments[p.Number], told)...))
	}))
	mux.HandleFunc("POST "+pr+"/comments", f.onCloudPull(func(w http.ResponseWriter, r *http.Request, p *Pull) {
		answer(w, 201, told(f.say(p.Number, Comment{Author: Me, Body: sent(r).text("content", "raw")})))
	}))
	mux.HandleFunc("PUT "+pr+"/comments/{id}", f.onCloudPull(func(w http.ResponseWriter, r *http.Request, p *Pull) {
		if c := f.comment(p.Number, number(r, "id")); c != nil {
			c.Body = sent(r).text("content", "raw")
			answer(w, 200, told(c))
			return
		}
		cloudSays(w, 404, "Comment not found")
	}))
}

// cloudReports: a report must be there before it takes annotations
// (https://developer.atlassian.com/cloud/bitbucket/rest/api-group-reports/).
func (f *Forge) cloudReports(mux *http.ServeMux, report string) {
	mux.HandleFunc("DELETE "+report, func(w http.ResponseWriter, r *http.Request) {
		delete(f.reports, r.PathValue("sha"))
		w.WriteHeader(204)
	})
	mux.HandleFunc("PUT "+report, func(w http.ResponseWriter, r *http.Request) {
		f.reports[r.PathValue("sha")] = []Comment{}
		answer(w, 200, object{})
	})
	mux.HandleFunc("POST "+report+"/annotations", func(w http.ResponseWriter, r *http.Request) {
		f.annotated(w, r, "summary", manySent(r))
	})
}

// annotated adds annotations to a report.
func (f *Forge) annotated(w http.ResponseWriter, r *http.Request, text string, all []object) {
	sha := r.PathValue("sha")
	if _, there := f.reports[sha]; !there {
		cloudSays(w, 404, "Report not found")
		return
	}
	for _, one := range all {
		line, _ := one["line"].(float64)
		f.reports[sha] = append(f.reports[sha], Comment{Author: Me, Body: one.text(text), Path: one.text("path"), Line: int(line)})
	}
	w.WriteHeader(204)
}
