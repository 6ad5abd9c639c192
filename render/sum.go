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
	hash := sha256.New()
	var line []byte
	writeOwn := func() {
		line = j.state[own[0]].AppendLine(line[:0])
		hash.Write(line)
		own = own[1:]
	}
	for i, key := range j.floor.keys {
		for len(own) > 0 && own[0].Compare(key) < 0 {
			writeOwn()
		}
		if _, there := j.state[key]; there && (len(own) == 0 || own[0] != key) {
			hash.Write(j.floor.lines[i])
		}
	}
	for len(own) > 0 {
		writeOwn()
	}
	return hex.EncodeToString(hash.Sum(nil))
}
