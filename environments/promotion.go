package environments

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// Promotion says who moves the pins of an environment to what the environment that it comes after has verified.
type Promotion string

// The answers to promotion. Manual is the default.
const (
	Manual      Promotion = ""
	PullRequest Promotion = "pull-request" // the daemon opens a pull request, somebody merges it
	Merge       Promotion = "merge"        // the daemon merges it as well, once all checks pass
)

// promotion reads the key. There must be exactly one environment to promote from.
func (e *Environment) promotion(n *strictyaml.Node) {
	if n == nil {
		return
	}
	checkTag(n, &e.Faults)
	const manual = "manual"
	words := []string{manual, string(PullRequest), string(Merge)}
	word, _ := n.Value.(string)
	switch {
	case !slices.Contains(words, word):
		e.Faults.Add(diag.Errorf(n.Pos, "wrong-value", "promotion must be one of %s", strings.Join(words, ", ")).
			WithHint("%s", diag.DidYouMean(word, words, "manual is the default")))
	case word == manual:
	case len(e.After) != 1:
		e.Faults.Add(diag.Errorf(n.Pos, "wrong-value", "promotion: %s needs one environment in after, and there are %d", word, len(e.After)).
			WithHint("write after: [uat], the environment to promote from"))
	default:
		e.Promotion = Promotion(word)
	}
}
