package source

import (
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"testing"
)

func readAll(b *testing.B, fsys fs.FS) (n int) {
	err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		_, err = fs.ReadFile(fsys, path)
		return err
	})
	must(b, err)
	return n
}

// stocked is a repository with n files and 20 commits that change one file each.
func stocked(b *testing.B, n int) (*upstream, *Repository) {
	u := newUpstream(b)
	u.fill(n)
	u.commit("all")
	for i := range 20 {
		u.write(fmt.Sprintf("services/s%03d/routes-07.yaml", i%(n/100)), fmt.Sprintf("routes: {changed: {uri: /%d}}\n", i))
		u.commit("change")
	}
	u.git("gc", "-q")
	return u, open(b, settings(b, u.dir))
}

// BenchmarkReadAll reads every file of a commit through a fresh handle.
func BenchmarkReadAll(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprintf("files=%d", n), func(b *testing.B) {
			_, r := stocked(b, n)
			b.ReportAllocs()
			for b.Loop() {
				must(b, r.objects.reset(r.mirror.dir, true))
				s, err := r.snapshot(r.head)
				must(b, err)
				if got := readAll(b, s.FS); got != n {
					b.Fatalf("%d files", got)
				}
			}
		})
	}
}

// BenchmarkVerify proves a commit through a fresh handle, as Open does.
func BenchmarkVerify(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprintf("files=%d", n), func(b *testing.B) {
			_, r := stocked(b, n)
			for b.Loop() {
				must(b, r.use(r.mirror, r.head))
			}
		})
	}
}

// BenchmarkDiff compares two commits that are ten apart.
func BenchmarkDiff(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		for _, cold := range []bool{true, false} {
			b.Run(fmt.Sprintf("files=%d/cold=%t", n, cold), func(b *testing.B) {
				u, r := stocked(b, n)
				from, err := r.At(u.git("rev-parse", "HEAD~10"))
				must(b, err)
				to, err := r.At(u.git("rev-parse", "HEAD"))
				must(b, err)
				for b.Loop() {
					if cold {
						must(b, r.objects.reset(r.mirror.dir, true))
					}
					if paths, err := Diff(from.FS, to.FS); err != nil || len(paths) != 10 {
						b.Fatal(paths, err)
					}
				}
			})
		}
	}
}

// BenchmarkLatest asks for the head: nothing new, and one new commit each time. Compare with BenchmarkGit.
func BenchmarkLatest(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		for _, transport := range []string{"path", "http"} {
			b.Run(fmt.Sprintf("files=%d/%s/unchanged", n, transport), func(b *testing.B) {
				_, r := over(b, n, transport)
				for b.Loop() {
					latest(b, r)
				}
			})
			b.Run(fmt.Sprintf("files=%d/%s/changed", n, transport), func(b *testing.B) {
				u, r := over(b, n, transport)
				i := 0
				for b.Loop() {
					b.StopTimer()
					i++
					u.write("services/s003/routes-07.yaml", fmt.Sprint(i))
					u.commit("one more")
					b.StartTimer()
					if s := latest(b, r); s.Previous == s.Commit.Hash {
						b.Fatal("nothing new")
					}
				}
			})
		}
	}
}

func over(b *testing.B, n int, transport string) (*upstream, *Repository) {
	u, r := stocked(b, n)
	if transport == "path" {
		return u, r
	}
	return u, open(b, settings(b, serve(b, u).url()))
}

// BenchmarkGit is the git command doing what BenchmarkLatest does, for the ratio.
func BenchmarkGit(b *testing.B) {
	u, _ := stocked(b, 1000)
	url := serve(b, u).url()
	m := &upstream{t: b, dir: b.TempDir()}
	m.git("clone", "-q", "--bare", url, ".")
	b.Run("files=1000/http/unchanged", func(b *testing.B) {
		for b.Loop() {
			m.git("ls-remote", "-q", url, "refs/heads/main")
		}
	})
	b.Run("files=1000/http/changed", func(b *testing.B) {
		i := 0
		for b.Loop() {
			b.StopTimer()
			i++
			u.write("services/s003/routes-07.yaml", fmt.Sprint(i))
			u.commit("one more")
			b.StartTimer()
			m.git("fetch", "-q", url, "+refs/heads/main:refs/heads/main")
		}
	})
}

// BenchmarkLog reads a whole history.
func BenchmarkLog(b *testing.B) {
	u := newUpstream(b)
	u.first()
	for range 500 {
		u.now = u.now.Add(1e9)
		u.git("commit", "-q", "--allow-empty", "-m", "one more")
	}
	r := open(b, settings(b, u.dir))
	head := u.git("rev-parse", "HEAD")
	for b.Loop() {
		if commits, err := r.Log("", head, 0); err != nil || len(commits) != 501 {
			b.Fatal(len(commits), err)
		}
	}
}

// BenchmarkLogOfLongHistory asks for what is new since two commits by turns, as environments that stand at different ones do, in a long history.
func BenchmarkLogOfLongHistory(b *testing.B) {
	const commits = 20_000
	u := newUpstream(b)
	var script strings.Builder
	for i := range commits {
		fmt.Fprintf(&script, "commit refs/heads/main\ncommitter a <a@example.org> %d +0000\ndata 1\nc\nM 644 inline a\ndata 5\n%05d\n", 1_700_000_000+i, i)
	}
	cmd := exec.Command("git", "-C", u.dir, "fast-import", "--quiet", "--force")
	cmd.Stdin = strings.NewReader(script.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	r := open(b, settings(b, u.dir))
	head, starts := u.git("rev-parse", "main"), []string{u.git("rev-parse", "main~1"), u.git("rev-parse", "main~9")}
	i := 0
	for b.Loop() {
		got, err := r.Log(starts[i%2], head, 0)
		must(b, err)
		if want := []int{1, 9}[i%2]; len(got) != want {
			b.Fatalf("%d commits, want %d", len(got), want)
		}
		i++
	}
}
