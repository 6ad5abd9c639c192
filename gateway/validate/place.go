package validate

import (
	"regexp"
	"strconv"

	"github.com/sluice-gitops/sluice/gateway"
)

// The words by which the gateway says where something is wrong, from the outside in.
var (
	inField   = regexp.MustCompile(`^property "([^"]+)" validation failed: `)
	inItem    = regexp.MustCompile(`^failed to validate item (\d+): `)
	inPattern = regexp.MustCompile(`^failed to validate ([^ ]+) \(matching [^)]*\): `)
	inPlugin  = regexp.MustCompile(`failed to check the configuration of (?:stream )?plugin \[?([a-z0-9-]+)\]? err: `)
	noPlugin  = regexp.MustCompile(`unknown (?:stream )?plugin \[([^\]]+)\]`)
	extra     = regexp.MustCompile(`^additional properties forbidden, found (\S+)$`)
	begin     = regexp.MustCompile(`^invalid (?:plugins )?configuration: `)
)

// placeIn finds the field that a complaint speaks of, as deep as the complaint and the body agree.
func placeIn(spec map[string]any, text string) gateway.Path {
	text = text[len(begin.FindString(text)):]
	if m := noPlugin.FindStringSubmatch(text); m != nil {
		return existing(spec, gateway.Path{gateway.Field("plugins"), gateway.Field(m[1])})
	}
	var path gateway.Path
	if m := inPlugin.FindStringSubmatchIndex(text); m != nil {
		path = gateway.Path{gateway.Field("plugins"), gateway.Field(text[m[2]:m[3]])}
		text = text[m[1]:]
	}
	for {
		step, rest, ok := nextStep(text)
		if !ok {
			break
		}
		path, text = append(path, step), rest
	}
	if m := extra.FindStringSubmatch(text); m != nil {
		path = append(path, gateway.Field(m[1]))
	}
	return existing(spec, path)
}

func nextStep(text string) (gateway.Step, string, bool) {
	for _, words := range []*regexp.Regexp{inField, inPattern} {
		if m := words.FindStringSubmatch(text); m != nil {
			return gateway.Field(m[1]), text[len(m[0]):], true
		}
	}
	m := inItem.FindStringSubmatch(text)
	if m == nil {
		return gateway.Step{}, text, false
	}
	number, err := strconv.Atoi(m[1])
	return gateway.Item(number - 1), text[len(m[0]):], err == nil // the gateway counts from 1
}

// existing cuts a path to what the body really holds.
func existing(spec map[string]any, path gateway.Path) gateway.Path {
	var value any = spec
	for i, step := range path {
		var inner any
		switch v := value.(type) {
		case map[string]any:
			inner = v[step.Key]
		case []any:
			if !step.Field && step.Index >= 0 && step.Index < len(v) {
				inner = v[step.Index]
			}
		}
		if inner == nil {
			return path[:i]
		}
		value = inner
	}
	return path
}
