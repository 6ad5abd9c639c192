package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// kit is what every build of a release shares.
type kit struct {
	request
	commit   string    // empty when the checkout holds changes
	moment   time.Time // of every file: that of the commit
	work     string    // a directory that goes at the end
	licences licences  // of the modules that may be linked
	nfpm     string    // the program that makes deb and rpm; empty when it can't be had
	progress io.Writer
}

var versionForm = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$`)

func begin(ctx context.Context, progress io.Writer, r request) (*kit, error) {
	if !versionForm.MatchString(r.Version) {
		return nil, fmt.Errorf("the version %q is none: write it as 1.2.3 or 1.2.3-rc.1", r.Version)
	}
	for _, platform := range r.Platforms {
		if system, _, ok := strings.Cut(platform, "/"); !ok || system != "linux" && system != "darwin" {
			return nil, fmt.Errorf("the platform %q is none: write it as linux/arm64", platform)
		}
	}
	k := &kit{request: r, progress: progress}
	if err := k.readCheckout(ctx); err != nil {
		return nil, err
	}
	nfpm, err := tool(ctx, "deploy/tools/nfpm", "nfpm")
	if err != nil {
		fmt.Fprintf(progress, "SKIPPED deb and rpm: nfpm can't be built: %v\n", err)
	}
	k.nfpm = nfpm
	if k.licences, err = findModules(ctx, "."); err != nil {
		return nil, fmt.Errorf("find the licences of the modules: %w", err)
	}
	k.work, err = os.MkdirTemp("", "sluice-release-")
	return k, err
}

func (k *kit) close() {
	// A build cache holds nothing that is read-only, so this removes all of it; what is left over is in the temporary directory.
	_ = os.RemoveAll(k.work)
}

// readCheckout finds the commit and its moment. Without Git, or with changes that are not committed, the release names no commit.
func (k *kit) readCheckout(ctx context.Context) error {
	k.moment = time.Unix(0, 0).UTC()
	head, err := output(ctx, "git", "log", "-1", "--format=%H %ct")
	if err != nil {
		fmt.Fprintf(k.progress, "no commit is named: %v\n", err)
		return nil
	}
	var seconds int64
	var commit string
	if _, err := fmt.Sscan(head, &commit, &seconds); err != nil {
		return fmt.Errorf("read the newest commit: %w", err)
	}
	k.moment = time.Unix(seconds, 0).UTC()
	changes, err := output(ctx, "git", "status", "--porcelain")
	if err != nil {
		return fmt.Errorf("look for changes: %w", err)
	}
	if changes != "" {
		fmt.Fprintln(k.progress, "no commit is named: the checkout holds changes")
		return nil
	}
	k.commit = commit
	return nil
}

// make builds everything from a source directory into a directory of its own below work, and returns that. An empty cache is the usual
// build cache of Go.
func (k *kit) make(ctx context.Context, name, source, cache string) (string, error) {
	b := build{kit: k, source: source, cache: cache, out: filepath.Join(k.work, name), stage: filepath.Join(k.work, name+".stage")}
	if err := errors.Join(os.MkdirAll(b.out, 0o755), os.MkdirAll(b.stage, 0o755)); err != nil {
		return "", err
	}
	return b.out, b.all(ctx)
}

// again builds once more, at another place and with nothing that was built before, and compares.
func (k *kit) again(ctx context.Context, first string) error {
	source := filepath.Join(k.work, "a copy of the source")
	if err := copySource(ctx, source); err != nil {
		return err
	}
	second, err := k.make(ctx, "second", source, filepath.Join(k.work, "cache"))
	if err != nil {
		return err
	}
	if err := compare(first, second); err != nil {
		return fmt.Errorf("the two builds differ: %w", err)
	}
	fmt.Fprintln(k.progress, "the two builds are alike, byte by byte")
	return nil
}

// place puts a release where it is asked for.
func place(from, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return fmt.Errorf("replace %s: %w", to, err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return fmt.Errorf("place the release: %w", err)
	}
	return nil
}
