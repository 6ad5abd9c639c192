package forge_test

import (
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/forge/forgetest"
)

// ownComments returns those of ours.
func ownComments(there *forgetest.Forge, number int) []forgetest.Comment {
	var own []forgetest.Comment
	for _, c := range there.Comments(number) {
		if c.Author == forgetest.Me {
			own = append(own, c)
		}
	}
	return own
}

func TestOneCommentIsEditedInPlace(t *testing.T) {
	onEach(t, func(t *testing.T, _ string, there *forgetest.Forge, f forge.Forge) {
		n := there.Opened("ann", "change", false).Number
		there.Said(n, "ann", "please")
		there.Said(n, "bob", "<!-- sluice-plan -->\nplanted")
		there.Said(n, "bob", "[//]: # (sluice-plan)\n\nplanted")
		say := func(marker, body string) {
			t.Helper()
			if err := f.Comment(t.Context(), n, marker, body); err != nil {
				t.Fatal(err)
			}
		}
		say("sluice-plan", "first")
		say("sluice-plan-more", "another one")
		say("sluice-plan", "second\n\n| a | b |")
		own := ownComments(there, n)
		if len(own) != 2 || !strings.HasSuffix(own[0].Body, "\nsecond\n\n| a | b |") || !strings.HasSuffix(own[1].Body, "\nanother one") {
			t.Fatalf("ours: %+v", own)
		}
		there.Asked()
		say("sluice-plan", "second\n\n| a | b |")
		for _, asked := range there.Asked() {
			if strings.HasPrefix(asked, "PUT") || strings.HasPrefix(asked, "PATCH") {
				t.Errorf("the same again: %s", asked)
			}
		}
		for _, c := range there.Comments(n) {
			if c.Author == "bob" && !strings.HasSuffix(c.Body, "planted") {
				t.Errorf("what another wrote was changed: %+v", c)
			}
		}
	})
}

func TestACommentOfAsMuchAsFits(t *testing.T) {
	onEach(t, func(t *testing.T, _ string, there *forgetest.Forge, f forge.Forge) {
		n := there.Opened("ann", "change", false).Number
		if err := f.Comment(t.Context(), n, "sluice-plan", strings.Repeat("é", f.MostComment())); err != nil {
			t.Errorf("as much as fits: %v", err)
		}
		there.Asked()
		err := f.Comment(t.Context(), n, "sluice-plan", strings.Repeat("é", f.MostComment()+1))
		if class(t, err) != forge.Final || len(there.Asked()) > 0 {
			t.Errorf("one more: %v", err)
		}
	})
}

// TestAnAnnotationIsNotTheComment holds that the two keep apart though they have one marker: GitLab keeps both in one list.
func TestAnAnnotationIsNotTheComment(t *testing.T) {
	onEach(t, func(t *testing.T, _ string, there *forgetest.Forge, f forge.Forge) {
		there.Changes("routes.yaml", 3)
		p := there.Opened("ann", "change", false)
		fault := forge.Annotation{Path: "routes.yaml", Line: 3, Text: "no such upstream"}
		_, err := f.(forge.Annotator).Annotate(t.Context(), forge.Pull{Number: p.Number, Head: p.Head}, "sluice-plan", []forge.Annotation{fault})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Comment(t.Context(), p.Number, "sluice-plan", "the plan"); err != nil {
			t.Fatal(err)
		}
		if got := shown(there, p); len(got) != 1 || got[0] != fault {
			t.Errorf("shown %+v", got)
		}
	})
}
