package giteatest

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"
)

// password is that of every user.
const password = "test-only-Passw0rd"

// User makes a user who is nobody in particular, and returns a token with these scopes, as write:repository; none: all.
func (s *Server) User(t testing.TB, name string, scopes ...string) string {
	t.Helper()
	s.do(t, "POST", "/admin/users", map[string]any{
		"username": name, "email": name + "@example.com", "password": password, "must_change_password": false,
	}, nil)
	return s.TokenOf(t, name, scopes...)
}

// TokenOf makes one more token of a user, with these scopes; none: all.
func (s *Server) TokenOf(t testing.TB, name string, scopes ...string) string {
	t.Helper()
	if len(scopes) == 0 {
		scopes = []string{"all"}
	}
	var made struct {
		Token string `json:"sha1"`
	}
	body := map[string]any{"name": fmt.Sprint("token of ", scopes, " for ", t.Name()), "scopes": scopes}
	status, answer := s.send(t, "POST", "/users/"+name+"/tokens", body, func(r *http.Request) { r.SetBasicAuth(name, password) })
	if status != http.StatusCreated {
		t.Fatalf("token of %s: %d %s", name, status, answer)
	}
	decode(t, answer, &made)
	return made.Token
}

// Repository makes a repository owner/name with an empty first commit on main; owner is a user that is there.
func (s *Server) Repository(t testing.TB, owner, name string) {
	t.Helper()
	s.do(t, "POST", "/admin/users/"+owner+"/repos", map[string]any{
		"name": name, "auto_init": true, "default_branch": "main", "readme": "Default",
	}, nil)
}

// Fork forks a repository to the user whose token it is, under the same name.
func (s *Server) Fork(t testing.TB, repository, token string) {
	t.Helper()
	s.must(t, token, "POST", "/repos/"+repository+"/forks", map[string]any{}, nil)
}

// Collaborator lets a user write a repository.
func (s *Server) Collaborator(t testing.TB, repository, name string) {
	t.Helper()
	s.do(t, "PUT", "/repos/"+repository+"/collaborators/"+name, map[string]any{"permission": "write"}, nil)
}

// Hook has deliveries for pushes and pull requests sent to an address on loopback, signed with a secret.
func (s *Server) Hook(t testing.TB, repository, address, secret string) {
	t.Helper()
	s.do(t, "POST", "/repos/"+repository+"/hooks", map[string]any{
		"type": "gitea", "active": true, "events": []string{"push", "pull_request", "pull_request_sync"},
		"config": map[string]string{"url": address, "content_type": "json", "secret": secret},
	}, nil)
}

// Protect has a branch take merges only when these contexts are a success, not even from an administrator; a context may hold *.
func (s *Server) Protect(t testing.TB, repository, branch string, contexts ...string) {
	t.Helper()
	s.do(t, "POST", "/repos/"+repository+"/branch_protections", map[string]any{
		"rule_name": branch, "enable_push": true, "enable_status_check": true, "status_check_contexts": contexts, "block_admin_merge_override": true,
	}, nil)
}

// Commit writes files in one commit on a branch, which is made from main when it is not there, and returns the commit's hash. An empty
// text takes a file away.
func (s *Server) Commit(t testing.TB, repository, branch, message string, files map[string]string) string {
	t.Helper()
	var changes []map[string]string
	for _, path := range slices.Sorted(maps.Keys(files)) {
		change := map[string]string{"operation": "upload", "path": path, "content": base64.StdEncoding.EncodeToString([]byte(files[path]))}
		if files[path] == "" {
			change = map[string]string{"operation": "delete", "path": path, "sha": s.blob(t, repository, branch, path)}
		}
		changes = append(changes, change)
	}
	body := map[string]any{"branch": branch, "message": message, "files": changes}
	if s.Call(t, s.Token, "GET", "/repos/"+repository+"/branches/"+url.PathEscape(branch), nil, nil) == http.StatusNotFound {
		body["branch"], body["new_branch"] = "main", branch
	}
	var made struct {
		Commit struct {
			SHA string `json:"sha"`
		} `json:"commit"`
	}
	s.do(t, "POST", "/repos/"+repository+"/contents", body, &made)
	return made.Commit.SHA
}

func (s *Server) blob(t testing.TB, repository, branch, path string) string {
	t.Helper()
	var file struct {
		SHA string `json:"sha"`
	}
	s.do(t, "GET", "/repos/"+repository+"/contents/"+path+"?ref="+url.QueryEscape(branch), nil, &file)
	return file.SHA
}

// Remote is where Git finds a repository. The password for it is a token, under any user name.
func (s *Server) Remote(repository string) string { return s.URL + "/" + repository + ".git" }
