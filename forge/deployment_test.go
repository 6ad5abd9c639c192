package forge_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/forge/forgetest"
)

func TestADeploymentBeginsAndEndsOnce(t *testing.T) {
	words := map[string][]string{
		forge.GitHub: {"in_progress", "success", "failure", "inactive"}, forge.GitLab: {"running", "success", "failed", "canceled"},
	}
	onEach(t, func(t *testing.T, kind string, there *forgetest.Forge, f forge.Forge) {
		deployments, has := f.(forge.Deployments)
		if word, want := words[kind]; has != want {
			t.Fatalf("has deployments: %v, want %v", has, word)
		}
		if !has {
			return
		}
		const first, second = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"
		set := func(commit, environment string, state forge.DeploymentState) {
			t.Helper()
			if err := deployments.SetDeployment(t.Context(), forge.Deployment{Commit: commit, Environment: environment, State: state}); err != nil {
				t.Fatal(err)
			}
		}
		set(first, "prod", forge.DeploymentDropped) // which never began
		set(first, "prod", forge.DeploymentRuns)
		set(first, "prod", forge.DeploymentRuns)
		set(first, "prod", forge.DeploymentSucceeded)
		set(first, "prod", forge.DeploymentSucceeded)
		set(first, "prod", forge.DeploymentDropped) // which has ended
		set(second, "prod", forge.DeploymentFailed) // its beginning was lost
		set(first, "test", forge.DeploymentRuns)
		set(first, "test", forge.DeploymentDropped)
		var got [][]string
		for _, d := range there.Deployments() {
			got = append(got, append([]string{d.Commit[:1], d.Environment}, d.States...))
		}
		begins, succeeds, fails, dropped := words[kind][0], words[kind][1], words[kind][2], words[kind][3]
		want := [][]string{{"1", "prod", begins, succeeds}, {"2", "prod", fails}, {"1", "test", begins, dropped}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("deployments (-want +got):\n%s", diff)
		}
	})
}

// TestACommitThatComesBackIsDeployedAnew: what runs in the end is the newest deployment that has succeeded, and the only one that counts.
func TestACommitThatComesBackIsDeployedAnew(t *testing.T) {
	onEach(t, func(t *testing.T, kind string, there *forgetest.Forge, f forge.Forge) {
		deployments, has := f.(forge.Deployments)
		if !has {
			return
		}
		const first, second = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"
		for _, commit := range []string{first, second, first} {
			for _, state := range []forge.DeploymentState{forge.DeploymentRuns, forge.DeploymentSucceeded} {
				if err := deployments.SetDeployment(t.Context(), forge.Deployment{Commit: commit, Environment: "prod", State: state}); err != nil {
					t.Fatal(err)
				}
			}
		}
		all := there.Deployments()
		last := all[len(all)-1]
		if len(all) != 3 || last.Commit != first || last.States[len(last.States)-1] != "success" {
			t.Errorf("deployments %+v", all)
		}
		for _, d := range all[:2] {
			if kind == forge.GitHub && d.States[len(d.States)-1] != "inactive" {
				t.Errorf("%+v is not the newest", d)
			}
		}
	})
}
