package environments

import (
	"bytes"
	"regexp"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
)

// writtenHash is a hash as it stands in a file, with a quote before it or not.
var writtenHash = regexp.MustCompile(`^["']?([0-9A-Fa-f]{7,40})\b`)

// Repin returns an environment.yaml with other revisions, by the places that Layer.RevisionPos names, and every other byte as it was.
// It is an error when no hash is written at a place, as where an alias stands.
func Repin(data []byte, revisions map[diag.Pos]string) ([]byte, error) {
	places := make([]diag.Pos, 0, len(revisions))
	for pos := range revisions {
		places = append(places, pos)
	}
	// From the end, so that the places before stay what they are.
	slices.SortFunc(places, func(a, b diag.Pos) int { return b.Compare(a) })
	made := bytes.Clone(data)
	for _, pos := range places {
		at := offset(made, pos)
		found := writtenHash.FindSubmatchIndex(made[at:])
		if found == nil {
			return nil, diag.List{diag.Errorf(pos, "bad-revision", "no hash is written here").
				WithHint("write revision: and the hash itself, without an alias")}
		}
		made = slices.Concat(made[:at+found[2]], []byte(revisions[pos]), made[at+found[3]:])
	}
	return made, nil
}

// offset returns where a place is in data: the end when it is beyond.
func offset(data []byte, pos diag.Pos) int {
	at := 0
	for range pos.Line - 1 {
		next := bytes.IndexByte(data[at:], '\n')
		if next < 0 {
			return len(data)
		}
		at += next + 1
	}
	line := data[at:]
	column := 1
	for i := range string(line) {
		if column == pos.Col {
			return at + i
		}
		column++
	}
	return len(data)
}
