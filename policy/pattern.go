package policy

import (
	"path"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// pattern is a name with *, ? and [abc], as path.Match reads it: a star does not go over a slash.
type pattern struct {
	glob string
	pos  diag.Pos
}

func (p pattern) matches(name string) bool {
	matched, err := path.Match(p.glob, name)
	return err == nil && matched
}

// anyMatches reports whether one pattern matches; no patterns at all match everything.
func anyMatches(patterns []pattern, name string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p pattern) bool { return p.matches(name) })
}

// patterns reads a list of names with stars.
func (r *reader) patterns(nodes []*strictyaml.Node) []pattern {
	var patterns []pattern
	for _, node := range nodes {
		glob, ok := r.text(node)
		if !ok {
			continue
		}
		if _, err := path.Match(glob, ""); err != nil || glob == "" {
			r.wrong(node, "write a name, with * for any part of it", "%q is not a pattern", glob)
			continue
		}
		patterns = append(patterns, pattern{glob, node.Pos})
	}
	return patterns
}

// resourcePatterns reads a list of patterns KIND/ID.
func (r *reader) resourcePatterns(nodes []*strictyaml.Node) []pattern {
	patterns := r.patterns(nodes)
	for _, p := range patterns {
		kind, id, _ := strings.Cut(p.glob, "/")
		if !gateway.Kind(kind).Valid() || id == "" {
			hint := diag.DidYouMean(kind, kindNames(), "write kind/id, as routes/legacy-*")
			r.faults.Add(diag.Errorf(p.pos, "wrong-value", "%q names no resources", p.glob).WithHint("%s", hint))
		}
	}
	return patterns
}

func kindNames() []string {
	var names []string
	for _, kind := range gateway.Kinds() {
		names = append(names, string(kind))
	}
	return names
}
