package forge_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/forge/forgetest"
	"github.com/sluice-gitops/sluice/record"
)

func TestADeploymentBeginsAndEndsOnce(t *testing.T) {
	words := map[string][]string{
		forge.GitHub: {"in_progress", "success", "failure"}, forge.GitLab: {"running", "success", "failed"},
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
		set := func(commit, environment string, state record.StatusState) {
			t.Helper()
			if err := deployments.SetDeployment(t.Context(), forge.Deployment{Commit: commit, Environment: environment, State: state}); err != nil {
				t.Fatal(err)
			}
		}
		set(first, "prod", record.StatusPending)
		set(first, "prod", record.StatusPending)
		set(first, "prod", record.StatusSuccess)
		set(first, "prod", record.StatusSuccess)
		set(second, "prod", record.StatusFailure) // its beginning was lost
		set(first, "test", record.StatusPending)
		var got [][]string
		for _, d := range there.Deployments() {
			got = append(got, append([]string{d.Commit[:1], d.Environment}, d.States...))
		}
		begins, succeeds, fails := words[kind][0], words[kind][1], words[kind][2]
		want := [][]string{{"1", "prod", begins, succeeds}, {"2", "prod", fails}, {"1", "test", begins}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("deployments (-want +got):\n%s", diff)
		}
	})
}
