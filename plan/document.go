package plan

import (
	"slices"

	"github.com/sluice-gitops/sluice/diag"
)

// Document is the machine form of the plans for one commit: the contract of `sluice plan -o json` (docs/cli.md).
type Document struct {
	Commit string          `json:"commit"`
	Plans  []GroupDocument `json:"plans"`
}

// GroupDocument is the plan for one gateway group.
type GroupDocument struct {
	Environment string            `json:"environment"`
	Group       string            `json:"group"`
	Digest      string            `json:"digest"` // of the desired state
	Changes     []ChangeDocument  `json:"changes"`
	Warnings    []string          `json:"warnings"`
	Refusals    []RefusalDocument `json:"refusals,omitempty"`
	Allow       string            `json:"allow,omitempty"` // the commit trailer that lets the plan pass its guards
	Error       string            `json:"error,omitempty"` // why there is no plan
}

// ChangeDocument is one change.
type ChangeDocument struct {
	Op     Op              `json:"op"`
	Phase  Phase           `json:"phase"`
	Step   int             `json:"step"` // from 1; every instance has taken the changes of a step before the next one begins
	Kind   string          `json:"kind"`
	ID     string          `json:"id"`
	Fields []FieldDocument `json:"fields"`
	Why    string          `json:"why,omitempty"`
	// Temporary says that the resource only stands on the way: no config repo has it.
	Temporary bool `json:"temporary,omitempty"`
	// Breaking says what clients can notice; absent when nothing is known.
	Breaking []string `json:"breaking,omitempty"`
}

// FieldDocument is one field. Old is absent where the field is new, New where it goes.
type FieldDocument struct {
	Path string `json:"path"`
	Old  any    `json:"old,omitempty"`
	New  any    `json:"new,omitempty"`
	From string `json:"from,omitempty"` // file:line:col
}

// RefusalDocument is a guard that tripped.
type RefusalDocument struct {
	Guard string `json:"guard"`
	What  string `json:"what"`
	Hint  string `json:"hint,omitempty"`
}

// Document returns the machine form of p. Digest is that of the desired state.
func (p Plan) Document(environment, group, digest string) GroupDocument {
	doc := GroupDocument{
		Environment: environment, Group: group, Digest: digest,
		Changes: []ChangeDocument{}, Warnings: warningTexts(p.Warnings),
	}
	for i, step := range p.Steps {
		for _, change := range step.Changes {
			doc.Changes = append(doc.Changes, change.document(i+1))
		}
	}
	for _, refusal := range p.Refusals {
		doc.Refusals = append(doc.Refusals, RefusalDocument(refusal))
	}
	if len(p.Refusals) > 0 {
		doc.Allow = p.Allow(environment)
	}
	return doc
}

func (c Change) document(step int) ChangeDocument {
	doc := ChangeDocument{
		Op: c.Op, Phase: c.Phase, Step: step, Kind: string(c.Key.Kind), ID: c.Key.ID, Why: c.Why, Temporary: c.Key.Temporary(),
		Breaking: c.Breaking,
		Fields:   make([]FieldDocument, 0, len(c.Fields)),
	}
	for _, field := range c.Fields {
		doc.Fields = append(doc.Fields, FieldDocument{
			Path: field.Path.String(), Old: field.Old, New: field.New, From: field.From.String(),
		})
	}
	return doc
}

func warningTexts(warnings diag.List) []string {
	list := []string{}
	for _, warning := range warnings {
		list = append(list, warning.Error())
	}
	slices.Sort(list)
	return list
}
