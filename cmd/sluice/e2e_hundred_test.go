//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/record"
)

const (
	// hundred is how many pull requests are open at once, and merged how many of them are merged.
	hundred = 100
	merged  = 40
	// lateChecks has Gitea find out whether a pull request can be merged when that is asked for, not for all of them after each merge.
	lateChecks = "[repository.pull-request]\nDELAY_CHECK_FOR_INACTIVE_DAYS = 0\n"
)

// TestE2EHundredPulls opens a hundred pull requests on a real Gitea, some from a fork, force-pushes some, and merges many as fast as Gitea
// takes it, while Gitea is restarted and the daemon killed in the middle. In the end every commit on the branch says for every environment
// what the journal says became of it there.
func TestE2EHundredPulls(t *testing.T) {
	on := newE2E(t, lateChecks)
	on.change("poll: 1h", "poll: 3s")
	on.change("forge: {", "pullRequests: {poll: 3s}\nforge: {")
	files := route("/users/*")
	files["sluice.yaml"] = "version: 1\n"
	files["environments/test/environment.yaml"] = "extends: [base]\ngroups: [test]\n"
	files["environments/uat/environment.yaml"] = "extends: [base]\nafter: [test]\ngroups: [uat]\n"
	files["environments/prod/environment.yaml"] = "extends: [base]\nafter: [uat]\ngroups: [prod-eu, prod-us]\n"
	before := on.head()
	begun := on.commit("main", "Begin", files)
	on.start()
	on.shows(begun, everywhere)

	t.Log("opening")
	clone := t.TempDir()
	pulls := on.openMany(clone)
	t.Log("force-pushing")
	on.forcePush(clone, 5)
	for _, one := range []pull{on.pull(pulls[0].Number), on.pull(pulls[hundred/2].Number), on.pull(pulls[hundred-1].Number)} {
		on.planned(one.Head.SHA, map[string]string{"test": "success: 1 created", "prod": "success: 2 created"})
	}
	t.Log("merging")
	for i, one := range pulls[:merged] {
		switch i {
		case merged / 3:
			on.gitea.Stop(t)
			on.gitea.Resume(t)
		case 2 * merged / 3:
			on.kill()
			on.start()
		}
		on.untilBy(6*time.Minute, 500*time.Millisecond, fmt.Sprintf("the merge of pull request %d", one.Number), func() error {
			if code := on.merge(one.Number); code != http.StatusOK && !on.pull(one.Number).Merged {
				return fmt.Errorf("the forge answers %d", code)
			}
			return nil
		})
	}
	t.Log("settling")
	on.shows(on.head(), everywhere)
	commits := slices.DeleteFunc(on.branchCommits(), func(commit string) bool { return commit == before }) // nobody followed the branch then
	if len(commits) < 2*merged {
		t.Fatalf("the branch has %d commits", len(commits))
	}
	on.sameAsJournal(commits, []string{"test", "uat", "prod"})
}

// change changes the daemon's file.
func (on *e2e) change(old, next string) {
	on.t.Helper()
	file := filepath.Join(on.dir, "sluice.yaml")
	text, err := os.ReadFile(file)
	on.must(err)
	if !strings.Contains(string(text), old) {
		on.t.Fatalf("the daemon's file does not say %q", old)
	}
	on.write("sluice.yaml", strings.Replace(string(text), old, next, 1))
}

func (on *e2e) pull(number int) pull {
	on.t.Helper()
	var one pull
	on.gitea.Call(on.t, on.gitea.Token, http.MethodGet, fmt.Sprintf("/repos/%s/pulls/%d", on.repository, number), nil, &one)
	return one
}

// openMany opens the pull requests, each with a route of its own; every tenth comes from a fork.
func (on *e2e) openMany(dir string) []pull {
	on.t.Helper()
	stranger := on.gitea.User(on.t, "stranger")
	on.gitea.Fork(on.t, on.repository, stranger)
	on.git(dir, "clone", "-q", on.remote(on.repository, on.gitea.Token), ".")
	on.git(dir, "remote", "add", "fork", on.remote("stranger/gateways", stranger))
	pushes := map[string][]string{"origin": {"push", "-q", "origin"}, "fork": {"push", "-q", "fork"}}
	for i := range hundred {
		on.branch(dir, i, "/v1")
		to := "origin"
		if isForked(i) {
			to = "fork"
		}
		pushes[to] = append(pushes[to], topic(i))
	}
	on.git(dir, pushes["origin"]...)
	on.git(dir, pushes["fork"]...)
	var pulls []pull
	for i := range hundred {
		if isForked(i) {
			pulls = append(pulls, on.open(stranger, "stranger:"+topic(i)))
		} else {
			pulls = append(pulls, on.open(on.gitea.Token, topic(i)))
		}
	}
	return pulls
}

func isForked(i int) bool { return i%10 == 9 }

func topic(i int) string { return fmt.Sprintf("topic-%03d", i) }

// remote is where Git finds a repository, with a token in it.
func (on *e2e) remote(repository, token string) string {
	return strings.Replace(on.gitea.Remote(repository), "://", "://x:"+token+"@", 1)
}

// branch makes a branch on top of main in a clone, with one file that no other one touches.
func (on *e2e) branch(dir string, i int, prefix string) {
	on.t.Helper()
	on.git(dir, "checkout", "-q", "-B", topic(i), "origin/main")
	text := fmt.Sprintf("routes:\n  r%03d: {upstream_id: users, uri: %s/r%03d}\n", i, prefix, i)
	on.must(os.WriteFile(filepath.Join(dir, fmt.Sprintf("base/r%03d.yaml", i)), []byte(text), 0o600))
	on.git(dir, "add", "-A")
	on.git(dir, "commit", "-q", "-m", fmt.Sprintf("Route %d at %s", i, prefix))
}

// forcePush replaces the heads of some pull requests by others that do not descend from them.
func (on *e2e) forcePush(dir string, count int) {
	on.t.Helper()
	push := []string{"push", "-q", "--force", "origin"}
	for i := range count {
		on.branch(dir, i, "/v2")
		push = append(push, topic(i))
	}
	on.git(dir, push...)
}

func (on *e2e) git(dir string, args ...string) string {
	on.t.Helper()
	out, err := on.tryGit(dir, args...)
	on.must(err)
	return out
}

// tryGit runs git.
func (on *e2e) tryGit(dir string, args ...string) (string, error) {
	command := exec.Command("git", append([]string{"-c", "user.name=Ada", "-c", "user.email=ada@example.com"}, args...)...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("git %s: %w\n%s", args[0], err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// branchCommits returns every commit that leads to the head of main, merged ones among them.
func (on *e2e) branchCommits() []string {
	on.t.Helper()
	var all []string
	for page := 1; ; page++ {
		var commits []struct {
			SHA string `json:"sha"`
		}
		path := fmt.Sprintf("/repos/%s/commits?sha=main&stat=false&verification=false&files=false&limit=50&page=%d", on.repository, page)
		on.gitea.Call(on.t, on.gitea.Token, http.MethodGet, path, nil, &commits)
		if len(commits) == 0 {
			return all
		}
		for _, commit := range commits {
			all = append(all, commit.SHA)
		}
	}
}

// journal returns how each commit ended in each environment, as the journal says it last.
func (on *e2e) journal() map[string]record.Entry {
	on.t.Helper()
	out, err := on.sluice("history", "-c", "sluice.yaml", "-o", "json", "--limit", "0")
	on.must(err)
	var entries []record.Entry // newest first
	on.must(json.Unmarshal([]byte(out), &entries))
	last := map[string]record.Entry{}
	for _, e := range entries {
		at := e.Commit + " " + e.Environment
		if _, known := last[at]; !known && e.Group == "" {
			last[at] = e
		}
	}
	return last
}

// sameAsJournal waits until the forge says of each commit in each environment what the journal does, and that is an end.
func (on *e2e) sameAsJournal(commits, environments []string) {
	on.t.Helper()
	on.until("the statuses are those of the journal", func() error {
		past := on.journal()
		for _, commit := range commits {
			shown := on.statuses(commit)
			for _, env := range environments {
				e, known := past[commit+" "+env]
				status := shown["sluice/"+env]
				if !known || !e.State.Final() {
					return fmt.Errorf("%s has no end in %s on record, and shows %+v", commit, env, status)
				}
				if want := string(e.Status.State); status.State != want || status.State == "pending" || status.Text != e.Status.Text {
					return fmt.Errorf("%s shows %+v for %s, the journal says %s: %s", commit, status, env, want, e.Status.Text)
				}
			}
		}
		return nil
	})
}
