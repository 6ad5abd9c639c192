package skew

// Document is the machine form of a comparison: the contract of `sluice diff -o json` (docs/cli.md).
type Document struct {
	First       string             `json:"first"`
	Second      string             `json:"second"`
	Environment string             `json:"environment,omitempty"` // that two commits are compared in
	Resources   []ResourceDocument `json:"resources"`
	Meant       int                `json:"meant"` // how many fields were left out because they are meant to differ
}

// ResourceDocument is one resource that differs.
type ResourceDocument struct {
	Op           Op              `json:"op"`
	Kind         string          `json:"kind"`
	ID           string          `json:"id"`
	FirstGroups  []string        `json:"firstGroups,omitempty"`
	SecondGroups []string        `json:"secondGroups,omitempty"`
	Fields       []FieldDocument `json:"fields"`
}

// FieldDocument is one field. First and Second are absent where that side lacks it.
type FieldDocument struct {
	Path       string `json:"path"`
	First      any    `json:"first,omitempty"`
	Second     any    `json:"second,omitempty"`
	FirstFrom  string `json:"firstFrom,omitempty"`
	SecondFrom string `json:"secondFrom,omitempty"`
	Meant      bool   `json:"meant,omitempty"`
}

// Documents returns the machine form of differences.
func Documents(all []Difference) []ResourceDocument {
	list := make([]ResourceDocument, 0, len(all))
	for _, d := range all {
		one := ResourceDocument{
			Op: d.Op, Kind: string(d.Key.Kind), ID: d.Key.ID,
			FirstGroups: d.FirstGroups, SecondGroups: d.SecondGroups, Fields: make([]FieldDocument, 0, len(d.Fields)),
		}
		for _, f := range d.Fields {
			one.Fields = append(one.Fields, FieldDocument{
				Path: f.Path.String(), First: f.First, Second: f.Second,
				FirstFrom: f.FirstFrom.String(), SecondFrom: f.SecondFrom.String(), Meant: f.Meant,
			})
		}
		list = append(list, one)
	}
	return list
}
