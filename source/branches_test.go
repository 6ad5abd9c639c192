package source

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBranches lists branches of the remote, and tells who made the newest commit of each: of one that is pushed from here, of a person, and
// of one of ours that a person has amended.
func TestBranches(t *testing.T) {
	u := newUpstream(t)
	first := u.first()
	r := open(t, settings(t, u.dir))
	ours, err := r.Edit(first, map[string][]byte{"base/routes.yaml": []byte("routes: {b: {uri: /b}}\n")}, notice("Promote"))
	must(t, err)
	must(t, r.Push(t.Context(), "sluice/promote-prod", ours))
	must(t, r.Push(t.Context(), "sluice/amended", ours))
	u.git("branch", "sluicegate")
	u.git("checkout", "-q", "-b", "sluice/mine")
	mine := u.commit("by hand")
	u.git("checkout", "-q", "sluice/amended")
	u.git("commit", "-q", "--amend", "-m", "reworded")
	amended := u.git("rev-parse", "HEAD")
	u.git("checkout", "-q", "main")
	found, err := r.Branches(t.Context(), "sluice/")
	must(t, err)
	want := []Branch{{"sluice/amended", amended}, {"sluice/mine", mine}, {"sluice/promote-prod", ours.Commit.Hash}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Fatalf("branches (-want +got):\n%s", diff)
	}
	const sluice, ada = "Sluice <sluice@localhost>", "Ada <ada@example.com>"
	for i, by := range [][2]string{{sluice, ada}, {ada, ada}, {sluice, sluice}} {
		tip, err := r.Tip(t.Context(), found[i])
		if must(t, err); tip.Author != by[0] || tip.Committer != by[1] || tip.Hash != found[i].Head {
			t.Errorf("%s is by %s, put there by %s", found[i].Name, tip.Author, tip.Committer)
		}
	}
	if r.Mirrored() != first {
		t.Error("the followed branch has moved")
	}
	if _, err := r.Tip(t.Context(), Branch{"sluice/mine", "1111111111111111111111111111111111111111"}); !errors.Is(err, ErrMoved) {
		t.Errorf("a branch that has moved: %v", err)
	}
}
