package importer

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// namer hands out names and remembers whose they are.
type namer struct {
	taken map[string]bool
	of    map[string]string // by group and place
}

// give names the secret of one place in all groups. Groups that have the same secret there share one name; where there are several
// secrets, the names say whose they are.
func (n *namer) give(spots []spot) []SecretUse {
	name := nameOf(spots[0])
	var uses []SecretUse
	for rest := spots; len(rest) > 0; {
		var same, others []spot
		for _, s := range rest {
			if alike(s, rest[0]) {
				same = append(same, s)
			} else {
				others = append(others, s)
			}
		}
		own := name
		if of := owner(same, spots); of != "" {
			own = of + "-" + name
		}
		use := SecretUse{Name: n.free(own), Value: same[0].secret}
		for _, s := range same {
			use.Places = append(use.Places, s.Place)
			n.of[placeText(s.Place)] = use.Name
		}
		uses, rest = append(uses, use), others
	}
	return uses
}

// owner says who has a secret that others have otherwise: the environment where most groups have it, else a group. What several
// environments have belongs to none of them.
func owner(same, all []spot) string {
	env := same[0].environment
	of := func(s spot) bool { return s.environment == env }
	switch {
	case len(same) == len(all) || countOf(same, of) < len(same):
		return ""
	case 2*len(same) > countOf(all, of):
		return env
	}
	return same[0].Group
}

func countOf(spots []spot, wanted func(spot) bool) int {
	n := 0
	for _, s := range spots {
		if wanted(s) {
			n++
		}
	}
	return n
}

func alike(a, b spot) bool {
	if a.secret.Resolved() || b.secret.Resolved() {
		return a.secret.Equal(b.secret)
	}
	return gateway.Equal(a.beside, b.beside)
}

// free returns the name, or a variation of it that nothing else has. File systems may not tell upper from lower case.
func (n *namer) free(name string) string {
	found := name
	for i := 2; n.taken[strings.ToLower(found)]; i++ {
		found = fmt.Sprintf("%s-%d", name, i)
	}
	n.taken[strings.ToLower(found)] = true
	return found
}

func placeText(p Place) string { return p.Group + " " + p.Key.String() + " " + p.Path.String() }

var notInName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// longestName keeps the name of a secret a good file name.
const longestName = 200

// called returns the name of a resource whose id was made by a machine, "" for any other.
func called(r gateway.Resource) string {
	_, id, nested := strings.Cut(r.Key.ID, "/")
	if !nested {
		id = r.Key.ID
	}
	name, _ := r.Spec["name"].(string)
	if !madeID.MatchString(id) {
		return ""
	}
	return name
}

// nameOf makes a name of a place: consumers-alice-key-auth-key.
func nameOf(s spot) string {
	words := []string{string(s.Key.Kind), s.Key.ID}
	if s.called != "" {
		words[1] = s.called
	}
	if s.Key.Kind == gateway.Credentials {
		username, _, _ := strings.Cut(s.Key.ID, "/")
		words[0] = string(gateway.Consumers)
		if s.called != "" {
			words[1] = username + "-" + s.called
		}
	}
	for i, step := range s.Path {
		switch {
		case !step.Field:
			words = append(words, fmt.Sprint(step.Index))
		case step.Key != "plugins" || i > 0:
			words = append(words, step.Key)
		}
	}
	name := notInName.ReplaceAllString(strings.Join(words, "-"), "-")
	if len(name) > longestName {
		hash := fnv.New32a()
		hash.Write([]byte(name))
		name = fmt.Sprintf("%s-%08x", name[:longestName], hash.Sum32())
	}
	return name
}
