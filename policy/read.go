package policy

import (
	"regexp"
	"slices"

	"cel.dev/cel-go/cel"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// policyFile is a policy as it is written.
type policyFile struct {
	Name        *strictyaml.Node `yaml:"name"`
	Description string           `yaml:"description"`
	Severity    *strictyaml.Node `yaml:"severity"`
	Match       matchFile        `yaml:"match"`
	Assert      *strictyaml.Node `yaml:"assert"`
	Field       *strictyaml.Node `yaml:"field"`
	Message     *strictyaml.Node `yaml:"message"`
	Hint        string           `yaml:"hint"`
	Exceptions  []exceptionFile  `yaml:"exceptions"`
}

// reader reads one policy and collects its faults.
type reader struct {
	env    *cel.Env
	lines  []string // of the file, to find places inside a text
	name   string
	pos    diag.Pos
	left   *int // characters that the expressions of all policies may still have
	faults diag.List
}

var policyName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func (r *reader) policy(body *strictyaml.Node) *policy {
	if !policyName.MatchString(r.name) {
		r.faults.Add(diag.Errorf(r.pos, "bad-name", "%q can't be the name of a policy", r.name).
			WithHint("use letters, digits, dots, underscores and hyphens"))
	}
	var file policyFile
	r.faults.Add(strictyaml.Decode(body, &file)...)
	p := &policy{name: r.name, pos: r.pos, description: oneLine(file.Description), hint: oneLine(file.Hint)}
	p.warn = r.severity(file.Severity)
	p.match = r.match(file.Match)
	p.assert = r.assert(file.Assert)
	p.field = r.path(file.Field)
	p.message = r.message(file.Message)
	for _, written := range file.Exceptions {
		p.exceptions = append(p.exceptions, r.exception(written))
	}
	return p
}

// text returns the text of a node; anything else than text is a fault. An absent node is neither.
func (r *reader) text(n *strictyaml.Node) (string, bool) {
	if n == nil || n.IsNull() {
		return "", false
	}
	text, ok := n.Value.(string)
	if !ok || n.Tag != "" {
		r.faults.Add(diag.Errorf(n.Pos, "wrong-type", "want text").WithHint("quote it"))
		return "", false
	}
	return text, true
}

func (r *reader) wrong(n *strictyaml.Node, hint, format string, args ...any) {
	r.faults.Add(diag.Errorf(n.Pos, "wrong-value", format, args...).WithHint("%s", hint))
}

func (r *reader) incomplete(pos diag.Pos, hint, format string, args ...any) {
	r.faults.Add(diag.Errorf(pos, "policy-incomplete", format, args...).WithHint("%s", hint))
}

// severity reports whether a violation is only a warning.
func (r *reader) severity(n *strictyaml.Node) bool {
	word, ok := r.text(n)
	if ok && !slices.Contains([]string{"deny", "warn"}, word) {
		r.wrong(n, "write deny or warn", "severity can't be %q", word)
	}
	return word == "warn"
}

func (r *reader) assert(n *strictyaml.Node) *expression {
	if n == nil || n.IsNull() {
		r.incomplete(r.pos, "write assert: and an expression that comes to true", "the policy %q asserts nothing", r.name)
		return nil
	}
	return r.condition(n)
}

// path reads the field of a resource where a violation is placed.
func (r *reader) path(n *strictyaml.Node) gateway.Path {
	text, ok := r.text(n)
	if !ok {
		return nil
	}
	path, err := gateway.ParsePath(text)
	if err != nil {
		r.wrong(n, `write it as in timeout.read, uris[0], plugins["limit-count"]`, "%v", err)
	}
	return path
}
