package environments

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sluice-gitops/sluice/diag"
)

// chain returns a config repo of n environments, each of which inherits the one before.
func chain(n int) fstest.MapFS {
	repo := fstest.MapFS{"sluice.yaml": {Data: []byte("version: 1\n")}, "base/a.yaml": {}}
	above := "base"
	for i := range n {
		name := fmt.Sprintf("environments/e%d", i)
		repo[name+"/environment.yaml"] = &fstest.MapFile{Data: fmt.Appendf(nil, "extends: [%s]\ngroups: [g%d]\n", above, i)}
		above = name
	}
	return repo
}

func loadWithin(repo fs.FS, change func(*limits)) Tree {
	l := &loader{fsys: newListed(repo), files: map[string]*file{}, limits: standardLimits()}
	change(&l.limits)
	return l.tree()
}

func allFaults(tree Tree) diag.List {
	faults := tree.Faults
	for _, env := range tree.Environments {
		faults = append(faults, env.Faults...)
	}
	return faults
}

// TestLimitsOfTheLayout holds each limit: exactly that much is read, and one more is a fault with a place and a cure.
func TestLimitsOfTheLayout(t *testing.T) {
	waves := fstest.MapFS{"sluice.yaml": {Data: []byte("version: 1\n")},
		"environments/a/environment.yaml": {Data: []byte("groups: [x, y]\n")}, "environments/b/environment.yaml": {Data: []byte("groups: [z]\nafter: [a]\n")}}
	tests := []struct {
		name  string
		repo  fs.FS
		limit func(*limits) *int
		least int
		place string
	}{
		{"environments", chain(3), func(l *limits) *int { return &l.environments }, 3, "environments"},
		{"gateway groups", waves, func(l *limits) *int { return &l.groups }, 3, "environments/b/environment.yaml:1:10"},
		{"layers", chain(3), func(l *limits) *int { return &l.layers }, 4, "environments/e0/environment.yaml:1:11"},
		{"chain", chain(3), func(l *limits) *int { return &l.chain }, 4, "environments/e0/environment.yaml:1:11"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree := loadWithin(tt.repo, func(l *limits) { *tt.limit(l) = tt.least })
			if faults := allFaults(tree); len(faults) > 0 {
				t.Fatalf("at the limit: %v", faults)
			}
			faults := allFaults(loadWithin(tt.repo, func(l *limits) { *tt.limit(l) = tt.least - 1 }))
			if len(faults) != 1 || faults[0].Code != "over-limit" || faults[0].Hint == "" || faults[0].Pos.String() != tt.place {
				t.Fatalf("beyond the limit: %v", faults)
			}
		})
	}
}

// TestLimitsOfALayer holds how much is looked at for the files of one layer.
func TestLimitsOfALayer(t *testing.T) {
	repo := fstest.MapFS{"l/a.yaml": {}, "l/d/b.yaml": {}, "l/d/e/c.yaml": {}}
	walk := func(entries, depth int) ([]string, diag.List) {
		w := walker{fsys: repo, limits: walkLimits{entries: entries, depth: depth}}
		w.walk("l", 0)
		return w.files, w.faults
	}
	if files, faults := walk(4, 2); len(files) != 3 || len(faults) > 0 {
		t.Errorf("at the limit: %v %v", files, faults)
	}
	for place, limits := range map[string][2]int{"l/d/e": {4, 1}, "l/d": {1, 2}} {
		_, faults := walk(limits[0], limits[1])
		if len(faults) != 1 || faults[0].Code != "over-limit" || faults[0].Pos.File != place || faults[0].Hint == "" {
			t.Errorf("%v: %v", limits, faults)
		}
	}
}

// manyPaths is a directory that holds itself ten times, as a few objects of Git can.
type manyPaths struct{ fs.FS }

func (m manyPaths) ReadDir(string) ([]fs.DirEntry, error) {
	dir := fstest.MapFS{}
	for i := range 10 {
		dir[fmt.Sprintf("d%d/a.yaml", i)] = &fstest.MapFile{}
	}
	return dir.ReadDir(".")
}

// TestMorePathsThanCanBeWalked ends soon, in a fault.
func TestMorePathsThanCanBeWalked(t *testing.T) {
	_, faults := Fragments(manyPaths{}, "l")
	if len(faults) == 0 || len(faults) > 2 || !faults.HasErrors() || faults[0].Code != "over-limit" {
		t.Errorf("faults: %v", faults)
	}
}

// TestAGroupThatIsNamedOftenIsAFaultEach holds that the faults grow with the names and not with their square.
func TestAGroupThatIsNamedOftenIsAFaultEach(t *testing.T) {
	const times = 3000
	repo := fstest.MapFS{"sluice.yaml": {Data: []byte("version: 1\n")},
		"environments/a/environment.yaml": {Data: []byte("groups: [" + strings.Repeat("x,", times) + "]\n")}}
	tree := Load(repo)
	env, _ := tree.Find("a")
	if faults := len(env.Faults); faults != standardLimits().faults+1 {
		t.Errorf("%d faults", faults)
	}
}

func TestLimitsAreDocumented(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "docs", "config.md"))
	if err != nil {
		t.Fatal(err)
	}
	l, w := standardLimits(), standardWalk()
	for what, number := range map[string]int{
		"environments": l.environments, "gateway groups of all environments": l.groups, "layers of one environment": l.layers,
		"environments that inherit one another in a row": l.chain, "files and directories in one layer": w.entries,
		"directories inside one another in one layer": w.depth,
	} {
		if row := "| " + what + " | " + grouped(number) + " |"; !strings.Contains(string(data), row) {
			t.Errorf("docs/config.md has no row %s", row)
		}
	}
}

// grouped writes a number with commas between its thousands.
func grouped(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return grouped(n/1000) + fmt.Sprintf(",%03d", n%1000)
}
