package strictyaml

import "strings"

// Key says what a key of a file means to the people who write it. It is what the reference tables and the schemas for editors are
// made of.
type Key struct {
	// Path is the way to the key, as "guard.maxDeletes". NAME stands for a name that is free, and [] for the items of a list.
	Path    string
	Meaning string // in Markdown, one sentence without a full stop
	Default string // in Markdown; "required" where the key must be there
	// Schema is the JSON Schema of the value, for keys that are decoded as they are, and where it says more than the Go type does.
	Schema map[string]any
}

// Keys is all keys of a file, in the order in which people read about them.
type Keys []Key

// at returns what is said of a path.
func (k Keys) at(path string) Key {
	for _, key := range k {
		if key.Path == path {
			return key
		}
	}
	return Key{}
}

// Table returns the keys as a table in Markdown.
func (k Keys) Table() string {
	var b strings.Builder
	b.WriteString("| key | meaning | default |\n|---|---|---|\n")
	for _, key := range k {
		meaning, preset := escapeCell(key.Meaning), escapeCell(key.Default)
		b.WriteString("| `" + key.Path + "` | " + meaning + " | " + preset + " |\n")
	}
	return b.String()
}

func escapeCell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
