package render_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"runtime"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/render"
)

// shape says how much of a large repo differs between environments.
type shape struct {
	name  string
	every int // one route of so many holds a variable
}

var shapes = []shape{{"all-vary", 1}, {"tenth-varies", 10}}

// environmentsInFleet is the number of environments that inherit the same 10,000 resources.
const environmentsInFleet = 20

// fleet makes a repo of that many resources, 100 in a file, that all environments inherit. Each overrides one of its own.
func fleet(resources int, s shape) map[string]string {
	repo := map[string]string{"sluice.yaml": "version: 1\n"}
	for i := range environmentsInFleet {
		dir := fmt.Sprintf("environments/e%02d/", i)
		repo[dir+"environment.yaml"] = fmt.Sprintf("extends: base\ngroups: [g%02d]\nvars: {domain: e%02d.acme.com}\n", i, i)
		repo[dir+"own.yaml"] = "routes:\n  r7: {methods: [GET]}\n"
	}
	for i := 0; i < resources/2; i += 50 {
		var upstreams, routes strings.Builder
		for j := i; j < i+50; j++ {
			host := "api.acme.com"
			if j%s.every == 0 {
				host = "api.${vars.domain}"
			}
			fmt.Fprintf(&upstreams, "  u%d:\n    type: roundrobin\n    nodes: {\"10.0.%d.%d:80\": 1}\n    timeout: {connect: 1, send: 5, read: 5}\n", j, j/250, j%250)
			fmt.Fprintf(&routes, "  r%d:\n    uri: /r%d/*\n    host: %s\n    upstream_id: u%d\n    methods: [GET, POST]\n    plugins:\n"+
				"      limit-count: {count: 100, time_window: 60, key: remote_addr}\n      cors: {allow_origins: \"https://acme.com\"}\n", j, j, host, j)
		}
		repo[fmt.Sprintf("base/f%03d.yaml", i/50)] = "upstreams:\n" + upstreams.String() + "routes:\n" + routes.String()
	}
	return repo
}

// hashAll gives a repo the hashes that Git would know: a directory has another one when something below it has changed.
func hashAll(repo map[string]string, version string) hashed {
	h := hash(repo, version)
	h.hashes["base"] = fmt.Sprint(len(repo["base/f000.yaml"]), repo["base/f000.yaml"][:40])
	for i := range environmentsInFleet {
		h.hashes[fmt.Sprintf("environments/e%02d", i)] = "1"
	}
	return h
}

func renderFleet(tb testing.TB, r *render.Renderer, repo fs.FS) {
	tree := environments.Load(repo)
	if len(tree.Environments) != environmentsInFleet {
		tb.Fatal(tree.Faults)
	}
	for _, env := range tree.Environments {
		state, faults := r.Render(repo, tree, env, env.Groups()[0], nil)
		if err := faults.Err(); err != nil || len(state) == 0 {
			tb.Fatal(err)
		}
	}
}

// BenchmarkFleet renders 10,000 resources for each of 20 environments.
func BenchmarkFleet(b *testing.B) {
	for _, s := range shapes {
		texts := fleet(10_000, s)
		repo := hashAll(texts, "1")
		b.Run(s.name+"/decode", func(b *testing.B) {
			for b.Loop() {
				decodeAll(b, texts)
			}
		})
		b.Run(s.name+"/cold", func(b *testing.B) {
			for b.Loop() {
				renderFleet(b, render.New(), repo)
			}
		})
		b.Run(s.name+"/cold-one-group", func(b *testing.B) {
			tree := environments.Load(repo)
			for b.Loop() {
				if state, faults := render.New().Render(repo, tree, tree.Environments[0], "g00", nil); len(state) == 0 {
					b.Fatal(faults)
				}
			}
		})
		b.Run(s.name+"/one-file-changed", func(b *testing.B) {
			r := render.New()
			renderFleet(b, r, repo)
			commits := 0
			for b.Loop() {
				b.StopTimer()
				commits++
				changed := maps.Clone(texts)
				changed["base/f000.yaml"] = fmt.Sprintf("# commit %d\n%s", commits, texts["base/f000.yaml"])
				next := hashAll(changed, fmt.Sprint("commit", commits))
				b.StartTimer()
				renderFleet(b, r, next)
			}
		})
	}
}

// decodeAll is the bare work: every file is read by the YAML library, once.
func decodeAll(b *testing.B, texts map[string]string) {
	for _, text := range texts {
		decoder := yaml.NewDecoder(bytes.NewReader([]byte(text)))
		var document, end yaml.Node
		if err := decoder.Decode(&document); err != nil {
			b.Fatal(err)
		}
		if err := decoder.Decode(&end); !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
}

// BenchmarkFleetMemory reports what a renderer holds after it has rendered 10,000 resources for each of 20 environments.
func BenchmarkFleetMemory(b *testing.B) {
	for _, s := range shapes {
		repo := hashAll(fleet(10_000, s), "1")
		b.Run(s.name, func(b *testing.B) {
			for b.Loop() {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				r := render.New()
				renderFleet(b, r, repo)
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB-kept")
				runtime.KeepAlive(r)
			}
		})
	}
}
