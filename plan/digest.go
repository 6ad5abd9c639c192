package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/sluice-gitops/sluice/gateway"
)

// Digest is a SHA-256, in 64 hexadecimal digits, over what the plan would do: the gateway group, operations, keys, the bodies before and after.
// A leave given in a commit is bound to it, so that it can't pass for another plan.
func (p Plan) Digest() string {
	if p.outlined != "" {
		return p.outlined
	}
	hash := sha256.New()
	if p.group != "" {
		fmt.Fprintf(hash, "group %s\n", p.group)
	}
	for _, change := range p.Changes() {
		fmt.Fprintf(hash, "%s %s %s %s\n", change.Op, change.Key, body(change.Old), body(change.New))
	}
	return hex.EncodeToString(hash.Sum(nil))
}

func body(r *gateway.Resource) []byte {
	if r == nil {
		return []byte("-")
	}
	return r.Bytes()
}
