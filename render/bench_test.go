package render_test

import (
	"fmt"
	"io/fs"
	"maps"
	"runtime"
	"testing"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/render"
)

// hashed is a repo whose hashes are known beforehand, as Git knows them.
type hashed struct {
	*snapshot
	hashes map[string]string
}

func (h hashed) Hash(name string) (string, bool) { hash, ok := h.hashes[name]; return hash, ok }

// large makes a repo of that many resources, 100 in a file; a tenth of them holds variables.
func large(resources int) map[string]string {
	repo := map[string]string{
		"sluice.yaml":                        "version: 1\n",
		"environments/prod/environment.yaml": "extends: base\ngroups: [eu]\nvars: {domain: prod.acme.com}\n",
		"environments/prod/own.yaml":         "routes:\n  r0: {methods: [GET]}\n",
	}
	for i := 0; i < resources/2; i += 50 {
		text := ""
		upstreams, routes := "upstreams:\n", "routes:\n"
		for j := i; j < i+50; j++ {
			host := ""
			if j%10 == 0 {
				host = "    host: api.${vars.domain}\n"
			}
			upstreams += fmt.Sprintf("  u%d:\n    type: roundrobin\n    nodes: {\"10.0.%d.%d:80\": 1}\n    timeout: {connect: 1, send: 5, read: 5}\n", j, j/250, j%250)
			routes += fmt.Sprintf("  r%d:\n    uri: /r%d/*\n    upstream_id: u%d\n    methods: [GET, POST]\n%s    plugins:\n      limit-count: {count: 100, time_window: 60, key: remote_addr}\n      cors: {allow_origins: \"https://acme.com\"}\n", j, j, j, host)
		}
		text += upstreams + routes
		repo[fmt.Sprintf("base/f%03d.yaml", i/50)] = text
	}
	return repo
}

func hash(repo map[string]string, version string) hashed {
	h := hashed{snapshotOf(repo), map[string]string{".": version, "environments": version, "environments/prod": version, "base": version}}
	for name, text := range repo {
		h.hashes[name] = fmt.Sprint(len(text), text[:min(len(text), 120)])
	}
	return h
}

func renderOnce(b *testing.B, r *render.Renderer, repo fs.FS) {
	tree := environments.Load(repo)
	env, _ := tree.Find("prod")
	if _, faults := r.Render(repo, tree, env, "eu", nil); faults.HasErrors() {
		b.Fatal(faults)
	}
}

func BenchmarkRender(b *testing.B) {
	for _, resources := range []int{1000, 10_000} {
		texts := large(resources)
		repo := hash(texts, "1")
		b.Run(fmt.Sprintf("resources=%d/cold", resources), func(b *testing.B) {
			for b.Loop() {
				renderOnce(b, render.New(), repo)
			}
		})
		b.Run(fmt.Sprintf("resources=%d/unchanged", resources), func(b *testing.B) {
			r := render.New()
			renderOnce(b, r, repo)
			for b.Loop() {
				renderOnce(b, r, repo)
			}
		})
		b.Run(fmt.Sprintf("resources=%d/one-file-changed", resources), func(b *testing.B) {
			r := render.New()
			renderOnce(b, r, repo)
			before := r.Stats().FilesParsed
			commits := 0
			for b.Loop() {
				b.StopTimer()
				commits++
				changed := maps.Clone(texts)
				changed["base/f000.yaml"] = fmt.Sprintf("# commit %d\n%s", commits, texts["base/f000.yaml"])
				next := hash(changed, fmt.Sprint("commit", commits))
				b.StartTimer()
				renderOnce(b, r, next)
			}
			b.ReportMetric(float64(r.Stats().FilesParsed-before)/float64(commits), "files-parsed/op")
		})
	}
}

// BenchmarkMemory reports what a renderer holds after rendering 20 groups.
func BenchmarkMemory(b *testing.B) {
	texts := large(10_000)
	groups := "g0"
	for i := 1; i < 20; i++ {
		groups += fmt.Sprintf(", g%d", i)
	}
	texts["environments/prod/environment.yaml"] = "extends: base\ngroups: [" + groups + "]\nvars: {domain: prod.acme.com}\n"
	repo := hash(texts, "1")
	tree := environments.Load(repo)
	env, _ := tree.Find("prod")
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		r := render.New()
		for _, group := range env.Groups() {
			if _, faults := r.Render(repo, tree, env, group, nil); faults.HasErrors() {
				b.Fatal(faults)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB-kept")
		runtime.KeepAlive(r)
	}
}
