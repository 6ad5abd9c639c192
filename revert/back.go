package revert

import (
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/source"
)

// History is where commits are looked up; source.Repository and source.Clone are.
type History interface {
	Ancestor(text, head string) (source.Snapshot, error)
	Log(from, to string, max int) ([]source.Commit, error)
}

// mostNamed bounds how many commits a message names.
const mostNamed = 50

// Message is the message of a commit that takes back all that came after an earlier commit, up to and with a later one, both given by their
// whole hashes. The error says that the one does not lead to the other.
func Message(h History, back, commit string) (string, error) {
	before, err := h.Ancestor(back, commit)
	if err != nil {
		return "", err
	}
	log, err := h.Log(back, commit, 0)
	if err != nil {
		return "", err
	}
	line := firstParents(log, commit)
	var text strings.Builder
	fmt.Fprintf(&text, "Go back to %s: take back %s\n\nThe state that comes back is that of %s %q.\n\n",
		before.Commit.Short(), counted(len(line)), before.Commit.Short(), before.Commit.Subject)
	for i, c := range line {
		if i == mostNamed {
			fmt.Fprintf(&text, "and %s before it\n", counted(len(line)-i))
			break
		}
		fmt.Fprintf(&text, "This reverts commit %s: %q.\n", c.Hash, c.Subject)
	}
	return text.String(), nil
}

// firstParents returns the commits that the branch was at, newest first: of a merge not what it has brought, but itself.
func firstParents(log []source.Commit, from string) []source.Commit {
	known := map[string]source.Commit{}
	for _, c := range log {
		known[c.Hash] = c
	}
	var line []source.Commit
	for c, ok := known[from]; ok; {
		line = append(line, c)
		if len(c.Parents) == 0 {
			break
		}
		c, ok = known[c.Parents[0]]
	}
	return line
}

func counted(n int) string {
	if n == 1 {
		return "1 commit"
	}
	return fmt.Sprintf("%d commits", n)
}
