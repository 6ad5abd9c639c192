//go:build unix

package main

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// pull is a pull request as Gitea shows it.
type pull struct {
	Number int    `json:"number"`
	State  string `json:"state"`
	Title  string `json:"title"`
	Body   string `json:"body"`
	Merged bool   `json:"merged"`
	Head   struct {
		Ref string `json:"ref"`
		SHA string `json:"sha"`
	} `json:"head"`
}

// open opens a pull request from a branch; of a fork as OWNER:BRANCH.
func (on *e2e) open(token, branch string) pull {
	on.t.Helper()
	var made pull
	body := map[string]string{"head": branch, "base": "main", "title": "From " + branch}
	if code := on.gitea.Call(on.t, token, http.MethodPost, "/repos/"+on.repository+"/pulls", body, &made); code != http.StatusCreated {
		on.t.Fatalf("open a pull request from %s: %d", branch, code)
	}
	return made
}

// from waits until a pull request from a branch of the repository is open.
func (on *e2e) from(branch string) pull {
	on.t.Helper()
	var found pull
	on.until("a pull request from "+branch, func() error {
		var all []pull
		on.gitea.Call(on.t, on.gitea.Token, http.MethodGet, "/repos/"+on.repository+"/pulls?state=open", nil, &all)
		for _, one := range all {
			if one.Head.Ref == branch {
				found = one
				return nil
			}
		}
		return fmt.Errorf("%d others are open", len(all))
	})
	return found
}

func (on *e2e) merge(number int) int {
	on.t.Helper()
	return on.gitea.Call(on.t, on.gitea.Token, http.MethodPost, fmt.Sprintf("/repos/%s/pulls/%d/merge", on.repository, number), map[string]string{"Do": "merge"}, nil)
}

// comment waits until the one comment on a pull request says what is wanted.
func (on *e2e) comment(number int, want ...string) string {
	on.t.Helper()
	text := ""
	on.until(fmt.Sprintf("the comment on pull request %d", number), func() error {
		var all []struct {
			Body string `json:"body"`
		}
		on.gitea.Call(on.t, on.gitea.Token, http.MethodGet, fmt.Sprintf("/repos/%s/issues/%d/comments", on.repository, number), nil, &all)
		if len(all) != 1 {
			return fmt.Errorf("there are %d comments", len(all))
		}
		text = all[0].Body
		for _, part := range want {
			if !strings.Contains(text, part) {
				return fmt.Errorf("%q is not in:\n%s", part, text)
			}
		}
		return nil
	})
	return text
}

// planned waits for the statuses of the plan on a head.
func (on *e2e) planned(head string, want map[string]string) {
	on.t.Helper()
	on.until("the plan of "+head, func() error {
		shown := on.statuses(head)
		for env, text := range want {
			if got := shown["sluice/plan/"+env]; got.State+": "+got.Text != text {
				return fmt.Errorf("%s shows %q, want %q", env, got.State+": "+got.Text, text)
			}
		}
		return nil
	})
}

// TestE2EPulls plays the story of pull requests on a real Gitea: the plan, the check that keeps a bad one out, a fork, the promotion, the
// revert.
func TestE2EPulls(t *testing.T) {
	on := newE2E(t)
	commit := func(branch, message string, files map[string]string) string {
		return on.gitea.Commit(t, on.repository, branch, message, files)
	}
	files := route("/users/*")
	files["sluice.yaml"] = "version: 1\n"
	files["services/orders/orders.yaml"] = "upstreams:\n  orders: {nodes: {\"127.0.0.1:1\": 1}}\nroutes:\n  orders: {upstream_id: orders, uri: /orders}\n"
	first := commit("main", "Begin", files)
	files = map[string]string{
		"environments/test/environment.yaml": "extends: [base, services/orders]\ngroups: [test]\n",
		"environments/uat/environment.yaml":  "extends: [base, services/orders]\nafter: [test]\ngroups: [uat]\n",
		"environments/prod/environment.yaml": "extends:\n  - base\n  - {path: services/orders, revision: " + first + "}\nafter: [uat]\ngroups: [prod-eu, prod-us]\n" +
			"promotion: pull-request\nguard: {protect: [\"routes/users\"]}\n",
	}
	begun := commit("main", "Environments", files)
	on.gitea.Protect(t, on.repository, "main", "sluice/plan/*")
	on.start()
	on.shows(begun, everywhere)

	t.Log("a pull request shows what it would do, in one comment")
	moved := commit("topic", "Move users", route("/accounts/*"))
	topic := on.open(on.gitea.Token, "topic")
	on.planned(moved, map[string]string{"test": "success: 1 updated, 1 breaking", "prod": "success: 2 updated, 2 breaking"})
	on.comment(topic.Number, "`routes/users`", "`/users/*` → `/accounts/*`", "base/users.yaml", "prod-us")

	t.Log("a bad one can't be merged, a guard names the digest, and a mended one says so in the same comment")
	bad := commit("topic", "Break it", map[string]string{"base/users.yaml": "routes:\n  users: {url: /x}\n"})
	on.planned(bad, map[string]string{"test": "failure: base/users.yaml:2:11: url of routes/users is an unknown field (and 1 more)"})
	if code := on.merge(topic.Number); code == http.StatusOK {
		t.Error("a pull request that is at fault was merged")
	}
	gone := commit("topic", "Take it away", map[string]string{"base/users.yaml": "upstreams:\n  users: {nodes: {\"127.0.0.1:1\": 1}}\n"})
	on.planned(gone, map[string]string{"test": "success: 1 deleted, 1 breaking"})
	on.comment(topic.Number, "Sluice-Allow: prod ", "guard `protect`")
	mended := commit("topic", "Mend it", route("/accounts/*"))
	on.planned(mended, map[string]string{"test": "success: 1 updated, 1 breaking", "uat": "success: 1 updated, 1 breaking"})
	on.comment(topic.Number, "`/users/*` → `/accounts/*`")
	on.until("the merge", func() error {
		if code := on.merge(topic.Number); code != http.StatusOK {
			return fmt.Errorf("Gitea answers %d", code)
		}
		return nil
	})
	merged := on.head()
	on.shows(merged, everywhere)

	t.Log("a fork is planned without a secret, and conflicts are named")
	stranger := on.gitea.User(t, "stranger")
	on.gitea.Fork(t, on.repository, stranger)
	theirs := on.gitea.Commit(t, "stranger/gateways", "mine", "A key", map[string]string{"base/eve.yaml": "consumers:\n  eve: {plugins: {key-auth: {key: \"${secret(gw-eve)}\"}}}\n"})
	fork := on.open(stranger, "stranger:mine")
	on.planned(theirs, map[string]string{"test": "success: 1 created"})
	on.comment(fork.Number, "comes from a fork", `{"key-auth":{"key":"***"}}`)
	on.gitea.Call(t, on.gitea.Token, http.MethodPatch, fmt.Sprintf("/repos/%s/pulls/%d", on.repository, fork.Number), map[string]string{"state": "closed"}, nil)

	t.Log("what uat has verified is offered to prod, and goes live when that is merged")
	ordersAt := func(path string) map[string]string {
		return map[string]string{"services/orders/orders.yaml": "upstreams:\n  orders: {nodes: {\"127.0.0.1:1\": 1}}\nroutes:\n  orders: {upstream_id: orders, uri: " + path + "}\n"}
	}
	orders := on.change("orders", "Orders at v2", ordersAt("/v2/orders"))
	promotion := on.from("sluice/promote-prod")
	if promotion.Title != "Promote services/orders from uat to prod" || !strings.Contains(promotion.Body, "Orders at v2") {
		t.Errorf("the promotion: %+v", promotion)
	}
	on.planned(promotion.Head.SHA, map[string]string{"test": "success: nothing to change", "prod": "success: 2 updated, 2 breaking"})
	on.until("the merge of the promotion", func() error {
		if code := on.merge(promotion.Number); code != http.StatusOK {
			return fmt.Errorf("Gitea answers %d", code)
		}
		return nil
	})
	promoted := on.head()
	on.shows(promoted, everywhere)

	t.Log("a revert brings back what was verified before")
	out, err := on.sluice("revert", merged, "-c", "sluice.yaml")
	if err != nil || !strings.Contains(out, "pull request ") {
		t.Fatalf("revert: %v\n%s", err, out)
	}
	reverts := on.from("sluice/revert-" + merged[:7])
	on.planned(reverts.Head.SHA, map[string]string{"test": "success: 1 updated, 1 breaking"})
	_ = orders
}

// head is the newest commit of main.
func (on *e2e) head() string {
	on.t.Helper()
	var branch struct {
		Commit struct {
			ID string `json:"id"`
		} `json:"commit"`
	}
	on.gitea.Call(on.t, on.gitea.Token, http.MethodGet, "/repos/"+on.repository+"/branches/main", nil, &branch)
	return branch.Commit.ID
}

// change brings a change to main by a pull request, and waits until it is everywhere.
func (on *e2e) change(branch, message string, files map[string]string) string {
	on.t.Helper()
	on.gitea.Commit(on.t, on.repository, branch, message, files)
	made := on.open(on.gitea.Token, branch)
	on.until("the merge of "+branch, func() error {
		if code := on.merge(made.Number); code != http.StatusOK {
			return fmt.Errorf("Gitea answers %d", code)
		}
		return nil
	})
	head := on.head()
	on.shows(head, everywhere)
	return head
}

// sluice runs the program beside the daemon.
func (on *e2e) sluice(args ...string) (string, error) {
	on.t.Helper()
	program, err := exec.LookPath("sluice")
	on.must(err)
	command := exec.Command(program, args...)
	command.Dir = on.dir
	out, err := command.CombinedOutput()
	return string(out), err
}
