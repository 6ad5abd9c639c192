package daemon

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// TestBranchesThatNobodyNeedsGo: only those that Sluice has made, and only when nobody has needed them for a minute.
func TestBranchesThatNobodyNeedsGo(t *testing.T) {
	const prepared, others = "Revert\n\nSluice-Prepared: main\n", "Revert\n\nSluice-Prepared: main teams/a\n"
	pull := func(base string, fork bool) []forge.Pull {
		return []forge.Pull{{HeadBranch: takesBack, Base: base, Fork: fork}}
	}
	failed, rolledBack, next := ended(record.Failed, "x"), ended(record.RolledBack, "x"), record.Entry{ID: 9, Commit: "9f", Environment: "prod", State: record.Applied}
	fresh := tip(own, own, "Revert")
	fresh.When = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // when a bubble of time begins
	tests := []struct {
		name   string
		branch string
		tip    source.Tip
		pulls  []forge.Pull
		past   chronicle
		gone   bool
		known  string
	}{
		{"its pull request was closed", takesBack, tip(own, own, prepared), nil, chronicle{rolledBack}, true, ""},
		{"made by hand some days ago", takesBack, tip(own, own, "Revert"), nil, nil, true, ""},
		{"made by hand just now", takesBack, fresh, nil, nil, false, ""},
		{"its promotion was merged", "sluice/promote-prod", tip(own, own, "Promote"), nil, nil, true, ""},
		{"its pull request is open", takesBack, tip(own, own, "Revert"), pull("main", false), nil, false, ""},
		{"its pull request goes into another branch by now", takesBack, tip(own, own, "Revert"), pull("release", false), nil, false, ""},
		{"a fork has one of that name", takesBack, tip(own, own, "Revert"), pull("main", true), nil, true, ""},
		{"prepared, and the commit stands as failed", takesBack, tip(own, own, prepared), nil, chronicle{failed}, false, "new " + takesBack},
		{"prepared, and another commit came", takesBack, tip(own, own, prepared), nil, chronicle{failed, next}, true, ""},
		{"prepared by another daemon", takesBack, tip(own, own, others), nil, nil, false, ""},
		{"made by a person", takesBack, tip(person, person, "Revert"), nil, nil, false, ""},
		{"amended by a person", takesBack, tip(own, person, "Revert"), nil, nil, false, ""},
		{"it can't be read", takesBack, source.Tip{}, nil, nil, false, ""},
		{"a person's name for it", "sluice/idea", tip(own, own, "Revert"), nil, nil, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, known := &desk{tips: map[string]source.Tip{tt.branch: tt.tip}, pulls: tt.pulls}, &reverts{}
				var moot []string
				s := &sweeper{
					mirror: d, forge: d, past: tt.past, environments: func() []string { return []string{"test", "prod"} }, marker: markerOf("main", "."),
					link: func(branch string) string { return "new " + branch }, known: known,
					moot: func(_ context.Context, begins string) { moot = append(moot, begins) }, log: zap.NewNop(),
				}
				sweepFor(t, s, 30*time.Second)
				if len(d.dropped) > 0 {
					t.Fatal("gone at once: its pull request may just be being opened")
				}
				if sweepFor(t, s, 2*time.Minute); (len(d.dropped) > 0) != tt.gone {
					t.Errorf("gone: %v", d.dropped)
				}
				if url, _ := known.url(culprit); url != tt.known {
					t.Errorf("known as %q", url)
				}
				if want := tt.gone && tt.branch == takesBack; slices.Contains(moot, "1a2b3c4") != want {
					t.Errorf("told of %v", moot)
				}
			})
		})
	}
}

func sweepFor(t *testing.T, s *sweeper, long time.Duration) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), long)
	defer stop()
	s.run(ctx, nil)
}

// TestNothingIsSweptBlindly: as long as the environments or the open pull requests are not known, and not before a branch that has moved has
// been idle anew.
func TestNothingIsSweptBlindly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{tips: map[string]source.Tip{"sluice/promote-prod": tip(own, own, "Promote")}}
		var environments []string
		s := &sweeper{
			mirror: d, forge: d, past: chronicle{}, environments: func() []string { return environments }, known: &reverts{},
			moot: func(context.Context, string) {}, log: zap.NewNop(),
		}
		sweepFor(t, s, time.Hour)
		environments, d.err = []string{"prod"}, errors.New("page 2 can't be read")
		sweepFor(t, s, time.Hour)
		d.err = nil
		sweepFor(t, s, 30*time.Second)
		moved := tip(own, own, "Promote")
		moved.Hash = "bbbb"
		d.tips["sluice/promote-prod"] = moved
		time.Sleep(time.Hour)
		sweepFor(t, s, 30*time.Second)
		if diff := cmp.Diff([]string(nil), d.dropped); diff != "" {
			t.Errorf("dropped (-want +got):\n%s", diff)
		}
		if sweepFor(t, s, 2*time.Minute); len(d.dropped) != 1 {
			t.Errorf("in the end: %v", d.dropped)
		}
	})
}
