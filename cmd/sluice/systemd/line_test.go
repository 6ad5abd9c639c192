package systemd_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/zap/zaptest"

	"github.com/sluice-gitops/sluice/cmd/sluice/systemd"
	"github.com/sluice-gitops/sluice/reconciler"
)

func TestLine(t *testing.T) {
	environments := func(states ...string) (all []reconciler.EnvironmentStatus) {
		for i, state := range states {
			all = append(all, reconciler.EnvironmentStatus{Name: string(rune('a' + i)), State: state})
		}
		return all
	}
	tests := []struct {
		name string
		in   reconciler.Status
		want string
	}{
		{"nothing yet", reconciler.Status{}, "looking at the config repo"},
		{"all good", reconciler.Status{Head: "0123456789", Environments: environments("applied", "unchanged")}, "0123456: 2 of 2 environments applied"},
		{"one held", reconciler.Status{Head: "0123456789", Environments: environments("applied", "held")}, "0123456: 1 of 2 environments applied, b held"},
		{"many", reconciler.Status{Head: "0123456789", Environments: environments("held", "held", "failed", "queued", "queued", "queued")},
			"0123456: 0 of 6 environments applied, a held, b held, c failed, d queued, and 2 more"},
		{"trouble", reconciler.Status{Error: "fetch branch \"main\": no route\nmore"}, `fetch branch "main": no route`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := systemd.Line(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestALineAssignsNothing holds that no text of a forge or a gateway tells the manager something else than a status.
func TestALineAssignsNothing(t *testing.T) {
	told := listen(t)
	hostile := reconciler.Status{Error: "refused\rMAINPID=1\x00READY=0\u0085" + strings.Repeat("ü", 10_000)}
	end := systemd.Manager{Log: zaptest.NewLogger(t)}.Follow(t.Context(), func() reconciler.Status { return hostile })
	got := hear(t, told)
	end()
	if len(got) != 2 || got[0] != "READY=1" || !strings.HasPrefix(got[1], "STATUS=refused MAINPID=1 READY=0") {
		t.Errorf("got %.200q", got)
	}
	if length := utf8.RuneCountInString(got[1]); length > 200 {
		t.Errorf("the line has %d runes", length)
	}
}
