package render_test

import (
	"fmt"
	"testing"

	"github.com/sluice-gitops/sluice/render"
)

// BenchmarkConflicts renders 20,000 routes on one path, told apart by one header, by several, and by their addresses.
func BenchmarkConflicts(b *testing.B) {
	for name, route := range map[string]string{
		"header":  `  r%[1]d: {uri: /x, upstream_id: u, vars: [[http_tenant, "==", t%[1]d]]}`,
		"headers": `  r%[1]d: {uri: /x, upstream_id: u, vars: [[http_kind, "==", k%[2]d], [http_tenant, "==", t%[1]d]]}`,
		"address": `  r%[1]d: {uri: /x, upstream_id: u, remote_addr: "10.1.%[3]d.%[2]d"}`,
		"paths":   `  r%[1]d: {uri: /x%[1]d, upstream_id: u}`,
	} {
		b.Run(name, func(b *testing.B) {
			repo := map[string]string{
				"sluice.yaml":                        "version: 1\n",
				"environments/prod/environment.yaml": "extends: base\ngroups: [eu]\n",
				"base/u.yaml":                        "upstreams:\n  u: {nodes: {\"h:80\": 1}}\n",
			}
			for file := range 100 {
				text := "routes:\n"
				for i := file * 200; i < file*200+200; i++ {
					text += fmt.Sprintf(route+"\n", i, i%250, i/250)
				}
				repo[fmt.Sprintf("base/r%d.yaml", file)] = text
			}
			for b.Loop() {
				renderOnce(b, render.New(), hash(repo, "1"))
			}
		})
	}
}
