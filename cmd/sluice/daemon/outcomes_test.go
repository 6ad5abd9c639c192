package daemon

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// origin is a forge with one merged pull request; it is down for so many calls.
type origin struct {
	number, down int
	asked        int
	said         map[string]string
}

func (o *origin) Origin(_ context.Context, _, base string) (int, error) {
	if o.asked++; o.asked <= o.down || base != "main" {
		return 0, &forge.Error{Class: forge.Unavailable, What: "down"}
	}
	return o.number, nil
}

func (o *origin) Comment(_ context.Context, _ int, marker, body string) error {
	o.said[marker] = body
	return nil
}

func TestAPullRequestIsToldOfItsBadEnd(t *testing.T) {
	failed := reconciler.Event{Commit: source.Commit{Hash: "1a2b3c4d5e"}, Environment: "prod", State: record.Failed, Text: "route `users`: 400"}
	tests := []struct {
		name         string
		number, down int
		env, undo    string
		asked        int
		want         map[string]string
	}{
		{"a failure", 7, 0, "prod", "", 1, map[string]string{
			"sluice-outcome/prod": "### Sluice: failed in prod\n\n`1a2b3c4`: `route 'users': 400`\n\n`sluice revert 1a2b3c4` opens a pull request that takes it back. [What happened](https://sluice/prod).\n",
		}},
		{"what was taken back", 7, 2, "prod", "https://git/8", 3, map[string]string{
			"sluice-outcome/prod": "### Sluice: failed in prod\n\n`1a2b3c4`: `route 'users': 400`\n\n[A pull request](https://git/8) takes it back. [What happened](https://sluice/prod).\n",
		}},
		{"no pull request brought it", 0, 0, "prod", "", 1, map[string]string{}},
		{"the forge is gone", 7, 100, "prod", "", outcomeTries, map[string]string{}},
		{"a name that no marker holds", 7, 0, "prod_eu -->", "", 0, map[string]string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				at := &origin{number: tt.number, down: tt.down, said: map[string]string{}}
				told := outcomes{
					origins: at, comments: at, branch: "main", log: zap.NewNop(),
					page: func(e record.Entry) string { return "https://sluice/" + e.Environment },
				}
				e, began := failed, time.Now()
				e.Environment = tt.env
				told.tell(t.Context(), e, tt.undo)
				if diff := cmp.Diff(tt.want, at.said); diff != "" || at.asked != tt.asked {
					t.Errorf("asked %d times, said (-want +got):\n%s", at.asked, diff)
				}
				if took := time.Since(began); took > outcomeTries*outcomeWait {
					t.Errorf("took %s", took)
				}
			})
		})
	}
	(outcomes{}).tell(t.Context(), failed, "") // a forge that doesn't know
}
