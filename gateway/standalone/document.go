package standalone

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// document is the whole configuration of an instance. It is not changed once made; the items are shared between documents.
type document struct {
	digest   string // what tells it from others; chosen by who put it
	versions versions
	sections map[string][]item
}

// state returns what the config repo could name of a document.
func (d *document) state() (gateway.State, error) {
	state := gateway.State{}
	for _, items := range d.sections {
		for _, one := range items {
			if one.key == (gateway.Key{}) {
				continue
			}
			r, err := one.resource()
			if err != nil {
				return nil, err
			}
			state[one.key] = r
		}
	}
	return state, nil
}

// encode writes the body of a PUT. Sections stand as lists, never as maps, which would empty them; an empty one is left out,
// and its version says that it is meant.
func (d *document) encode() []byte {
	var body bytes.Buffer
	body.WriteByte('{')
	for i, section := range slices.Sorted(maps.Keys(d.versions)) {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, "%q:%d", section+versionSuffix, d.versions[section])
		for j, one := range d.sections[section] {
			if j == 0 {
				fmt.Fprintf(&body, ",%q:[", section)
			} else {
				body.WriteByte(',')
			}
			body.Write(one.raw)
		}
		if len(d.sections[section]) > 0 {
			body.WriteByte(']')
		}
	}
	body.WriteByte('}')
	return body.Bytes()
}

// seal gives the document its own digest, which no other document has.
func (d *document) seal() {
	sum := sha256.Sum256(d.encode())
	d.digest = ownDigest + hex.EncodeToString(sum[:])
}

// ownDigest begins the digests of documents that Sluice has made. An instance gives back the digest as it was put; the document it
// writes in an order of its own, so that nobody could compute it again.
const ownDigest = "sluice-"

// own reports whether Sluice has made the document.
func (d *document) own() bool { return strings.HasPrefix(d.digest, ownDigest) }

// sameItems reports whether two sections hold the same, whatever the order of the fields.
func sameItems(a, b []item) bool {
	return slices.EqualFunc(a, b, func(a, b item) bool {
		if bytes.Equal(a.raw, b.raw) {
			return true
		}
		var left, right any
		if decodeWhole(a.raw, &left) != nil || decodeWhole(b.raw, &right) != nil {
			return false
		}
		l, errLeft := gateway.Canonical(left)
		r, errRight := gateway.Canonical(right)
		return errLeft == nil && errRight == nil && gateway.Equal(l, r)
	})
}

// only returns a document with these items alone.
func (d *document) only(keys []gateway.Key) *document {
	wanted := make(map[gateway.Key]bool, len(keys))
	touched := map[string]bool{}
	for _, key := range keys {
		wanted[key] = true
		touched[sectionOf(key.Kind)] = true
	}
	part := &document{sections: map[string][]item{}}
	for section := range touched {
		for _, one := range d.sections[section] {
			if wanted[one.key] {
				part.sections[section] = append(part.sections[section], one)
			}
		}
	}
	return part
}

// hidden lists the secrets in a document, so that they can be kept out of errors.
func (d *document) hidden() []string {
	var all []string
	for _, items := range d.sections {
		for _, one := range items {
			all = append(all, one.hidden...)
		}
	}
	return all
}
