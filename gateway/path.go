package gateway

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Path names a value inside a resource, from the outside in. The empty path is the whole resource.
type Path []Step

// Step is one step of a Path: into a field of a map, or into an item of a list.
type Step struct {
	Field bool
	Key   string // the field's name
	Index int    // the item's number, from 0
}

// Field returns the step into a map.
func Field(key string) Step { return Step{Field: true, Key: key} }

// Item returns the step into a list.
func Item(index int) Step { return Step{Index: index} }

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_$-]+$`)

// String writes a path as people type it: timeout.read, uris[0], nodes["127.0.0.1:80"].
func (p Path) String() string {
	var b strings.Builder
	for _, step := range p {
		switch {
		case !step.Field:
			fmt.Fprintf(&b, "[%d]", step.Index)
		case !plainKey.MatchString(step.Key):
			fmt.Fprintf(&b, "[%q]", step.Key)
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(step.Key)
		}
	}
	return b.String()
}

// With returns a new path, one step longer.
func (p Path) With(step Step) Path {
	longer := make(Path, len(p)+1)
	copy(longer, p)
	longer[len(p)] = step
	return longer
}

var pathStep = regexp.MustCompile(`^(?:\.?([A-Za-z0-9_$-]+)|\[([0-9]+)\]|\[("(?:[^"\\]|\\.)*")\])`)

// ParsePath reads what Path.String wrote.
func ParsePath(s string) (Path, error) {
	var path Path
	for rest := s; rest != ""; {
		m := pathStep.FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf(`%q is not a field: at %q want a name, [0] or ["name"]`, s, rest)
		}
		rest = rest[len(m[0]):]
		switch {
		case m[1] != "":
			path = append(path, Field(m[1]))
		case m[2] != "":
			index, err := strconv.Atoi(m[2])
			if err != nil {
				return nil, fmt.Errorf("%q is not a field: %w", s, err)
			}
			path = append(path, Item(index))
		default:
			key, err := strconv.Unquote(m[3])
			if err != nil {
				return nil, fmt.Errorf("%q is not a field: %s: %w", s, m[3], err)
			}
			path = append(path, Field(key))
		}
	}
	return path, nil
}
