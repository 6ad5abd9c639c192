package page_test

import (
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/record"
)

// TestAHeldCommitSaysItOnce: what a guard says and the line that lets the plan pass stand once on the page, each in its place.
func TestAHeldCommitSaysItOnce(t *testing.T) {
	s := stopped()
	s.turn.Before = s.turn.Applied
	s.turn.Entries = nil
	text := inner(parse(t, "held", get(t, handler(s, nil), "/environments/uat/commits/9f1c2b3").Body).root)
	for _, once := range []string{
		"Held by guard protect on uat", "routes/login is protected and would be deleted", "Sluice-Allow: uat 6b86b273ff34", "What you can do",
		s.turn.Applied.Subject,
	} {
		if n := strings.Count(text, once); n != 1 {
			t.Errorf("%q stands %d times on the page:\n%s", once, n, text)
		}
	}
}

// TestWhatWasHeldAndIsNoMore: what has had its turn since stands beside what held the commit, and nothing asks for a line that was written.
func TestWhatWasHeldAndIsNoMore(t *testing.T) {
	s := stopped()
	s.turn.Later = &insight.TurnLater{Commit: insight.Commit{Hash: oldHash, Subject: "Allow it"}, State: "applied"}
	body := get(t, handler(s, operator), "/environments/uat/commits/9f1c2b3").Body.String()
	if !strings.Contains(body, "That was then:") || !strings.Contains(body, "has had its turn here since, and is applied") || strings.Contains(body, "Show the plan") {
		t.Errorf("the page says %s", body)
	}
}

// TestSeveralGuards: each of them is told, and the head names the first.
func TestSeveralGuards(t *testing.T) {
	s := stopped()
	s.turn.Detail += "\nuat-2: guard max-delete: 9 of 10 routes would be deleted\nto allow it: Sluice-Allow: uat 77"
	body := get(t, handler(s, nil), "/environments/uat/commits/9f1c2b3").Body.String()
	for _, want := range []string{"Held by guard protect on uat: routes/login is protected and would be deleted", "9 of 10 routes would be deleted", "What the guards say beside that"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
}

// TestASupersededCommitSaysItOnce: the history names the commit that carried another one, and what that came to, once.
func TestASupersededCommitSaysItOnce(t *testing.T) {
	s := ordinary()
	e := entry(40, "uat", "", record.Superseded, insight.Commit{Hash: newHash, Subject: "Fix a typo"})
	e.CarriedBy, e.Outcome, e.Text, e.Updated, e.Changes = oldHash, record.Unchanged, "carried by 1a2b3c4, which is unchanged", 0, nil
	s.past.Entries = []record.Entry{e}
	text := inner(parse(t, "history", get(t, handler(s, nil), "/history").Body).root)
	if strings.Count(text, "carried by") != 1 || !strings.Contains(text, "carried by 1a2b3c4 , which is unchanged") && !strings.Contains(text, "carried by 1a2b3c4, which is unchanged") {
		t.Errorf("the history says:\n%s", text)
	}
}

// TestACommitElsewhere: its page names what it came to in the other environments.
func TestACommitElsewhere(t *testing.T) {
	text := inner(parse(t, "turn", get(t, handler(ordinary(), nil), "/environments/uat/commits/9f1c2b3").Body).root)
	_, elsewhere, _ := strings.Cut(text, "This commit elsewhere")
	for _, want := range []string{"testrolled back", "stageapplied, runs now", "prodnothing known"} {
		if !strings.Contains(elsewhere, want) {
			t.Errorf("%q is not told: %s", want, elsewhere)
		}
	}
}
