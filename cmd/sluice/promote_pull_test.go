package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/forge/forgetest"
	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// TestPromoteByPullRequest promotes by hand without a clone: the branch is pushed, the pull request opened, and the same one updated by the
// second call.
func TestPromoteByPullRequest(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	git := func(args ...string) string {
		command := exec.Command("git", append([]string{"-C", filepath.Join(dir, "repo"), "-c", "user.name=A", "-c", "user.email=a@example.com"}, args...)...)
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	gw, err := embedded.Start(embedded.Config{AdminKey: "key"})
	if err != nil {
		t.Fatal(err)
	}
	defer gw.Close()
	hosted := forgetest.New(t, forge.Gitea)
	write("token", "t0ken")
	write("key", "key")
	write("sluice.yaml", fmt.Sprintf(`repository: {url: repo, root: gateways}
forge: {type: gitea, url: %q, repository: acme/gateways, tokenFile: token}
journal: {path: state/journal}
gatewayGroups:
  prod: {adminURL: %[2]q, adminKeyFile: key, environment: prod}
`, hosted.URL, gw.AdminURL()))
	write("repo/gateways/sluice.yaml", "version: 1\n")
	write("repo/gateways/services/u/u.yaml", "upstreams:\n  u: {nodes: {\"127.0.0.1:1\": 1}}\n")
	write("repo/gateways/environments/uat/environment.yaml", "extends: [services/u]\ngroups: [uat]\n")
	git("init", "--quiet", "--initial-branch=main")
	git("add", "--all")
	git("commit", "--quiet", "--message", "one")
	write("repo/gateways/environments/prod/environment.yaml",
		"extends:\n  - {path: services/u, revision: "+git("rev-parse", "HEAD")+"}\nafter: [uat]\ngroups: [prod]\n")
	write("repo/gateways/services/u/u.yaml", "upstreams:\n  u: {nodes: {\"127.0.0.1:2\": 1}}\n")
	git("add", "--all")
	git("commit", "--quiet", "--message", "two")
	for range 2 {
		var out, problems bytes.Buffer
		a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &problems}
		f := promoteFlags{config: filepath.Join(dir, "sluice.yaml"), commit: git("rev-parse", "main"), pullRequest: true, output: "text"}
		if err := a.promote(t.Context(), f, "uat", "prod"); err != nil {
			t.Fatalf("%v\n%s", err, problems.String())
		}
		if !strings.Contains(out.String(), ": Promote services/u from uat to prod") || !strings.Contains(out.String(), "127.0.0.1:2") {
			t.Errorf("it says:\n%s", out.String())
		}
	}
	if changed := git("diff", "--name-only", "main", "sluice/promote-prod"); changed != "gateways/environments/prod/environment.yaml" {
		t.Errorf("changed: %s", changed)
	}
	opened := 0
	for _, asked := range hosted.Asked() {
		if strings.HasPrefix(asked, "POST") && strings.HasSuffix(asked, "/pulls") {
			opened++
		}
	}
	if opened != 1 {
		t.Errorf("%d pull requests were opened: %v", opened, hosted.Asked())
	}
	if err := (&app{}).promote(t.Context(), promoteFlags{commit: "main", pullRequest: true}, "uat", "prod"); err == nil {
		t.Error("it went without a forge")
	}
}
