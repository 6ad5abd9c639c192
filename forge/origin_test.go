package forge

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"strconv"
	"testing"
)

func TestOrigin(t *testing.T) {
	tests := []struct {
		name, kind, path string
		answer           http.HandlerFunc
		want             int
		fails            bool
	}{
		{"GitHub", GitHub, "/api/v3/repos/acme/gateways/commits/" + sha + "/pulls",
			says(200, `[{"number":3,"state":"open","base":{"ref":"main"}},{"number":4,"merged_at":"x","base":{"ref":"next"}},{"number":5,"merged_at":"x","base":{"ref":"main"}}]`), 5, false},
		{"GitHub, none", GitHub, "/api/v3/repos/acme/gateways/commits/" + sha + "/pulls", says(200, `[]`), 0, false},
		{"GitHub, in trouble", GitHub, "/api/v3/repos/acme/gateways/commits/" + sha + "/pulls", says(502, ``), 0, true},
		{"GitLab", GitLab, "/api/v4/projects/acme%2Fgateways/repository/commits/" + sha + "/merge_requests",
			says(200, `[{"iid":3,"state":"merged","target_branch":"next"},{"iid":5,"state":"merged","target_branch":"main"}]`), 5, false},
		{"GitLab, denied", GitLab, "/api/v4/projects/acme%2Fgateways/repository/commits/" + sha + "/merge_requests", says(401, `{}`), 0, true},
		{"Gitea", Gitea, "/api/v1/repos/acme/gateways/commits/" + sha + "/pull", says(200, `{"number":5,"merged":true,"base":{"ref":"main"}}`), 5, false},
		{"Gitea, another branch", Gitea, "/api/v1/repos/acme/gateways/commits/" + sha + "/pull", says(200, `{"number":5,"merged":true,"base":{"ref":"next"}}`), 0, false},
		{"Gitea, none", Gitea, "/api/v1/repos/acme/gateways/commits/" + sha + "/pull", says(404, `{"message":"pull request does not exist"}`), 0, false},
		{"Gitea, in trouble", Gitea, "/api/v1/repos/acme/gateways/commits/" + sha + "/pull", says(500, `{}`), 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := play(t, tt.answer)
			got, err := at(t, tt.kind, p.URL, "acme/gateways").(Origins).Origin(t.Context(), sha, "main")
			if got != tt.want || (err != nil) != tt.fails {
				t.Errorf("got %d, %v", got, err)
			}
			if _, known := errors.AsType[*Error](err); tt.fails && !known {
				t.Errorf("not an *Error: %v", err)
			}
			if want := "GET " + tt.path; len(p.asked) != 1 || p.asked[0][:len(want)] != want {
				t.Errorf("asked %v", p.asked)
			}
		})
	}
}

// TestOriginOnBitbucket: the Cloud answers only where an app is there, and in brief; else it is found by the commit that merged it.
func TestOriginOnBitbucket(t *testing.T) {
	const cloud, server = "/2.0/repositories/acme/gateways/", "/rest/api/latest/projects/acme/repos/gateways"
	pull := func(id, state, base, merge string) string {
		return `{"id":` + id + `,"state":"` + state + `","source":{"branch":{"name":"x"}},"destination":{"branch":{"name":"` + base + `"}},"merge_commit":{"hash":"` + merge + `"}}`
	}
	merged := `{"values":[` + pull("4", "MERGED", "next", sha[:12]) + `,` + pull("5", "MERGED", "main", "ffffffffffff") + `,` + pull("6", "MERGED", "main", sha[:12]) + `]}`
	there := func(id, state, base string) string {
		return `{"id":` + id + `,"state":"` + state + `","fromRef":{"id":"refs/heads/x"},"toRef":{"id":"refs/heads/` + base + `","displayId":"` + base + `"}}`
	}
	tests := []struct {
		name, kind string
		answers    map[string]string // by the path; nothing is 404
		want       int
		fails      bool
	}{
		{"the app knows", Bitbucket, map[string]string{
			cloud + "commit/" + sha + "/pullrequests": `{"values":[{"id":4},{"id":3}]}`, cloud + "pullrequests/4": pull("4", "OPEN", "main", ""),
			cloud + "pullrequests/3": pull("3", "MERGED", "main", "aaaa"), cloud + "commit/aaaa": `{"hash":"` + sha + `"}`,
		}, 3, false},
		{"there is no app", Bitbucket, map[string]string{cloud + "pullrequests": merged}, 6, false},
		{"the app still reads", Bitbucket, map[string]string{cloud + "commit/" + sha + "/pullrequests": "202", cloud + "pullrequests": merged}, 6, false},
		{"nobody brought it", Bitbucket, map[string]string{cloud + "pullrequests": `{"values":[]}`}, 0, false},
		{"no repository", Bitbucket, nil, 0, true},
		{"in trouble", Bitbucket, map[string]string{cloud + "commit/" + sha + "/pullrequests": "502"}, 0, true},
		{"Data Center", BitbucketServer, map[string]string{
			server + "/commits/" + sha + "/pull-requests": `{"values":[` + there("3", "OPEN", "main") + `,` + there("4", "MERGED", "next") + `,` + there("5", "MERGED", "main") + `],"isLastPage":true}`,
		}, 5, false},
		{"Data Center, an unknown commit", BitbucketServer, map[string]string{server: `{"slug":"gateways"}`}, 0, false},
		{"Data Center, no repository", BitbucketServer, nil, 0, true},
		{"Data Center, in trouble", BitbucketServer, map[string]string{server + "/commits/" + sha + "/pull-requests": "502"}, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := play(t, func(w http.ResponseWriter, r *http.Request) {
				answer, known := tt.answers[r.URL.Path]
				if status, err := strconv.Atoi(answer); err == nil || !known {
					w.WriteHeader(cmp.Or(status, http.StatusNotFound))
				}
				_, _ = io.WriteString(w, answer)
			})
			got, err := at(t, tt.kind, p.URL, "acme/gateways").(Origins).Origin(t.Context(), sha, "main")
			if got != tt.want || (err != nil) != tt.fails {
				t.Errorf("got %d, %v", got, err)
			}
		})
	}
}
