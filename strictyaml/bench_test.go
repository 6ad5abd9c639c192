package strictyaml_test

import (
	"fmt"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/sluice-gitops/sluice/strictyaml"
)

// BenchmarkParse compares with the bare library on a fragment of a hundred resources.
func BenchmarkParse(b *testing.B) {
	text := "routes:\n"
	for i := range 100 {
		text += fmt.Sprintf("  r%d:\n    uri: /r%d/*\n    upstream_id: u%d\n    methods: [GET, POST]\n    plugins:\n      limit-count: {count: 100, time_window: 60, key: remote_addr}\n", i, i, i)
	}
	data := []byte(text)
	b.Run("strict", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if node, faults := strictyaml.Parse("a.yaml", data); node == nil || len(faults) > 0 {
				b.Fatal(faults)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			var value any
			if err := yaml.Unmarshal(data, &value); err != nil {
				b.Fatal(err)
			}
		}
	})
}
