package giteatest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

const (
	modulePath = "code.gitea.io/gitea"
	// Version is the Gitea that is built. Later ones have dependencies that the Go module proxy does not serve.
	Version = "1.26.0"
)

// Binary is a Gitea that was built.
type Binary struct {
	Program string
	Files   string // what it reads while it runs: translations, templates
}

// Cached returns where Binary stands, or would stand, for this user and this Go.
func Cached() (Binary, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return Binary{}, fmt.Errorf("find the cache directory: %w", err)
	}
	dir := filepath.Join(cache, "sluice", "gitea-"+Version+"-"+runtime.Version())
	return Binary{Program: filepath.Join(dir, "gitea"), Files: filepath.Join(dir, "files")}, nil
}

// There reports whether it was built as a whole.
func (b Binary) There() bool {
	program, err := os.Stat(b.Program)
	return err == nil && program.Mode().IsRegular()
}

// Build builds Gitea unless it is there, which takes some minutes, a C compiler and the Go module proxy. What it does is told to progress.
func Build(ctx context.Context, progress io.Writer) (Binary, error) {
	binary, err := Cached()
	if err != nil || binary.There() {
		return binary, err
	}
	source, err := download(ctx, progress)
	if err != nil {
		return Binary{}, err
	}
	if err := os.MkdirAll(binary.Files, 0o755); err != nil {
		return Binary{}, fmt.Errorf("make the cache directory: %w", err)
	}
	for _, name := range []string{"options", "public", "templates"} {
		if err := copyTree(filepath.Join(source, name), filepath.Join(binary.Files, name)); err != nil {
			return Binary{}, err
		}
	}
	fmt.Fprintf(progress, "building Gitea %s, which takes some minutes once\n", Version)
	return binary, compile(ctx, source, binary.Program, progress)
}

// download puts the module into the module cache, and returns where.
func download(ctx context.Context, progress io.Writer) (string, error) {
	command := exec.CommandContext(ctx, "go", "mod", "download", "-json", modulePath+"@v"+Version)
	command.Dir = os.TempDir() // outside of any module: no go.mod is to change
	command.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	command.Stderr = progress
	out, err := command.Output()
	var told struct{ Dir, Error string }
	if readErr := json.Unmarshal(out, &told); readErr == nil && told.Error != "" {
		return "", fmt.Errorf("download Gitea: %s", told.Error)
	}
	if err != nil {
		return "", fmt.Errorf("download Gitea: %w", err)
	}
	return told.Dir, nil
}

// copyTree copies a directory. The module cache may be emptied while the binary stays.
func copyTree(from, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return fmt.Errorf("copy the files of Gitea: %w", err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return fmt.Errorf("copy the files of Gitea: %w", err)
	}
	return nil
}

// compile builds in the read-only module cache, where the replacements of its go.mod count. The program appears under its name when it is
// whole, so that somebody who builds at the same time does no harm.
func compile(ctx context.Context, source, program string, progress io.Writer) error {
	part, err := os.MkdirTemp(filepath.Dir(program), "part-")
	if err != nil {
		return fmt.Errorf("build Gitea: %w", err)
	}
	defer os.RemoveAll(part)
	built := filepath.Join(part, "gitea")
	command := exec.CommandContext(ctx, "go", "build", "-C", source, "-trimpath", "-buildvcs=false", "-tags", "sqlite sqlite_unlock_notify",
		"-ldflags", "-s -w -X main.Version="+Version, "-o", built, ".")
	command.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=1", "CGO_CFLAGS=-O0 -g0") // its SQLite is compiled faster so
	command.Stdout, command.Stderr = progress, progress
	if err := command.Run(); err != nil {
		return fmt.Errorf("build Gitea: %w", err)
	}
	if err := os.Rename(built, program); err != nil {
		return fmt.Errorf("build Gitea: %w", err)
	}
	return nil
}
