package environments

import (
	"path"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// Drift says what happens to changes that were made behind Git's back.
type Drift string

// The answers to drift. Heal is the default.
const (
	Heal   Drift = "heal"
	Report Drift = "report"
)

// Ignored is a field of some resources that belongs to others than Git: it is not compared, and what is live there stays.
type Ignored struct {
	Pos  diag.Pos
	Kind gateway.Kind
	ID   string       // a glob, as path.Match takes it
	Path gateway.Path // never empty
}

// String writes it as it stands in environment.yaml: "routes/*:plugins.limit-count.count".
func (i Ignored) String() string { return string(i.Kind) + "/" + i.ID + ":" + i.Path.String() }

// Matches reports whether the field is one of this resource.
func (i Ignored) Matches(key gateway.Key) bool {
	fits, err := path.Match(i.ID, key.ID)
	return err == nil && fits && i.Kind == key.Kind
}

// driftFile is the long form of drift.
type driftFile struct {
	Mode   *strictyaml.Node `yaml:"mode"`
	Ignore *strictyaml.Node `yaml:"ignore"`
}

// driftOf reads drift, which is a word or a map.
func driftOf(n *strictyaml.Node, faults *diag.List) (Drift, []Ignored) {
	words := []string{string(Heal), string(Report)}
	if n == nil || n.Kind != strictyaml.Map {
		return Drift(oneOf(n, "drift", words, faults)), nil
	}
	var parsed driftFile
	faults.Add(strictyaml.Decode(n, &parsed)...)
	mode := Drift(oneOf(parsed.Mode, "mode of drift", words, faults))
	var ignored []Ignored
	for _, item := range scalars(parsed.Ignore, "ignore", faults) {
		if one, fault := ignoredOf(item); fault == nil {
			ignored = append(ignored, one)
		} else {
			faults.Add(*fault)
		}
	}
	return mode, ignored
}

// ignoredOf reads "KIND/ID:FIELD".
func ignoredOf(item placed) (Ignored, *diag.Diagnostic) {
	pattern, field, _ := strings.Cut(item.text, ":")
	if faults := checkPattern(placed{pattern, item.pos}); len(faults) > 0 {
		return Ignored{}, &faults[0]
	}
	fields, err := gateway.ParsePath(field)
	const hint = `write KIND/ID:FIELD, as "routes/*:plugins.limit-count.count" or "upstreams/users:nodes"`
	switch {
	case err != nil:
		fault := diag.Errorf(item.pos, "wrong-value", "%v", err).WithHint(hint)
		return Ignored{}, &fault
	case len(fields) == 0:
		fault := diag.Errorf(item.pos, "wrong-value", "%q names no field", item.text).WithHint(hint)
		return Ignored{}, &fault
	case slices.Contains([]string{"id", "username"}, fields[0].Key):
		fault := diag.Errorf(item.pos, "wrong-value", "%q is what a resource is named by", fields[0].Key).WithHint(hint)
		return Ignored{}, &fault
	case fields[0].Key == "labels" && (len(fields) == 1 || fields[1].Key == gateway.ManagedBy):
		fault := diag.Errorf(item.pos, "wrong-value", "%q holds the label by which Sluice knows what is its own", item.text).
			WithHint("name single labels, as \"routes/*:labels.owner\"")
		return Ignored{}, &fault
	}
	kind, id, _ := strings.Cut(pattern, "/")
	return Ignored{Pos: item.pos, Kind: gateway.Kind(kind), ID: id, Path: fields}, nil
}
