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
