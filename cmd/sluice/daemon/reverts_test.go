package daemon

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// The commit of the tests, and the branch that takes it back.
const (
	culprit   = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
	takesBack = "sluice/revert-1a2b3c4"
)

// desk is a repository with its branches, and the forge that it is on.
type desk struct {
	reverted source.Reverted
	tips     map[string]source.Tip // of the branches that are there, by name
	pulls    []forge.Pull
	err      error // of the forge, or of pushing
	pushErr  error

	back            string   // what the last revert went back to; empty: to before its commit
	messages        []string // of the reverts that were made
	pushed, dropped []string
	opened          []forge.NewPull
}

func (d *desk) Mirrored() string { return "head" }

func (d *desk) At(commit string) (source.Snapshot, error) {
	at := source.Commit{When: time.Unix(1_700_000_000, 0)}
	if commit == culprit {
		at.Parents = line[0].Parents
	}
	return source.Snapshot{Commit: at}, nil
}

func (d *desk) Revert(_, _ string, n source.Notice) (source.Reverted, error) {
	d.messages = append(d.messages, n.Message)
	return d.reverted, nil
}

func (d *desk) RevertTo(back, commit, onto string, n source.Notice) (source.Reverted, error) {
	d.back = back
	reverted, err := d.Revert(commit, onto, n)
	reverted.Proposal.Commit.Message = n.Message
	return reverted, err
}

// line is what the branch was at, newest first; the last one is what runs.
var line = []source.Commit{
	{Hash: culprit, Subject: "Innocent", Parents: []string{"2222222222"}},
	{Hash: "2222222222", Subject: "Culprit", Parents: []string{"3333333333"}},
	{Hash: "3333333333", Subject: "Good"},
}

func (d *desk) Ancestor(text, _ string) (source.Snapshot, error) {
	i := slices.IndexFunc(line, func(c source.Commit) bool { return c.Hash == text })
	if i < 0 {
		return source.Snapshot{}, source.ErrNotAncestor
	}
	return source.Snapshot{Commit: line[i]}, nil
}

func (d *desk) Log(from, _ string, _ int) ([]source.Commit, error) {
	return line[:slices.IndexFunc(line, func(c source.Commit) bool { return c.Hash == from })], nil
}

func (d *desk) Push(_ context.Context, branch string, _ source.Proposal) error {
	if d.pushErr != nil {
		return d.pushErr
	}
	d.pushed = append(d.pushed, branch)
	return nil
}

func (d *desk) Open(_ context.Context, p forge.NewPull) (forge.Pull, error) {
	d.opened = append(d.opened, p)
	return forge.Pull{Number: 7, URL: "https://git.acme.com/7"}, nil
}

func (d *desk) OpenPulls(_ context.Context, base string) ([]forge.Pull, error) {
	var pulls []forge.Pull
	for _, p := range d.pulls {
		if base == "" || p.Base == base {
			pulls = append(pulls, p)
		}
	}
	return pulls, d.err
}

func (d *desk) Branches(_ context.Context, prefix string) ([]source.Branch, error) {
	var found []source.Branch
	for name, tip := range d.tips {
		if strings.HasPrefix(name, prefix) {
			found = append(found, source.Branch{Name: name, Head: tip.Hash})
		}
	}
	return found, nil
}

func (d *desk) Tip(_ context.Context, b source.Branch) (source.Tip, error) {
	tip := d.tips[b.Name]
	if tip.Hash == "" {
		return tip, errors.New("it brings more than 64 MiB")
	}
	if tip.Hash == b.Head {
		return tip, nil
	}
	return source.Tip{}, source.ErrMoved
}

func (d *desk) Drop(_ context.Context, branch, at string) error {
	if d.tips[branch].Hash == at {
		d.dropped = append(d.dropped, branch)
		delete(d.tips, branch)
	}
	return nil
}

// tip is a newest commit that these have made.
func tip(author, committer, message string) source.Tip {
	return source.Tip{Commit: source.Commit{Hash: "aaaa", Author: author, Message: message}, Committer: committer}
}

const (
	own    = "Sluice <sluice@localhost>"
	person = "Ada <ada@acme.com>"
)

func clean() source.Reverted {
	return source.Reverted{Proposal: source.Proposal{Snapshot: source.Snapshot{Commit: source.Commit{Message: "Revert \"x\"\n\nThis reverts commit 1a2b.\n"}}}}
}

func ended(state record.State, text string) record.Entry {
	return record.Entry{ID: 3, Commit: culprit, Environment: "prod", State: state, Text: text, Finished: time.Now()}
}

// TestWhatCameWithABadCommitIsTakenBackToo: one of several commits that came together may be at fault, and none of them runs. A failure, and a
// commit that came alone or whose branch was rewritten, is taken back by itself.
func TestWhatCameWithABadCommitIsTakenBackToo(t *testing.T) {
	for name, test := range map[string]struct {
		state    record.State
		restores string
		back     string
	}{
		"two came":        {record.RolledBack, "3333333333", "3333333333"},
		"one came":        {record.RolledBack, "2222222222", ""},
		"rewritten since": {record.RolledBack, "4444444444", ""},
		"failed":          {record.Failed, "3333333333", ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := &desk{reverted: clean()}
			e := ended(test.state, "probe users: 502")
			e.Restores = test.restores
			r := &reverter{mirror: d, forge: d, branch: "main", marker: "Sluice-Prepared: main", link: func(string) string { return "" }, known: &reverts{}, log: zap.NewNop()}
			if err := r.undo(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			if d.back != test.back || len(d.pushed) != 1 {
				t.Errorf("gone back to %q, pushed %v", d.back, d.pushed)
			}
			if test.back == "" {
				return
			}
			body := d.opened[0].Title + "\n" + d.opened[0].Body
			for _, part := range []string{"Go back to 3333333: take back 2 commits", `This reverts commit 2222222222: "Culprit".`, "prod was rolled back from it"} {
				if !strings.Contains(body, part) {
					t.Errorf("%q is not said:\n%s", part, body)
				}
			}
			if !strings.HasSuffix(d.messages[len(d.messages)-1], "\n\nSluice-Prepared: main\n") {
				t.Errorf("message: %q", d.messages)
			}
		})
	}
}

// TestABadEndIsTakenBack: a rollback opens a pull request, a failure prepares a branch alone, and neither touches what is somebody's own.
func TestABadEndIsTakenBack(t *testing.T) {
	const marked = "Revert \"x\"\n\nThis reverts commit 1a2b.\n\nSluice-Prepared: main teams/a\n"
	theirs := forge.Pull{HeadBranch: takesBack, Base: "main", URL: "https://git.acme.com/3"}
	fork, denied := theirs, &source.Error{What: "push", Err: source.ErrDenied}
	fork.Fork = true
	tests := []struct {
		name     string
		state    record.State
		desk     desk
		pushed   bool
		opened   bool
		url      string
		open     bool
		fails    bool
		troubles int
		says     string
	}{
		{name: "rolled back", state: record.RolledBack, pushed: true, opened: true, url: "https://git.acme.com/7", open: true, says: "a pull request takes the commit back"},
		{name: "failed", state: record.Failed, pushed: true, url: "new " + takesBack, says: "a branch takes the commit back"},
		{name: "a pull request is open", state: record.Failed, desk: desk{pulls: []forge.Pull{theirs}}, url: theirs.URL, open: true},
		{name: "a fork has a branch of that name", state: record.Failed, desk: desk{pulls: []forge.Pull{fork}}, pushed: true, url: "new " + takesBack},
		{name: "an earlier one of our own", state: record.Failed, desk: desk{tips: map[string]source.Tip{takesBack: tip(own, own, "")}}, pushed: true, url: "new " + takesBack},
		{name: "a person has pushed there", state: record.Failed, desk: desk{tips: map[string]source.Tip{takesBack: tip(person, person, "")}}},
		{name: "a person has amended it", state: record.RolledBack, desk: desk{tips: map[string]source.Tip{takesBack: tip(own, person, "")}}},
		{name: "the forge is down", state: record.Failed, desk: desk{err: &forge.Error{Class: forge.Unavailable, What: "down"}}, fails: true},
		{name: "Git is out of reach", state: record.Failed, desk: desk{pushErr: &source.Error{What: "no answer"}}, fails: true},
		{name: "the login may only read", state: record.Failed, desk: desk{pushErr: denied}, says: "revert it by hand"},
		{name: "rolled back, and the login may only read", state: record.RolledBack, desk: desk{pushErr: denied}, says: "revert it by hand", troubles: 1},
		{name: "nothing is left of it", state: record.Failed, desk: desk{reverted: source.Reverted{Nothing: true}}, says: "nothing to take back"},
		{name: "changed since", state: record.RolledBack, desk: desk{reverted: source.Reverted{Conflicts: []source.Conflict{{Path: "base/routes.yaml", What: "both have changed it"}}}},
			says: "base/routes.yaml: both have changed it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := tt.desk
			if !d.reverted.Nothing && d.reverted.Conflicts == nil {
				d.reverted = clean()
			}
			core, logs := observer.New(zap.DebugLevel)
			r := &reverter{
				mirror: &d, forge: &d, branch: "main", marker: markerOf("main", "./teams/a"), link: func(branch string) string { return "new " + branch },
				known: &reverts{}, log: zap.New(core),
			}
			err := r.undo(t.Context(), ended(tt.state, "probe `users`: 502"))
			if (err != nil) != tt.fails || (len(d.pushed) > 0) != tt.pushed || (len(d.opened) > 0) != tt.opened {
				t.Fatalf("pushed %v, opened %+v, %v", d.pushed, d.opened, err)
			}
			if url, open := r.known.url(culprit); url != tt.url || open != tt.open {
				t.Errorf("what takes it back: %q, open: %v", url, open)
			}
			said := ""
			for _, line := range logs.All() {
				said += line.Message
				if err, ok := line.ContextMap()["error"].(string); ok {
					said += err
				}
			}
			if !strings.Contains(said, tt.says) {
				t.Errorf("the log says %q", said)
			}
			if got := r.health.Troubles("reverts"); len(got) != tt.troubles {
				t.Errorf("trouble %+v", got)
			}
			if tt.pushed && d.messages[len(d.messages)-1] != marked {
				t.Errorf("the commit says %q", d.messages)
			}
			want := forge.NewPull{Title: `Revert "x"`, Body: "This reverts commit 1a2b.\n\nprod was rolled back from it: `` probe `users`: 502 ``", Head: takesBack, Base: "main"}
			if tt.opened && d.opened[0] != want {
				t.Errorf("opened (-want +got):\n%s", cmp.Diff(want, d.opened[0]))
			}
		})
	}
}

// TestAMissingRightIsToldUntilItIsGiven: a failed commit that can't be prepared either takes nothing back of what a rollback has told.
func TestAMissingRightIsToldUntilItIsGiven(t *testing.T) {
	d := &desk{reverted: clean(), pushErr: &source.Error{What: "push", Err: source.ErrDenied}}
	r := &reverter{mirror: d, forge: d, branch: "main", link: func(string) string { return "" }, known: &reverts{}, log: zap.NewNop()}
	for _, step := range []struct {
		state    record.State
		err      error
		troubles int
	}{{record.Failed, d.pushErr, 0}, {record.RolledBack, d.pushErr, 1}, {record.Failed, d.pushErr, 1}, {record.Failed, nil, 0}} {
		d.pushErr = step.err
		if err := r.undo(t.Context(), ended(step.state, "x")); err != nil || len(r.health.Troubles("reverts")) != step.troubles {
			t.Errorf("%+v: %v, %v", step, r.health.Troubles("reverts"), err)
		}
	}
}
