package reconciler_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

func down(*http.Request) (int, string) { return http.StatusServiceUnavailable, "etcd is down" }

// ends returns how a commit ended in an environment: "superseded carried by 5d6e7f8, which is applied".
func (r *rig) ends(env, commit string) []string {
	r.t.Helper()
	entries, err := r.config.Journal.Entries(record.Filter{Environment: env, Commit: commit})
	if err != nil {
		r.t.Fatal(err)
	}
	var ends []string
	for _, e := range slices.Backward(entries) {
		if e.Group == "" {
			ends = append(ends, string(e.State)+" "+e.Text)
		}
	}
	return ends
}

// wantEnd wants the last end of a commit.
func (r *rig) wantEnd(env, commit, want string) {
	r.t.Helper()
	ends := r.ends(env, commit)
	if len(ends) == 0 || ends[len(ends)-1] != want {
		r.t.Errorf("%s: %s ended as %q, want %q", env, commit[:7], ends, want)
	}
}

// TestACommitBeforeTheFirstEndIsCarried jumps over a commit where no environment but the first has ever come to an end.
func TestACommitBeforeTheFirstEndIsCarried(t *testing.T) {
	r := newRig(t)
	r.faults["uat"].set(down)
	first := r.git("rev-parse", "HEAD")
	r.pass()
	r.wantStates("test applied, uat planning, prod queued")
	second := r.route("second")
	r.pass()
	if ends := r.ends("prod", first); len(ends) > 0 {
		t.Errorf("a commit that may still have its turn has ended: %q", ends)
	}
	r.faults["uat"].set(nil)
	r.pass()
	carried := "superseded carried by " + second[:7] + ", which is applied"
	for _, env := range []string{"uat", "prod"} {
		r.wantEnd(env, first, carried)
	}
	lines := len(r.entries("", ""))
	r.restart()
	r.pass()
	if now := len(r.entries("", "")); now != lines {
		t.Errorf("a restart closes again what is closed: %d, then %d entries", lines, now)
	}
}

// TestWhatTheBranchHasLostIsClosedAfterACrash fetches a force-push and is killed before anything of it is on record.
func TestWhatTheBranchHasLostIsClosedAfterACrash(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.faults["uat"].set(down)
	lost := r.route("lost")
	r.pass()
	r.git("reset", "--quiet", "--hard", "HEAD^")
	other := r.route("other")
	if _, err := r.source.Latest(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.restart()
	r.pass()
	for _, env := range []string{"uat", "prod"} {
		r.wantEnd(env, lost, "superseded the branch was rewritten without it")
	}
	r.faults["uat"].set(nil)
	r.git("reset", "--quiet", "--hard", lost)
	back := r.route("back")
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	r.wantEnd("prod", lost, "superseded carried by "+back[:7]+", which is applied")
	r.wantEnd("prod", other, "superseded the branch was rewritten without it")
}

// TestAnEnvironmentThatIsNewClosesNothingOfItsPast adds an environment to a repo that has one for long.
func TestAnEnvironmentThatIsNewClosesNothingOfItsPast(t *testing.T) {
	r := newRig(t)
	r.pass()
	old := r.route("old")
	r.pass()
	r.addGroup("load", "load")
	r.restart()
	r.write("-- environments/load/environment.yaml --\nextends: [base]\ngroups: [load]\nvars: {domain: load.acme.example}\n")
	first := r.commit("load")
	r.pass()
	last := r.route("last")
	r.pass()
	if ends := r.ends("load", old); len(ends) > 0 {
		t.Errorf("a commit from before its time has ended there: %q", ends)
	}
	if got := len(r.ends("load", first)) + len(r.ends("load", last)); got != 2 {
		t.Errorf("%d ends of the two commits of its own", got)
	}
}

// TestWhatWasUnderWayEndsWithItsEnvironment takes an environment out while its commit is verified, with and without a restart.
func TestWhatWasUnderWayEndsWithItsEnvironment(t *testing.T) {
	for _, restarts := range []bool{false, true} {
		r := newRig(t)
		v := r.verified("")
		r.settle()
		v.taken()
		v.block("prod-eu")
		begun := r.route("begun")
		r.passUntil(func() bool { return v.asks("prod-eu") })
		r.git("rm", "--quiet", "-r", "environments/prod")
		r.commit("no prod")
		if restarts {
			r.restart()
		}
		r.settle()
		r.wantEnd("prod", begun, "superseded the environment was taken out")
		r.route("later")
		r.settle()
		if ends := r.ends("prod", begun); len(ends) != 1 {
			t.Errorf("restarts %v: it ends again and again: %q", restarts, ends)
		}
	}
}

// fullDisk is a journal in memory that takes only the lines that a test lets pass.
type fullDisk struct {
	lines   []byte
	refuses func(line string) bool
}

func (d *fullDisk) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(d.lines)) {
		return 0, io.EOF
	}
	n := copy(p, d.lines[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (d *fullDisk) Append(line []byte, _ int64) error {
	if d.refuses != nil && d.refuses(string(line)) {
		return errors.New("no space left on device")
	}
	d.lines = append(d.lines, line...)
	return nil
}

func (d *fullDisk) Cut(size int64) error {
	d.lines = d.lines[:size]
	return nil
}

// onDisk lets the rig keep its journal on a disk of the test.
func (r *rig) onDisk() *fullDisk {
	r.t.Helper()
	d := &fullDisk{}
	journal, err := record.OpenStore(d, nil, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := os.Remove(r.journal); err != nil {
		r.t.Fatal(err)
	}
	r.config.Journal.Close()
	r.config.Journal = journal
	if r.Reconciler, err = reconciler.New(r.config); err != nil {
		r.t.Fatal(err)
	}
	return d
}

// TestNoStageOpensForAnEndThatIsNotOnRecord fills the disk at each kind of line.
func TestNoStageOpensForAnEndThatIsNotOnRecord(t *testing.T) {
	for what, refuses := range map[string]func(string) bool{
		"the end of the environment": func(line string) bool {
			return strings.Contains(line, `"type":"note"`) && strings.Contains(line, `"environment":"test"`)
		},
		"the end of the group": func(line string) bool { return strings.Contains(line, `"type":"finish"`) },
	} {
		t.Run(what, func(t *testing.T) {
			r := newRig(t)
			d := r.onDisk()
			d.refuses = refuses
			for range 2 {
				if pass, err := r.Once(t.Context()); err == nil || pass.Next == 0 {
					t.Errorf("error %v, next %v", err, pass.Next)
				}
			}
			if writes := r.writes(); len(writes["test"]) == 0 || len(writes["uat"]) > 0 {
				t.Errorf("writes: %v", writes)
			}
			d.refuses = nil
			r.pass()
			r.wantStates("test applied, uat applied, prod applied")
			if diff := cmp.Diff([]string{"applied test", "applied"}, r.entries("test", "")); diff != "" {
				t.Errorf("journal (-want +got):\n%s", diff)
			}
			if open := r.config.Journal.Open(); len(open) > 0 {
				t.Errorf("left open: %+v", open)
			}
		})
	}
}

// TestWhatCanNotBeRecordedIsNotHealed: where an environment is kept at what it runs, a full disk stops the pass as it does anywhere else, and
// the first pass after it heals.
func TestWhatCanNotBeRecordedIsNotHealed(t *testing.T) {
	r := newRig(t)
	d := r.onDisk()
	r.pass()
	r.write("-- environments/uat/broken.yaml --\nroutes:\n  broken: {url: /x}\n")
	r.commit("a fault in uat")
	r.pass()
	r.wantStates("test unchanged, uat failed, prod queued")
	r.put("prod-eu", "routes/users", byHand)
	d.refuses = func(line string) bool { return strings.Contains(line, "prod-eu") }
	if pass, err := r.Once(t.Context()); err == nil || pass.Next == 0 {
		t.Errorf("error %v, next %v", err, pass.Next)
	}
	d.refuses = nil
	r.pass()
	for key, resource := range r.live("prod-eu") {
		if key.String() == "routes/users" && resource.Spec["uri"] != "/users/*" {
			t.Errorf("not healed: %v", resource.Spec)
		}
	}
}
