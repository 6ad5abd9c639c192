package embedded_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the facts about plugins anew from the recorded schemas")

const factsFile = "schemas/plugins.json"

// facts is the content of the file: what a gateway tells of its plugins, without prose. What stands in it more than once is a
// definition.
type facts struct {
	definitions  map[string]any
	newest       map[string]any // by name
	older        map[string]any // where it differs from the newest; null where there is no such plugin
	newestStream map[string]any
	olderStream  map[string]any
}

// TestPluginFactsAreTheRecordedOnes holds the embedded file against the schemas that real gateways gave.
func TestPluginFactsAreTheRecordedOnes(t *testing.T) {
	text := recordedFacts(t).text()
	if *update {
		if err := os.WriteFile(factsFile, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(factsFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, text) {
		t.Errorf("%s is not what the recordings give; write it anew with -update", factsFile)
	}
	if len(have) > 250<<10 {
		t.Errorf("%s has %d bytes, too many for a binary", factsFile, len(have))
	}
	if bytes.Contains(have, []byte(`"description":"`)) {
		t.Errorf("%s holds prose", factsFile)
	}
}

func recordedFacts(t *testing.T) facts {
	t.Helper()
	newest, older := recordedSchemas(t, "schema-3.18.json"), recordedSchemas(t, "schema-3.13.json")
	f := facts{
		definitions: map[string]any{}, newest: newest["plugins"], older: map[string]any{},
		newestStream: newest["stream_plugins"], olderStream: older["stream_plugins"],
	}
	for name, about := range f.newest {
		if before, ok := older["plugins"][name]; !ok {
			f.older[name] = nil
		} else if compact(before) != compact(about) {
			f.older[name] = before
		}
	}
	f.share()
	return f
}

func recordedSchemas(t *testing.T, name string) map[string]map[string]any {
	t.Helper()
	var all map[string]map[string]any
	if err := json.Unmarshal(fixture(t, name), &all); err != nil {
		t.Fatal(err)
	}
	for _, section := range all {
		for plugin, about := range section {
			section[plugin] = withoutProse(about, false)
		}
	}
	return all
}

// withoutProse drops what is written for people. Fields may have the names of such words. What every plugin has is put in by
// the gateway.
func withoutProse(v any, names bool) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			_, isText := value.(string)
			prose := isText && slices.Contains([]string{"description", "title", "$comment"}, key)
			if names && key != "_meta" || !names && !prose {
				out[key] = withoutProse(value, !names && (key == "properties" || key == "patternProperties"))
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = withoutProse(item, false)
		}
		return out
	}
	return v
}

func compact(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// share puts a name in the place of what stands in several places, where that makes the file shorter.
func (f facts) share() {
	counts := map[string]int{}
	for _, section := range f.sections() {
		count(section, counts)
	}
	names := map[string]string{}
	worth := func(text string) int { return (counts[text] - 1) * (len(text) - len(`{"$ref":"d000"}`)) }
	shared := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	for _, text := range shared {
		if counts[text] > 1 && len(text) > 60 && worth(text) > 150 {
			names[text] = fmt.Sprintf("d%d", len(names)+1)
		}
	}
	for text, name := range names {
		var v any
		_ = json.Unmarshal([]byte(text), &v)
		f.definitions[name] = shortened(v, names, text)
	}
	for _, section := range f.sections() {
		for name, about := range section {
			section[name] = shortened(about, names, "")
		}
	}
}

func (f facts) sections() []map[string]any {
	return []map[string]any{f.newest, f.older, f.newestStream, f.olderStream}
}

func count(v any, counts map[string]int) {
	switch v := v.(type) {
	case map[string]any:
		if len(v) > 0 {
			counts[compact(v)]++
		}
		for _, value := range v {
			count(value, counts)
		}
	case []any:
		for _, item := range v {
			count(item, counts)
		}
	}
}

// shortened names what is shared inside v; v itself is never named when its text is self.
func shortened(v any, names map[string]string, self string) any {
	switch v := v.(type) {
	case map[string]any:
		if text := compact(v); names[text] != "" && text != self {
			return map[string]any{"$ref": names[text]}
		}
		out := map[string]any{}
		for key, value := range v {
			out[key] = shortened(value, names, self)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = shortened(item, names, self)
		}
		return out
	}
	return v
}

// text is the file: one plugin a line.
func (f facts) text() []byte {
	var b bytes.Buffer
	b.WriteString("{\n")
	sections := []struct {
		name    string
		section map[string]any
	}{
		{"definitions", f.definitions}, {"newest", f.newest}, {"older", f.older}, {"newestStream", f.newestStream},
		{"olderStream", f.olderStream},
	}
	for i, s := range sections {
		fmt.Fprintf(&b, "%q: {\n", s.name)
		names := slices.Sorted(maps.Keys(s.section))
		for j, name := range names {
			separator := ","
			if j == len(names)-1 {
				separator = ""
			}
			fmt.Fprintf(&b, "%q: %s%s\n", name, compact(s.section[name]), separator)
		}
		b.WriteString("}")
		if i < len(sections)-1 {
			b.WriteString(",")
		}
		b.WriteString("\n")
	}
	b.WriteString("}\n")
	return b.Bytes()
}
