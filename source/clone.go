package source

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Clone is a Git repository on this machine, which somebody works in. It is read where it is: nothing is mirrored, no work tree is
// looked at. OpenClone makes one. It is safe for concurrent use.
type Clone struct {
	top     string // of the work tree; of a bare repository the repository itself
	own     string // holds HEAD
	dir     string // holds objects and branches; own, but for linked work trees
	objects *objects
}

// OpenClone opens the repository that dir is in. ErrNoRepository says that there is none.
func OpenClone(dir string) (*Clone, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	for top := absolute; ; top = filepath.Dir(top) {
		if own := gitDir(top); isGitDir(own) {
			return openClone(top, own)
		}
		if top == filepath.Dir(top) {
			return nil, &Error{
				What: "open the repository of " + absolute,
				Hint: "name a directory in a clone of the config repo with --repo",
				Err:  ErrNoRepository,
			}
		}
	}
}

// isGitDir reports whether dir is what Git itself takes for a repository.
func isGitDir(dir string) bool {
	_, errHead := os.Lstat(filepath.Join(dir, "HEAD"))
	_, errObjects := os.Stat(filepath.Join(commonDir(dir), "objects"))
	return errHead == nil && errObjects == nil
}

func openClone(top, own string) (*Clone, error) {
	c := &Clone{top: top, own: own, dir: commonDir(own), objects: &objects{}}
	shallow, err := shallowCommits(c.dir)
	if err != nil {
		return nil, err
	}
	c.objects.shallow = shallow
	return c, c.objects.reset(c.dir, true)
}

// shallowCommits reads where the history of a shallow clone ends; nil when the clone is whole.
func shallowCommits(dir string) (map[plumbing.Hash]bool, error) {
	data, err := os.ReadFile(filepath.Join(dir, "shallow"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read where the clone ends: %w", err)
	}
	commits := map[plumbing.Hash]bool{}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		commits[plumbing.NewHash(lines.Text())] = true
	}
	return commits, nil
}

// Close ends the use of the repository. Snapshots can't be read after it.
func (c *Clone) Close() error { return c.objects.close() }

// Top returns the root of the work tree, or the repository itself where there is none.
func (c *Clone) Top() string { return c.top }

// At returns the snapshot of a commit: a hash, which may be cut to four digits or more, HEAD, a branch or a tag, and the first
// parents of each, as main~2. One that is not there is ErrUnknownCommit, or ErrShallow in a shallow clone.
func (c *Clone) At(text string) (Snapshot, error) {
	hash, err := c.resolve(text)
	if err != nil {
		return Snapshot{}, err
	}
	return c.snapshot(hash)
}

// Ancestor is that of Repository; an empty head is the commit that is checked out.
func (c *Clone) Ancestor(text, head string) (Snapshot, error) {
	if head == "" {
		head = "HEAD"
	}
	end, err := c.resolve(head)
	if err != nil {
		return Snapshot{}, err
	}
	hash, err := c.objects.ancestorLike(text, end)
	if err != nil {
		return Snapshot{}, err
	}
	return c.snapshot(hash)
}

// Log is that of Repository. To and from may be whatever At takes.
func (c *Clone) Log(from, to string, max int) ([]Commit, error) {
	end, err := c.resolve(to)
	if err != nil {
		return nil, err
	}
	excluded := map[plumbing.Hash]bool{}
	if from != "" {
		start, err := c.resolve(from)
		if err != nil {
			return nil, err
		}
		if excluded, err = c.objects.pastOf(start); err != nil {
			return nil, err
		}
	}
	return c.objects.newest(end, excluded, max)
}

func (c *Clone) snapshot(hash plumbing.Hash) (Snapshot, error) {
	commit, err := c.objects.commit(hash)
	if err != nil {
		return Snapshot{}, err
	}
	return Snapshot{Commit: commit.Commit, FS: newTree(c.objects, commit.tree, commit.When)}, nil
}

// resolve finds a commit by its name or its hash, and goes back from there.
func (c *Clone) resolve(text string) (plumbing.Hash, error) {
	name, back, err := stepsBack(text)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	hash, err := c.named(name)
	for ; err == nil && back > 0; back-- {
		var commit revision
		if commit, err = c.objects.commit(hash); err != nil {
			break
		}
		if len(commit.parents) == 0 || c.objects.shallow[hash] {
			return plumbing.ZeroHash, c.objects.unknown(text)
		}
		hash = commit.parents[0]
	}
	return hash, err
}

// stepsBack takes the steps off the end of a name: main~2 and main^^ are two.
func stepsBack(text string) (name string, back int, err error) {
	at := strings.IndexAny(text, "~^")
	if at < 0 {
		return text, 0, nil
	}
	for rest := text[at:]; rest != ""; {
		digits := len(rest[1:]) - len(strings.TrimLeft(rest[1:], "0123456789"))
		steps := 1
		if digits > 0 && digits < 6 && rest[0] == '~' {
			_, _ = fmt.Sscanf(rest[1:1+digits], "%d", &steps) // five digits are a number
		} else if digits > 0 || rest[0] != '~' && rest[0] != '^' {
			return "", 0, &Error{What: "commit " + text, Hint: "go back with ~2 or ^", Err: ErrUnknownCommit}
		}
		back, rest = back+steps, rest[1+digits:]
	}
	return text[:at], back, nil
}
