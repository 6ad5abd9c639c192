package page

import (
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/insight"
)

func TestGroupLook(t *testing.T) {
	for name, c := range map[string]struct {
		group insight.GroupLine
		want  string
	}{
		"as it should be":  {insight.GroupLine{State: "applied"}, "applied good"},
		"drifting":         {insight.GroupLine{State: "applied", Drift: 2}, "drifting warn"},
		"out of reach":     {insight.GroupLine{State: "planning", Error: "admin API unreachable, retrying", Drift: 2}, "failing bad"},
		"held by a guard":  {insight.GroupLine{State: "applied", Error: "held: guard protect: deletes routes/login"}, "held warn"},
		"a word not known": {insight.GroupLine{State: strings.Repeat("x", 90)}, strings.Repeat("x", 30) + "… idle"},
	} {
		if got := groupLook(c.group); got.Word+" "+string(got.Tone) != c.want {
			t.Errorf("%s: %s %s, want %s", name, got.Word, got.Tone, c.want)
		}
	}
}

// TestRemarks: beside the look of a gateway group stands what the look does not say, and nothing of the past asks for anything.
func TestRemarks(t *testing.T) {
	for in, want := range map[string]string{"held: guard protect: deletes routes/a": "guard protect: deletes routes/a", "put routes/a: 400": "put routes/a: 400", "": ""} {
		if got := remark(insight.GroupLine{Error: in}); got != want {
			t.Errorf("%q is shown as %q", in, got)
		}
	}
	if got, want := unallowed("eu: guard x: y\nto allow it: Sluice-Allow: prod 12\nus: guard x: z\n"), "eu: guard x: y\nus: guard x: z"; got != want {
		t.Errorf("left is %q", got)
	}
}

// TestEnvironmentDetail: what is told at length takes the place of the line that says it in short.
func TestEnvironmentDetail(t *testing.T) {
	for in, want := range map[[2]string]string{
		{"a.yaml:3:1: odd (and 1 more)", "a.yaml:3:1: odd\nb.yaml:1:1: odder"}: "a.yaml:3:1: odd\nb.yaml:1:1: odder",
		{"waits for uat", ""}:               "",
		{"failed", "failed"}:                "",
		{"probe users: 502", "eu: timeout"}: "probe users: 502\neu: timeout",
	} {
		if got := environmentDetail(insight.Environment{Text: in[0], Detail: in[1]}); got != want {
			t.Errorf("%q is told as %q, want %q", in, got, want)
		}
	}
}
