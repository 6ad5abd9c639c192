package web_test

import (
	"context"
	"errors"
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

var update = flag.Bool("update", false, "rewrite testdata and openapi.json")

// TestAnswers holds the answers of the API, every field of them, to testdata/answers.txtar: the name of a file there is what is asked.
func TestAnswers(t *testing.T) {
	const file = "testdata/answers.txtar"
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, nil)
	r.status = example[reconciler.Status]()
	r.found = record.Found{Entries: example[[]record.Entry](), Next: 7}
	for i, part := range archive.Files {
		got := r.get(part.Name)
		text := got.Body.String()
		if link := got.Header().Get("Link"); link != "" {
			text = "Link: " + link + "\n" + text
		}
		if got.Code != http.StatusOK {
			text = got.Header().Get("Content-Type") + "\n" + text
		}
		if *update {
			archive.Files[i].Data = []byte(text)
		} else if diff := cmp.Diff(string(part.Data), text); diff != "" {
			t.Errorf("%s (-want +got):\n%s", part.Name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWhatIsAskedFor looks at what reaches the journal and insight.
func TestWhatIsAskedFor(t *testing.T) {
	page := insight.Page{Offset: 20, Limit: 10}
	for target, want := range map[string][]any{
		"/api/v1/overview?groups=5": {"overview", 5},
		"/api/v1/groups?environment=prod&text=eu&only=failing&offset=20&limit=10":  {"groups", insight.GroupQuery{Environment: "prod", Text: "eu", Only: "failing", Page: page}},
		"/api/v1/groups/prod-eu?environment=prod":                                  {"group", "prod", "prod-eu"},
		"/api/v1/groups/prod-eu/instances":                                         {"instances", "", "prod-eu"},
		"/api/v1/groups/a%2Fb/live?text=log&kind=routes&state=same&fresh=true":     {"live", "", "a/b", insight.LiveQuery{Text: "log", Kind: "routes", State: "same", Fresh: true}},
		"/api/v1/environments/prod/commits/1a2b":                                   {"turn", "prod", "1a2b"},
		"/api/v1/environments/prod/commits/1a2b/changes?offset=20&limit=10":        {"changes", "prod", "1a2b", page},
		"/api/v1/environments/prod/commits/1a2b/plan?offset=20&limit=10":           {"plan", "prod", "1a2b", page},
		"/api/v1/skew?first=uat&second=prod&all=true":                              {"skew", "uat", "prod", true, insight.Page{}},
		"/api/v1/skew?environment=prod&first=a&second=b":                           {"skew at", "prod", "a", "b", insight.Page{}},
		"/api/v1/resources?environment=prod&resource=credentials/ann/main&limit=5": {"resource", insight.ResourceQuery{Environment: "prod", Kind: "credentials", ID: "ann/main", Limit: 5}},
	} {
		r := newRig(t, nil)
		if got := r.get(target); got.Code != 200 {
			t.Errorf("%s: %d %s", target, got.Code, got.Body)
		}
		if diff := cmp.Diff(want, r.Insight.(*insights).asked); diff != "" {
			t.Errorf("%s asks for (-want +got):\n%s", target, diff)
		}
	}
	for target, want := range map[string]record.Filter{
		"/api/v1/history":                  {Limit: 100},
		"/api/v1/history?limit=7":          {Limit: 7},
		"/api/v1/history?limit=1000000000": {Limit: 1000},
		"/api/v1/history?environment=prod&group=eu&commit=ABC1&limit=5": {Environment: "prod", Group: "eu", CommitPrefix: "abc1", Limit: 5},
		"/api/v1/history?environment=former":                            {Environment: "former", Limit: 100},
		"/api/v1/history?group=former-eu":                               {Group: "former-eu", Limit: 100},
		"/api/v1/history?state=failed&reason=drift&author=ann&resource=routes/login&text=x&before=9": {
			State: record.Failed, Reason: "drift", Author: "ann", Resource: gateway.Key{Kind: gateway.Routes, ID: "login"}, Text: "x", Before: 9, Limit: 100,
		},
	} {
		r := newRig(t, nil)
		if got := r.get(target); got.Code != 200 || got.Body.String() != "[]\n" {
			t.Errorf("%s: %d %s", target, got.Code, got.Body)
		}
		if diff := cmp.Diff(want, r.asked); diff != "" {
			t.Errorf("%s: filter (-want +got):\n%s", target, diff)
		}
	}
}

// TestWhatCannotBeAnswered wants each cause in its own status.
func TestWhatCannotBeAnswered(t *testing.T) {
	for _, tt := range []struct {
		target string
		err    error
		status int
		text   string
	}{
		{"/api/v1/history?limit=0", nil, 400, `limit \"0\" is not a number from 1 on`},
		{"/api/v1/history?limit=many", nil, 400, "limit"},
		{"/api/v1/history?enviroment=prod", nil, 400, `unknown parameter \"enviroment\": there are environment,`},
		{"/api/v1/history?since=yesterday", nil, 400, "is not a time"},
		{"/api/v1/history?resource=login", nil, 400, "is not a resource"},
		{"/api/v1/history?environment=%zz", nil, 400, "the query can't be read"},
		{"/api/v1/history?state=failde", nil, 400, `state \"failde\" is unknown: there are queued, planning,`},
		{"/api/v1/history?reason=comit", nil, 400, `reason \"comit\" is unknown: there are commit, drift, rotation,`},
		{"/api/v1/history?environment=prd", nil, 404, `there is no environment \"prd\"`},
		{"/api/v1/history?group=ue", nil, 404, `there is no gateway group \"ue\"`},
		{"/api/v1/history?commit=abc", nil, 400, `commit \"abc\" is neither a hash nor at least the first 4 digits of one`},
		{"/api/v1/history?commit=mainly", nil, 400, "neither a hash"},
		{"/api/v1/history?environment=test&environment=prod", nil, 400, "environment is given 2 times: it can be given once"},
		{"/api/v1/groups/eu/live?fresh=maybe", nil, 400, "neither true nor false"},
		{"/api/v1/skew?first=uat", nil, 400, "two sides"},
		{"/api/v1/history", errors.New("read entry 7 of the journal: input/output error"), 500, "input/output"},
		{"/api/v1/history", context.DeadlineExceeded, 504, "deadline"},
		{"/api/v1/environments/prd/commits/1a2b", &insight.NotFoundError{What: `environment "prd"`}, 404, `no environment \"prd\"`},
		{"/api/v1/groups?only=x", &insight.QueryError{Field: "only", What: "is none"}, 400, "only: is none"},
	} {
		r := newRig(t, func(r *rig) { r.err = tt.err })
		got := r.get(tt.target)
		if got.Code != tt.status || !strings.Contains(got.Body.String(), tt.text) || got.Header().Get("Content-Type") != "application/problem+json" || got.Header().Get("Etag") != "" {
			t.Errorf("%s: %d %v %s", tt.target, got.Code, got.Header(), got.Body)
		}
	}
}
