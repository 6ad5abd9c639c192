package render

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/environments"
)

// TestTheDigestIsThatOfTheState holds the digest that is put together from what groups share against that of the state itself.
func TestTheDigestIsThatOfTheState(t *testing.T) {
	seen := map[string]bool{}
	rapid.Check(t, func(t *rapid.T) {
		repo := drawVarying(t)
		if rapid.Bool().Draw(t, "layered") {
			repo = drawRepo(t)
		}
		tree, r := environments.Load(repo), New()
		for _, env := range tree.Environments {
			for _, group := range env.Groups() {
				state, _ := r.Render(repo, tree, env, group, nil)
				digest, _ := r.Digest(repo, tree, env, group, nil)
				want := ""
				if state != nil {
					want = state.Digest()
				}
				if seen[digest] = true; digest != want {
					t.Fatalf("the digest of %s is %q, that of its state %q", group, digest, want)
				}
			}
		}
	})
	if len(seen) < 10 {
		t.Errorf("%d digests were met: this test proves nothing", len(seen))
	}
}
