package environments

import (
	"regexp"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/source"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// Past opens the one commit before the one being read, or that commit itself, whose hash begins with text. The files of the
// snapshot begin at the root of the config repo. Its errors are those of package source; fs.ErrNotExist says that the commit
// has no such root.
type Past func(text string) (source.Snapshot, error)

// opened is an earlier commit that was asked for, and what came of it.
type opened struct {
	snapshot source.Snapshot
	fsys     listed
	err      error
}

// leastDigits is how much of a hash a pin must say: fewer soon mean several commits.
const leastDigits = 7

var hashDigits = regexp.MustCompile(`^[0-9A-Fa-f]{1,40}$`)

// open finds the directory of an entry of extends, at the commit that it is pinned to.
func (f *flattener) open(a asked) (Layer, bool) {
	layer := Layer{Path: a.text, Pos: a.pos}
	if a.pin == nil {
		return layer, f.exists(a.placed)
	}
	commit, ok := f.commit(a.pin)
	if !ok {
		return layer, false
	}
	layer.Revision, layer.RevisionPos, layer.FS = commit.snapshot.Commit.Hash, a.pin.Pos, commit.snapshot.FS
	return layer, f.existsAt(commit, layer)
}

// commit opens the commit that a pin names, once for all pins that name it.
func (f *flattener) commit(pin *strictyaml.Node) (opened, bool) {
	checkTag(pin, &f.faults)
	if fault := badRevision(pin); fault != nil {
		f.faults.Add(*fault)
		return opened{}, false
	}
	if f.past == nil {
		f.faults.Add(noHistory(pin, "only the files are here, and no history"))
		return opened{}, false
	}
	commit, known := f.opened[pin.Text]
	if !known {
		commit.snapshot, commit.err = f.past(pin.Text)
		commit.fsys = newListed(commit.snapshot.FS)
		f.opened[pin.Text] = commit
	}
	if commit.err != nil {
		f.faults.Add(notOpened(pin, commit.err))
	}
	return commit, commit.err == nil
}

// existsAt is exists for the commit of a pin.
func (f *flattener) existsAt(commit opened, layer Layer) bool {
	entry, fault := commit.fsys.lookup(layer.Path, diag.Pos{File: layer.Path})
	if fault != nil {
		f.faults.Add(diag.List{*fault}.At(layer.Revision)[0].WithAlso(layer.RevisionPos, "pinned at"))
		return false
	}
	if entry == nil || !entry.IsDir() {
		f.faults.Add(diag.Errorf(layer.RevisionPos, "missing-layer", "there is no directory %q at commit %s", layer.Path, layer.at()).
			WithHint("pin to a commit that has it, or correct the path"))
	}
	return entry != nil && entry.IsDir()
}

// samePin refuses a layer that is asked for at two commits: nothing says which of the two is meant.
func (f *flattener) samePin(first, second Layer) {
	if first.Revision == second.Revision {
		return
	}
	f.faults.Add(diag.Errorf(second.Pos, "pin-conflict", "the layer %q is asked for at two commits: %s and %s", first.Path, second.at(), first.at()).
		WithHint("pin it in one place, or to one commit").WithAlso(first.Pos, "first asked for at"))
}

// at says at which commit a layer is read.
func (l Layer) at() string {
	if l.Revision == "" {
		return "the newest"
	}
	return l.Revision[:leastDigits]
}
