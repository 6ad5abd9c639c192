package source

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
)

// A mirror directory holds
//
//	lock            who has it
//	current         the name of the mirror that counts, written last and whole
//	mirror-XXXX/    a bare repository with one ref
//
// A mirror that "current" does not name is half made or left over, and is removed.
const (
	currentFile  = "current"
	mirrorPrefix = "mirror-"
)

// mirror is one bare repository on disk. Whoever holds the turn of the Repository may use it; readers go through objects.
type mirror struct {
	dir string
	ref plumbing.ReferenceName
}

// currentMirror returns the mirror that counts, if it is one of this remote and branch, and its head.
func currentMirror(dir string, at address, branch string) (*mirror, plumbing.Hash, error) {
	name, err := os.ReadFile(filepath.Join(dir, currentFile))
	if err != nil {
		return nil, plumbing.ZeroHash, err
	}
	if filepath.Base(string(name)) != string(name) || !strings.HasPrefix(string(name), mirrorPrefix) {
		return nil, plumbing.ZeroHash, fmt.Errorf("%s names no mirror", currentFile)
	}
	m := &mirror{dir: filepath.Join(dir, string(name)), ref: plumbing.NewBranchReferenceName(branch)}
	if err := m.belongsTo(at); err != nil {
		return nil, plumbing.ZeroHash, err
	}
	head, err := m.head()
	return m, head, err
}

// newMirror makes an empty bare repository beside the others.
func newMirror(dir string, at address, branch string) (*mirror, error) {
	m := &mirror{dir: filepath.Join(dir, mirrorPrefix+rand.Text()[:8]), ref: plumbing.NewBranchReferenceName(branch)}
	if err := os.Mkdir(m.dir, 0o700); err != nil {
		return nil, err
	}
	handle := openHandle(m.dir)
	err := handle.Init()
	if err == nil {
		err = handle.SetReference(plumbing.NewSymbolicReference(plumbing.HEAD, m.ref))
	}
	if err == nil {
		err = handle.SetConfig(m.config(at))
	}
	return m, errors.Join(err, handle.Close())
}

// config names the remote without credentials, for people who look into the mirror with git.
func (m *mirror) config(at address) *config.Config {
	c := config.NewConfig()
	c.Core.IsBare = true
	spec := config.RefSpec(fmt.Sprintf("+%s:%s", m.ref, m.ref))
	c.Remotes["origin"] = &config.RemoteConfig{Name: "origin", URLs: []string{at.String()}, Fetch: []config.RefSpec{spec}}
	return c
}

var errOther = errors.New("the mirror is of another repository or branch")

func (m *mirror) belongsTo(at address) error {
	handle := openHandle(m.dir)
	c, err := handle.Config()
	if err = errors.Join(err, handle.Close()); err != nil {
		return err
	}
	want, got := m.config(at).Remotes["origin"], c.Remotes["origin"]
	if got == nil || len(got.URLs) != 1 || len(got.Fetch) != 1 || got.URLs[0] != want.URLs[0] || got.Fetch[0] != want.Fetch[0] {
		return errOther
	}
	return nil
}

func (m *mirror) head() (plumbing.Hash, error) {
	handle := openHandle(m.dir)
	ref, err := handle.Reference(m.ref)
	if err = errors.Join(err, handle.Close()); err != nil {
		return plumbing.ZeroHash, fmt.Errorf("read %s of the mirror: %w", m.ref, err)
	}
	return ref.Hash(), nil
}

func (m *mirror) setHead(hash plumbing.Hash) error {
	handle := openHandle(m.dir)
	err := handle.SetReference(plumbing.NewHashReference(m.ref, hash))
	return errors.Join(err, handle.Close())
}

// store writes a pack through a handle of its own, never the one that others read through.
func (m *mirror) store(pack io.Reader) error {
	handle := openHandle(m.dir)
	err := packfile.UpdateObjectStorage(handle, pack)
	err = errors.Join(err, handle.Close())
	if err != nil {
		m.sweep()
	}
	return err
}

// sweep removes what an interrupted pack left. It is housekeeping: the next sweep gets what this one can't.
func (m *mirror) sweep() {
	left, _ := filepath.Glob(filepath.Join(m.dir, "objects", "pack", "tmp_*"))
	for _, path := range left {
		_ = os.Remove(path)
	}
}

// choose makes m the mirror that counts, in one step.
func (m *mirror) choose() error {
	dir := filepath.Dir(m.dir)
	temporary := filepath.Join(dir, currentFile+".new")
	if err := os.WriteFile(temporary, []byte(filepath.Base(m.dir)), 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, filepath.Join(dir, currentFile))
}

// removeOthers removes the mirrors in dir that are not keep. What can't be removed now is removed at the next start.
func removeOthers(dir string, keep *mirror) {
	found, _ := filepath.Glob(filepath.Join(dir, mirrorPrefix+"*"))
	for _, path := range found {
		if keep == nil || path != keep.dir {
			_ = os.RemoveAll(path)
		}
	}
}
