package forge

import (
	"errors"
	"net/http"
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
