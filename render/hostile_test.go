package render_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/render"
)

// hostile is a config repo that means harm.
type hostile struct{ fstest.MapFS }

func (h hostile) put(name, text string, args ...any) {
	h.MapFS[name] = &fstest.MapFile{Data: fmt.Appendf(nil, text, args...)}
}

// repeat calls write with 0, 1, 2 … until the text is a sixteenth of what a file may be: enough to see what grows, and soon done.
func repeat(begin string, write func(b *strings.Builder, i int), end string) string {
	var b strings.Builder
	b.WriteString(begin)
	for i := 0; b.Len() < mebibyte/16; i++ {
		write(&b, i)
	}
	return b.String() + end
}

// stack adds n layers, each with the fragment that write makes for it.
func (h hostile) stack(n int, write func(i int) string) {
	names := make([]string, n)
	for i := range n {
		names[i] = fmt.Sprintf("l%d", i)
		h.put(names[i]+"/a.yaml", "%s", write(i))
	}
	h.put("environments/test/environment.yaml", "extends: [base, %s]\ngroups: [g]\n", strings.Join(names, ", "))
}

const mebibyte = 1 << 20

// hostileRepos are trees that are small and stand for much. What each takes is bounded, whether it is refused or not.
var hostileRepos = []struct {
	name string
	// made is all that may be allocated on the way, and kept what is still held at the end, in MiB.
	made, kept int
	code       string // "": it is rendered
	build      func(h hostile)
}{
	{"a wide map", 100, 25, "null-value", func(h hostile) {
		h.put("base/w.yaml", "%s", repeat("vars:\n", func(b *strings.Builder, i int) { fmt.Fprintf(b, " a%d:\n", i) }, ""))
	}},
	{"a wide list", 100, 60, "", func(h hostile) {
		h.put("base/w.yaml", "%s", repeat("vars: {a: [", func(b *strings.Builder, _ int) { b.WriteString("a,") }, "]}\n"))
	}},
	{"nothing but faults", 120, 15, "more-faults", func(h hostile) {
		h.put("base/w.yaml", "%s", repeat("routes: [", func(b *strings.Builder, _ int) { b.WriteString("{},") }, "]\n"))
	}},
	{"an alias bomb", 50, 20, "alias-bomb", func(h hostile) {
		bomb := "vars:\n a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
		for i := range 40 {
			bomb += fmt.Sprintf(" a%d: &a%d [*a%d,*a%d,*a%d,*a%d]\n", i+1, i+1, i, i, i, i)
		}
		h.put("base/w.yaml", "%s", bomb)
	}},
	{"deep nesting", 50, 20, "syntax", func(h hostile) { h.put("base/w.yaml", "vars: %s\n", strings.Repeat("{a: ", 200_000)) }},
	{"deep directories", 50, 20, "over-limit", func(h hostile) { h.put("base/"+strings.Repeat("d/", 2000)+"a.yaml", "{}") }},
	{"a variable in thousands of texts", 600, 50, "over-limit", func(h hostile) {
		h.put("base/v.yaml", "vars: {big: %s}\n", strings.Repeat("a", mebibyte-100))
		h.put("base/w.yaml", "%s", repeat("protos:\n", func(b *strings.Builder, i int) { fmt.Fprintf(b, " p%d: {content: \"x${vars.big}\"}\n", i) }, ""))
	}},
	{"a variable thousands of times in one text", 100, 20, "too-large", func(h hostile) {
		h.put("base/v.yaml", "vars: {big: %s}\n", strings.Repeat("a", mebibyte/2))
		h.put("base/w.yaml", "%s", repeat("protos: {p: {content: \"", func(b *strings.Builder, _ int) { b.WriteString("${vars.big}") }, "\"}}\n"))
	}},
	{"variables that double", 50, 20, "too-large", func(h hostile) {
		text := "vars:\n v0: xxxxxxxxxx\n"
		for i := range 90 {
			text += fmt.Sprintf(" v%d: [\"${vars.v%d}\", \"${vars.v%d}\"]\n", i+1, i, i)
		}
		h.put("base/w.yaml", "%sprotos: {p: {content: \"${vars.v90}\"}}\n", text)
	}},
	{"a large map with secrets in thousands of places", 300, 50, "too-large", func(h hostile) {
		many := repeat("vars:\n big:\n", func(b *strings.Builder, i int) { fmt.Fprintf(b, "  k%d: ${secret(s)}\n", i) }, "")
		h.put("base/v.yaml", "%s", many)
		h.put("base/w.yaml", "%s", repeat("protos: {p: {content: [", func(b *strings.Builder, _ int) { b.WriteString("\"${vars.big}\",") }, "]}}\n"))
	}},
	{"unknown variables beside many known ones", 300, 60, "more-faults", func(h hostile) {
		h.put("base/v.yaml", "%s", repeat("vars:\n", func(b *strings.Builder, i int) { fmt.Fprintf(b, " known%d: 1\n", i) }, ""))
		h.put("base/w.yaml", "%s", repeat("protos:\n", func(b *strings.Builder, i int) { fmt.Fprintf(b, " p%d: {content: \"${vars.knwn%d}\"}\n", i, i) }, ""))
	}},
	{"lists that grow from layer to layer", 500, 200, "too-large", func(h hostile) {
		items := strings.Repeat(strings.Repeat("a", 100)+",", 500)
		h.stack(40, func(i int) string {
			tag := "!append"
			if i == 0 {
				tag = "!override"
			}
			return "routes: {a: {uri: /a, hosts: " + tag + " [" + items + "]}}\n"
		})
	}},
	{"a resource that is too large half way", 1000, 100, "too-large", func(h hostile) {
		text := strings.Repeat("x", 30_000)
		h.stack(55, func(i int) string { return fmt.Sprintf("protos: {p: {content: %s, k%d: %s}}\n", text, i, text) })
	}},
	{"names that merge over and over", 300, 100, "alias-bomb", func(h hostile) {
		var wide strings.Builder
		for i := range 9000 {
			fmt.Fprintf(&wide, "k%d: 1,", i)
		}
		h.put("base/w.yaml", "vars:\n m: &m {%s}\n n: {<<: [%s]}\n", wide.String(), strings.Repeat("*m,", 20_000))
	}},
	{"environments in a long row", 200, 30, "over-limit", func(h hostile) {
		above := "base"
		for i := range 300 {
			h.put(fmt.Sprintf("environments/e%d/environment.yaml", i), "extends: [%s]\ngroups: [g%d]\n", above, i)
			above = fmt.Sprintf("environments/e%d", i)
		}
		h.put("environments/test/environment.yaml", "extends: [%s]\ngroups: [g]\n", above)
	}},
	{"gateway groups of one name", 400, 50, "duplicate-group", func(h hostile) {
		h.put("environments/test/environment.yaml", "groups: [%s]\n", strings.Repeat("g,", 9000))
	}},
	{"more gateway groups than can be", 100, 20, "over-limit", func(h hostile) {
		names := make([]string, 10_001)
		for i := range names {
			names[i] = fmt.Sprintf("g%d", i)
		}
		h.put("environments/test/environment.yaml", "groups: [%s]\n", strings.Join(names, ", "))
	}},
}

// TestHostileReposAreBounded renders each and holds what was allocated for it, and what is kept.
func TestHostileReposAreBounded(t *testing.T) {
	for _, tt := range hostileRepos {
		t.Run(tt.name, func(t *testing.T) {
			h := hostile{fstest.MapFS{}}
			h.put("sluice.yaml", "version: 1\n")
			h.put("environments/test/environment.yaml", "extends: base\ngroups: [g]\n")
			h.put("base/up.yaml", "upstreams: {up: {nodes: {\"h:1\": 1}}}\n")
			tt.build(h)
			begin := memory()
			renderer := render.New()
			codes := renderTest(renderer, h.MapFS)
			if made := int(memory().TotalAlloc-begin.TotalAlloc) / mebibyte; made > tt.made {
				t.Errorf("%d MiB were allocated, more than %d", made, tt.made)
			}
			runtime.GC()
			if kept := (int(memory().HeapAlloc) - int(begin.HeapAlloc)) / mebibyte; kept > tt.kept {
				t.Errorf("%d MiB are kept, more than %d", kept, tt.kept)
			}
			if codes[tt.code] == 0 && (tt.code != "" || len(codes) > 0) {
				t.Errorf("want the fault %q, got %v", tt.code, codes)
			}
			runtime.KeepAlive(renderer)
		})
	}
}

func memory() runtime.MemStats {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m
}

// renderTest renders the group of the environment test, and counts the codes of the faults.
func renderTest(r *render.Renderer, repo fstest.MapFS) map[string]int {
	tree := environments.Load(repo)
	codes := map[string]int{}
	faults := tree.Faults
	if env, ok := tree.Find("test"); ok {
		_, found := r.Render(repo, tree, env, "g", nil)
		faults = append(faults, found...)
	}
	for _, fault := range faults {
		codes[fault.Code]++
	}
	return codes
}
