package forge_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/forge/forgetest"
)

// through returns a client of a played forge whose requests go through carry.
func through(t *testing.T, kind string, there *forgetest.Forge, carry transport) forge.Forge {
	t.Helper()
	f, err := forge.New(forge.Config{
		Type: kind, URL: there.URL, Repository: there.Repository, Branch: "main", Transport: carry,
		Login: func(context.Context) (forge.Login, error) { return forge.Login{}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestOneOpenedInBetweenIsTaken has somebody open the same pull request between the look and the opening. Bitbucket Cloud is left out: the
// played one takes any number of them.
func TestOneOpenedInBetweenIsTaken(t *testing.T) {
	for _, kind := range []string{forge.GitHub, forge.GitLab, forge.Gitea, forge.BitbucketServer} {
		t.Run(kind, func(t *testing.T) {
			there := forgetest.Play(t, kind)
			f := through(t, kind, there, func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPost && there.Pull(1).Number == 0 {
					there.Opened("ann", "sluice/promote-prod", false)
				}
				return there.RoundTrip(r)
			})
			p, err := f.Open(t.Context(), forge.NewPull{Title: "Promote", Body: "It.", Head: "sluice/promote-prod", Base: "main"})
			if err != nil || p.Number != 1 || there.Pull(1).Title != "Promote" || there.Pull(2).Number != 0 {
				t.Errorf("got %+v, %v", p, err)
			}
		})
	}
}

// TestACommentDeletedInBetweenIsWrittenAnew has somebody delete our comment between the look and the edit.
func TestACommentDeletedInBetweenIsWrittenAnew(t *testing.T) {
	for _, kind := range forge.Types() {
		t.Run(kind, func(t *testing.T) {
			there := forgetest.Play(t, kind)
			n := there.Opened("ann", "change", false).Number
			f := through(t, kind, there, func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPut || r.Method == http.MethodPatch {
					there.Erased(there.Comments(n)[0].ID)
				}
				return there.RoundTrip(r)
			})
			for _, body := range []string{"first", "second"} {
				if err := f.Comment(t.Context(), n, "sluice-plan", body); err != nil {
					t.Fatal(err)
				}
			}
			if own := ownComments(there, n); len(own) != 1 || !strings.HasSuffix(own[0].Body, "second") {
				t.Errorf("ours: %+v", own)
			}
		})
	}
}

// TestWhatAMergeIsTold gives every request to merge one answer.
func TestWhatAMergeIsTold(t *testing.T) {
	vetoed := `{"errors":[{"message":"Not yet","exceptionName":"com.atlassian.bitbucket.pull.PullRequestMergeVetoedException"}]}`
	tests := map[string]struct {
		kind   string
		status int
		body   string
		want   forge.Class
		tries  int
	}{
		"the base moves all the time, GitHub": {forge.GitHub, 405, `{"message":"Base branch was modified. Review and try the merge again."}`, forge.Limited, 15},
		"no merge commits here, GitHub":       {forge.GitHub, 405, `{"message":"Merge commits are not allowed on this repository."}`, forge.Blocked, 1},
		"the head has moved, GitHub":          {forge.GitHub, 409, `{"message":"Head branch was modified."}`, forge.Outdated, 1},
		"no right, GitHub":                    {forge.GitHub, 403, `{"message":"Resource not accessible by integration"}`, forge.Denied, 1},
		"no right, GitLab":                    {forge.GitLab, 401, `{"message":"401 Unauthorized"}`, forge.Denied, 1},
		"the head has moved, GitLab":          {forge.GitLab, 409, `{"message":"SHA does not match HEAD of source branch"}`, forge.Outdated, 1},
		"can't be merged, GitLab":             {forge.GitLab, 422, `{"message":"Branch cannot be merged"}`, forge.Limited, 15},
		"computing or a conflict, Gitea":      {forge.Gitea, 405, `{"message":"Please try again later"}`, forge.Limited, 15},
		"checks are missing, Gitea":           {forge.Gitea, 405, `{"message":"Not all required status checks successful"}`, forge.Blocked, 1},
		"no right, Gitea":                     {forge.Gitea, 405, `{"message":"User not allowed to merge PR"}`, forge.Denied, 1},
		"the head has moved, Gitea":           {forge.Gitea, 409, `{"message":"head out of date"}`, forge.Outdated, 1},
		"the base moves, Gitea":               {forge.Gitea, 409, `{"message":"merge push out of date"}`, forge.Unavailable, 15},
		"a conflict, Gitea":                   {forge.Gitea, 409, `{"Style":"merge","StdErr":"CONFLICT"}`, forge.Blocked, 1},
		"closed meanwhile, Gitea":             {forge.Gitea, 404, `{"message":"not found"}`, forge.Outdated, 1},
		"in trouble, Gitea":                   {forge.Gitea, 500, `{"message":""}`, forge.Unavailable, 1},
		"checks are missing, Bitbucket":       {forge.Bitbucket, 400, `{"type":"error","error":{"message":"merge checks"}}`, forge.Blocked, 1},
		"given up, Bitbucket":                 {forge.Bitbucket, 555, `{}`, forge.Unavailable, 1},
		"goes on for ever, Bitbucket":         {forge.Bitbucket, 202, `{}`, forge.Unavailable, 15},
		"vetoed, Data Center":                 {forge.BitbucketServer, 409, vetoed, forge.Blocked, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				there, tries := forgetest.Play(t, test.kind), 0
				p := there.Opened("ann", "change", false)
				f := through(t, test.kind, there, func(r *http.Request) (*http.Response, error) {
					if strings.HasSuffix(r.URL.Path, "/merge") {
						tries++
						return answered(test.status, "application/json", test.body), nil
					}
					return there.RoundTrip(r)
				})
				_, err := f.Merge(t.Context(), p.Number, p.Head, forge.Message{})
				if got := class(t, err); got != test.want || tries != test.tries {
					t.Errorf("%d tries, and %v: %v, want %v after %d", tries, got, err, test.want, test.tries)
				}
			})
		})
	}
}
