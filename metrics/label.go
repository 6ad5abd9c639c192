package metrics

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// longestLabel is the most bytes of a name that becomes a label as it is.
const longestLabel = 128

// label makes a label of a name from a config repo, which may be anything: one that is too long or no UTF-8 is cut, and keeps apart from
// others by a hash.
func label(name string) string {
	if len(name) <= longestLabel && utf8.ValidString(name) {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return strings.ToValidUTF8(name[:min(len(name), longestLabel)], "") + "~" + hex.EncodeToString(sum[:4])
}
