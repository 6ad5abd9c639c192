package plan

import (
	"fmt"
	"strings"
)

// allowTrailer is the commit trailer that gives leave to a plan that a guard stopped.
const allowTrailer = "Sluice-Allow"

// allowLength is how much of the digest a trailer shows, and the least that it must show.
const allowLength = 16

// Allow returns the commit trailer that would allow this plan for an environment.
func (p Plan) Allow(environment string) string {
	return fmt.Sprintf("%s: %s %s", allowTrailer, environment, p.Digest()[:allowLength])
}

// AllowedBy reports whether a commit message gives leave to this plan for an environment. The trailer may show the digest
// whole or its first 16 digits at the least.
func (p Plan) AllowedBy(message, environment string) bool {
	for line := range strings.Lines(message) {
		name, value, found := strings.Cut(line, ":")
		if !found || !strings.EqualFold(strings.TrimSpace(name), allowTrailer) {
			continue
		}
		words := strings.Fields(value)
		if len(words) == 2 && words[0] == environment && len(words[1]) >= allowLength && strings.HasPrefix(p.Digest(), words[1]) {
			return true
		}
	}
	return false
}
