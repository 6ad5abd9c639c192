package render

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// sum puts what is settled in order for digests: it goes into those of all groups, and is written once.
func (f *floor) sum() {
	lines := make(map[gateway.Key][]byte, len(f.state))
	for _, s := range f.settled {
		for i, r := range s.built.resources {
			lines[r.Key] = s.built.lines[i]
		}
	}
	f.keys = f.state.Keys()
	f.lines = make([][]byte, len(f.keys))
	for i, key := range f.keys {
		f.lines[i] = lines[key]
	}
}

// digest returns the digest of the state, of which only what the group has made itself has to be written.
func (j *job) digest() string {
	own := slices.DeleteFunc(slices.Clone(j.own), func(key gateway.Key) bool { _, there := j.state[key]; return !there })
	slices.SortFunc(own, gateway.Key.Compare)
	hidden, hash := j.floor.hidden(j.above), sha256.New()
	var line []byte
	writeOwn := func() {
		if line = append(line[:0], j.lines[own[0]]...); len(line) == 0 {
			line = j.state[own[0]].AppendLine(line)
		}
		hash.Write(line)
		own = own[1:]
	}
	for i, key := range j.floor.keys {
		for len(own) > 0 && own[0].Compare(key) < 0 {
			writeOwn()
		}
		if !hidden[key] {
			hash.Write(j.floor.lines[i])
		}
	}
	for len(own) > 0 {
		writeOwn()
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// hidden returns the resources of the floor that are not in a state, because the layers above speak of them.
func (f *floor) hidden(above map[gateway.Key][]*piece) map[gateway.Key]bool {
	hidden := map[gateway.Key]bool{}
	for key := range above {
		if s := f.settled[key]; s != nil {
			for _, r := range s.built.resources {
				hidden[r.Key] = true
			}
		}
	}
	return hidden
}
