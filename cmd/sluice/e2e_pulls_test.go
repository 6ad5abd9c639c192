//go:build unix

package main

import (
	"fmt"
	"net/http"
	"os/exec"
	"slices"
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
	files := route("/users/*")
	files["sluice.yaml"] = "version: 1\n"
	files["services/orders/orders.yaml"] = "upstreams:\n  orders: {nodes: {\"127.0.0.1:1\": 1}}\nroutes:\n  orders: {upstream_id: orders, uri: /orders}\n"
	first := on.commit("main", "Begin", files)
	begun := on.commit("main", "Environments", map[string]string{
		"environments/test/environment.yaml": "extends: [base, services/orders]\ngroups: [test]\n",
		"environments/uat/environment.yaml":  "extends: [base, services/orders]\nafter: [test]\ngroups: [uat]\n",
		"environments/prod/environment.yaml": "extends:\n  - base\n  - {path: services/orders, revision: " + first + "}\nafter: [uat]\ngroups: [prod-eu, prod-us]\n" +
			"promotion: pull-request\nguard: {protect: [\"routes/users\"]}\n",
	})
	on.gitea.Protect(t, on.repository, "main", "sluice/plan/*")
	on.start()
	on.shows(begun, everywhere)
	merged := on.planStory()
	on.forkStory()
	on.promotionStory()
	on.revertStory(merged)
}

func (on *e2e) commit(branch, message string, files map[string]string) string {
	on.t.Helper()
	return on.gitea.Commit(on.t, on.repository, branch, message, files)
}

// planStory: a pull request shows what it would do, in one comment; a bad one can't be merged; a guard names the digest.
func (on *e2e) planStory() (merged string) {
	moved := on.commit("topic", "Move users", route("/accounts/*"))
	topic := on.open(on.gitea.Token, "topic")
	on.planned(moved, map[string]string{"test": "success: 1 updated, 1 breaking", "prod": "success: 2 updated, 2 breaking"})
	on.comment(topic.Number, "`routes/users`", "`/users/*` → `/accounts/*`", "base/users.yaml", "prod-us")
	bad := on.commit("topic", "Break it", map[string]string{"base/users.yaml": "routes:\n  users: {url: /x}\n"})
	on.planned(bad, map[string]string{
		"test": "failure: base/users.yaml:2:3: routes/users needs plugins, upstream, upstream_id, service_id or script (and 2 more)",
	})
	if code := on.merge(topic.Number); code == http.StatusOK {
		on.t.Error("a pull request that is at fault was merged")
	}
	gone := on.commit("topic", "Take it away", map[string]string{"base/users.yaml": "upstreams:\n  users: {nodes: {\"127.0.0.1:1\": 1}}\n"})
	on.planned(gone, map[string]string{"test": "success: 1 deleted, 1 breaking"})
	on.comment(topic.Number, "Sluice-Allow: prod ", "guard `protect`")
	mended := on.commit("topic", "Mend it", route("/accounts/*"))
	on.planned(mended, map[string]string{"test": "success: 1 updated, 1 breaking", "uat": "success: 1 updated, 1 breaking"})
	on.comment(topic.Number, "`/users/*` → `/accounts/*`")
	return on.mergeLive(topic.Number)
}

// forkStory: a fork is planned without a secret.
func (on *e2e) forkStory() {
	stranger := on.gitea.User(on.t, "stranger")
	on.gitea.Fork(on.t, on.repository, stranger)
	theirs := on.gitea.Commit(on.t, "stranger/gateways", "mine", "A key",
		map[string]string{"base/eve.yaml": "consumers:\n  eve: {plugins: {key-auth: {key: \"${secret(gw-eve)}\"}}}\n"})
	fork := on.open(stranger, "stranger:mine")
	on.planned(theirs, map[string]string{"test": "success: 1 created"})
	on.comment(fork.Number, "comes from a fork", `{"key-auth":{"key":"***"}}`)
	path := fmt.Sprintf("/repos/%s/pulls/%d", on.repository, fork.Number)
	on.gitea.Call(on.t, on.gitea.Token, http.MethodPatch, path, map[string]string{"state": "closed"}, nil)
}

// promotionStory: what uat has verified is offered to prod, and goes live when that is merged.
func (on *e2e) promotionStory() {
	on.commit("orders", "Orders at v2", map[string]string{
		"services/orders/orders.yaml": "upstreams:\n  orders: {nodes: {\"127.0.0.1:1\": 1}}\nroutes:\n  orders: {upstream_id: orders, uri: /v2/orders}\n",
	})
	on.mergeLive(on.open(on.gitea.Token, "orders").Number)
	promotion := on.from("sluice/promote-prod")
	if promotion.Title != "Promote services/orders from uat to prod" || !strings.Contains(promotion.Body, "Orders at v2") {
		on.t.Errorf("the promotion: %+v", promotion)
	}
	on.planned(promotion.Head.SHA, map[string]string{"test": "success: nothing to change", "prod": "success: 2 updated, 2 breaking"})
	on.mergeLive(promotion.Number)
}

// revertStory: a merge in the middle of the branch is taken back.
func (on *e2e) revertStory(merged string) {
	out, err := on.sluice("revert", merged, "-c", "sluice.yaml")
	if err != nil || !strings.Contains(out, "pull request ") || !strings.Contains(out, "as no commit before") {
		on.t.Fatalf("revert: %v\n%s", err, out)
	}
	reverts := on.from("sluice/revert-" + merged[:7])
	on.planned(reverts.Head.SHA, map[string]string{"test": "success: 1 updated, 1 breaking"})
	on.mergeLive(reverts.Number)
}

// mergeLive merges a pull request as soon as its checks let it, and waits until the result is everywhere.
func (on *e2e) mergeLive(number int) string {
	on.t.Helper()
	on.until(fmt.Sprintf("the merge of pull request %d", number), func() error {
		if code := on.merge(number); code != http.StatusOK {
			return fmt.Errorf("the forge answers %d", code)
		}
		return nil
	})
	head := on.head()
	on.shows(head, everywhere)
	return head
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

// TestE2EAFailedCommitIsPreparedToBeTakenBack merges what a gateway can't take. A branch takes it back, no pull request is opened, and what says so
// leads to where one can be; opened and merged, it brings back what ran, and the branch is gone. The daemon is killed on the way, with Gitea down:
// what was due then is done when both are back.
func TestE2EAFailedCommitIsPreparedToBeTakenBack(t *testing.T) {
	on := newE2E(t)
	files := route("/users/*")
	files["sluice.yaml"] = "version: 1\n"
	files["environments/test/environment.yaml"] = "extends: [base]\ngroups: [test]\n"
	good := map[string]string{"test": "success"}
	first := on.commit("main", "Begin", files)
	on.start()
	on.shows(first, good)
	on.commit("topic", "Break it", map[string]string{"base/broken.yaml": "routes:\n  broken: {url: /x}\n"})
	topic := on.open(on.gitea.Token, "topic")
	on.comment(topic.Number, "faults and warnings")
	if code := on.merge(topic.Number); code != http.StatusOK {
		t.Fatalf("the merge: %d", code)
	}
	bad := on.head()
	on.until("it fails", func() error { return statusIs(on.url, "test", "failed", bad) })
	on.gitea.Stop(t)
	on.kill()
	on.gitea.Resume(t)
	on.start()
	on.shows(bad, map[string]string{"test": "failure"})
	branch := "sluice/revert-" + bad[:7]
	link := "/" + on.repository + "/compare/main..." + branch
	on.until("the pull request that brought it is told", func() error { return on.said(topic.Number, "failed in test", "[open the pull request](", link) })
	_, page, err := fetch(on.url + "/environments/test/commits/" + bad)
	if err != nil || !strings.Contains(page, link) {
		t.Errorf("the page does not lead to %s: %v", link, err)
	}
	var open []pull
	on.gitea.Call(t, on.gitea.Token, http.MethodGet, "/repos/"+on.repository+"/pulls?state=open", nil, &open)
	if len(open) != 0 {
		t.Errorf("opened unasked: %+v", open)
	}
	reverts := on.open(on.gitea.Token, branch)
	on.until("the merge", func() error {
		if code := on.merge(reverts.Number); code != http.StatusOK {
			return fmt.Errorf("the forge answers %d", code)
		}
		return nil
	})
	on.shows(on.head(), good)
	on.until("its branch is gone", func() error {
		code := on.gitea.Call(t, on.gitea.Token, http.MethodGet, "/repos/"+on.repository+"/branches/"+branch, nil, nil)
		if code != http.StatusNotFound {
			return fmt.Errorf("the forge answers %d", code)
		}
		return nil
	})
}

// said reports an error until a comment on a pull request says all of this.
func (on *e2e) said(number int, want ...string) error {
	on.t.Helper()
	var all []struct {
		Body string `json:"body"`
	}
	on.gitea.Call(on.t, on.gitea.Token, http.MethodGet, fmt.Sprintf("/repos/%s/issues/%d/comments", on.repository, number), nil, &all)
	for _, one := range all {
		if !slices.ContainsFunc(want, func(part string) bool { return !strings.Contains(one.Body, part) }) {
			return nil
		}
	}
	return fmt.Errorf("it has %+v", all)
}
