package insight

import (
	"fmt"
	"strings"
	"testing"
)

// TestNext says for every state what a person can do.
func TestNext(t *testing.T) {
	commit, other := Commit{Hash: "aaaaaaaaaaaa"}, Commit{Hash: "bbbbbbbbbbbb"}
	paused := &Pause{Text: "paused", By: "ada", Call: true}
	tests := []struct {
		name  string
		turn  Turn
		facts facts
		want  string // kind, then what it leads to
	}{
		{"queued in line", Turn{State: "queued"}, facts{}, "wait"},
		{"queued behind others", Turn{State: "queued"}, facts{waitsFor: []string{"test", "uat"}}, "follow test@aaaaaaaaaaaa; follow uat@aaaaaaaaaaaa"},
		{"queued behind a failure", Turn{State: "queued"}, facts{waitsFor: []string{"uat"}, stuck: []stuck{{"test", "rolled-back"}}}, "follow test@aaaaaaaaaaaa"},
		{"queued and paused", Turn{State: "queued", Paused: paused}, facts{}, "resume sluice resume -c FILE prod"},
		{"queued and paused in Git", Turn{State: "queued", Paused: &Pause{By: "Git"}}, facts{}, "resume"},
		{"planning", Turn{State: "planning"}, facts{}, "wait"},
		{"retrying", Turn{State: "planning", Text: "eu: admin API unreachable, retrying"}, facts{}, "wait"},
		{"applying", Turn{State: "applying"}, facts{}, "wait"},
		{"verifying and paused", Turn{State: "verifying", Paused: paused}, facts{}, "resume sluice resume -c FILE prod; wait"},
		{"held by a guard", Turn{State: "held", Final: true, Detail: "eu: guard x: y\nto allow it: Sluice-Allow: prod 12\nus: guard x: y\nto allow it: Sluice-Allow: prod 12\nto allow it: Sluice-Allow: prod 34"},
			facts{}, "allow Sluice-Allow: prod 12 Sluice-Allow: prod 34; revert sluice revert -c FILE aaaaaaa"},
		{"held for want of trust", Turn{State: "held", Final: true, Detail: "commit is not trusted"}, facts{}, "fix; retry; revert sluice revert -c FILE aaaaaaa"},
		{"failed by a fault", Turn{State: "failed", Final: true, Faults: []Fault{{Place: &Place{File: "a.yaml", Line: 3, URL: "https://x"}, What: "odd"}}}, facts{},
			"fix https://x; revert sluice revert -c FILE aaaaaaa"},
		{"failed at a gateway", Turn{State: "failed", Final: true}, facts{}, "fix; retry; revert sluice revert -c FILE aaaaaaa"},
		{"rolled back", Turn{State: "rolled-back", Final: true, Applied: other}, facts{revertURL: "https://pull/1", isOpen: true}, "revert sluice revert -c FILE aaaaaaa https://pull/1; fix"},
		{"failed, and a branch is prepared", Turn{State: "failed", Final: true}, facts{revertURL: "https://new"}, "fix; retry; revert sluice revert -c FILE aaaaaaa https://new"},
		{"failed, and gone by", Turn{State: "failed", Final: true, Later: &TurnLater{Commit: other}}, facts{revertURL: "https://x"}, "follow prod@bbbbbbbbbbbb"},
		{"applied, and gone by", Turn{State: "applied", Final: true, Applied: other}, facts{}, "follow prod@bbbbbbbbbbbb"},
		{"superseded", Turn{State: "superseded", Final: true, CarriedBy: &other}, facts{}, "follow prod@bbbbbbbbbbbb"},
		{"lost", Turn{State: "superseded", Final: true}, facts{}, "wait"},
		{"applied", Turn{State: "applied", Final: true, Running: true, Applied: commit}, facts{follows: []string{"dr"}, promotes: []string{"dr"}},
			"promote sluice promote -c FILE prod dr dr@; follow dr@aaaaaaaaaaaa; revert sluice revert -c FILE aaaaaaa"},
		{"applied and paused", Turn{State: "applied", Final: true, Running: true, Applied: commit, Paused: paused}, facts{}, "revert sluice revert -c FILE aaaaaaa"},
		{"applied once", Turn{State: "applied", Final: true, Applied: other}, facts{follows: []string{"dr"}}, "follow prod@bbbbbbbbbbbb"},
		{"unchanged", Turn{State: "unchanged", Final: true, Running: true, Applied: commit}, facts{}, ""},
		{"unknown", Turn{}, facts{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.turn.Environment, tt.turn.Commit = "prod", commit
			var got []string
			for _, s := range nextSteps(tt.turn, tt.facts) {
				if !strings.HasSuffix(s.Text, ".") || strings.Contains(s.Text, "%!") {
					t.Errorf("%q is no sentence", s.Text)
				}
				line := strings.Join(strings.Fields(s.Kind+" "+s.Command+" "+s.URL), " ")
				if s.Environment != "" {
					line += fmt.Sprintf(" %s@%s", s.Environment, s.Commit)
				}
				got = append(got, line)
			}
			if all := strings.Join(got, "; "); all != tt.want {
				t.Errorf("got  %s\nwant %s", all, tt.want)
			}
		})
	}
}

// TestFaultsAreFoundInTexts reads what diag.List writes, and takes nothing else for a fault.
func TestFaultsAreFoundInTexts(t *testing.T) {
	m := New(Config{})
	tests := []struct{ text, want string }{
		{"", ""},
		{"prod-eu: guard protect: deletes routes/login\nto allow it: x", ""},
		{"probe users: 502, want 200", ""},
		{"https://eu:9180: connection refused", ""},
		{"base/a.yaml:3:7: unknown key \"spce\"\n\thint: did you mean \"spec\"?", "base/a.yaml:3:7 unknown key \"spce\" | did you mean \"spec\"?"},
		{"base/a b.yaml:3: odd\n\talso x\nbase/b.yaml:9:1@abc1234: odder", "base/a b.yaml:3:0 odd | ; base/b.yaml:9:1 odder | "},
		{"base/a.yaml:3:7: warning: expires", "base/a.yaml:3:7 warning: expires | "},
		{strings.Repeat("a.yaml:1:1: x\n", 300), strings.TrimSuffix(strings.Repeat("a.yaml:1:1 x | ; ", mostFaults), "; ")},
	}
	for _, tt := range tests {
		var got []string
		for _, f := range m.faultsIn("c1", tt.text) {
			got = append(got, fmt.Sprintf("%s:%d:%d %s | %s", f.Place.File, f.Place.Line, f.Place.Col, f.What, f.Hint))
		}
		if all := strings.Join(got, "; "); all != tt.want {
			t.Errorf("%.60q: got %.200s", tt.text, all)
		}
	}
}

// TestTheStepSaysWhatTheLinkIs: a pull request is merged, and from a prepared branch one is opened first.
func TestTheStepSaysWhatTheLinkIs(t *testing.T) {
	for want, f := range map[string]facts{
		"Take the commit back.":                                                {},
		"Merge the pull request that takes the commit back.":                   {revertURL: "https://pull/1", isOpen: true},
		"Take the commit back: the branch is prepared, open the pull request.": {revertURL: "https://new"},
	} {
		if got := revert(Turn{}, f); got.Text != want || got.URL != f.revertURL {
			t.Errorf("%+v, want %q", got, want)
		}
	}
}
