//go:build unix

package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestE2EPromotionMerges lets the daemon merge a promotion by itself on a real Gitea: not before every required check has passed, its own and
// that of somebody else, and at the head that was planned. Then the branch that it came from goes.
func TestE2EPromotionMerges(t *testing.T) {
	on := newE2E(t)
	on.change("forge: {", "pullRequests: {poll: 1s}\nlog: {level: debug}\nforge: {")
	files := route("/users/*")
	files["sluice.yaml"] = "version: 1\n"
	files["services/orders/orders.yaml"] = "upstreams:\n  orders: {nodes: {\"127.0.0.1:1\": 1}}\nroutes:\n  orders: {upstream_id: orders, uri: /orders}\n"
	first := on.commit("main", "Begin", files)
	begun := on.commit("main", "Environments", map[string]string{
		"environments/test/environment.yaml": "extends: [base, services/orders]\ngroups: [test]\n",
		"environments/uat/environment.yaml":  "extends: [base, services/orders]\nafter: [test]\ngroups: [uat]\n",
		"environments/prod/environment.yaml": "extends:\n  - base\n  - {path: services/orders, revision: " + first + "}\nafter: [uat]\ngroups: [prod-eu, prod-us]\n" +
			"promotion: merge\n",
	})
	on.start()
	on.shows(begun, everywhere)
	on.shows(on.commit("main", "Orders at v2", map[string]string{
		"services/orders/orders.yaml": "upstreams:\n  orders: {nodes: {\"127.0.0.1:1\": 1}}\nroutes:\n  orders: {upstream_id: orders, uri: /v2/orders}\n",
	}), everywhere)
	t.Log("the daemon merges what nothing stands against")
	on.until("the merge of the promotion", func() error { return on.isAbsent("sluice/promote-prod") })

	t.Log("a required check of somebody else is missing")
	on.gitea.Protect(t, on.repository, "main", "sluice/plan/*", "ci/build")
	on.commit("orders", "Orders at v3", map[string]string{
		"services/orders/orders.yaml": "upstreams:\n  orders: {nodes: {\"127.0.0.1:1\": 1}}\nroutes:\n  orders: {upstream_id: orders, uri: /v3/orders}\n",
	})
	topic := on.open(on.gitea.Token, "orders")
	on.passes(topic.Head.SHA, "ci/build")
	on.mergeLive(topic.Number)
	promotion := on.from("sluice/promote-prod")
	on.planned(promotion.Head.SHA, map[string]string{"prod": "success: 2 updated, 2 breaking"})
	on.until("the daemon tries to merge", func() error { return on.logged("promotion is not merged yet") })
	if on.pull(promotion.Number).Merged {
		t.Error("a promotion without a required check was merged")
	}
	t.Log("the check passes")
	on.passes(promotion.Head.SHA, "ci/build")
	on.until("the merge of the promotion", func() error {
		if one := on.pull(promotion.Number); !one.Merged || one.Head.SHA != promotion.Head.SHA {
			return fmt.Errorf("it is %+v", one)
		}
		return nil
	})
	on.shows(on.head(), everywhere)
	on.until("its branch is gone", func() error { return on.isAbsent("sluice/promote-prod") })
}

// passes posts the success of somebody else's check.
func (on *e2e) passes(commit, context string) {
	on.t.Helper()
	body := map[string]string{"state": "success", "context": context}
	if code := on.gitea.Call(on.t, on.gitea.Token, http.MethodPost, "/repos/"+on.repository+"/statuses/"+commit, body, nil); code != http.StatusCreated {
		on.t.Fatalf("post a status: %d", code)
	}
}

// isAbsent reports an error while a branch is there, or the promotion that it stands for was never opened.
func (on *e2e) isAbsent(branch string) error {
	on.t.Helper()
	if err := on.logged("promotion merged"); err != nil {
		return err
	}
	code := on.gitea.Call(on.t, on.gitea.Token, http.MethodGet, "/repos/"+on.repository+"/branches/"+strings.ReplaceAll(branch, "/", "%2F"), nil, nil)
	if code != http.StatusNotFound {
		return fmt.Errorf("the forge answers %d for the branch", code)
	}
	return nil
}

// logged reports an error while the daemon has not logged a message.
func (on *e2e) logged(message string) error {
	on.t.Helper()
	text, err := os.ReadFile(filepath.Join(on.dir, "daemon.log"))
	on.must(err)
	if !strings.Contains(string(text), message) {
		return errors.New("the log does not say " + message)
	}
	return nil
}
