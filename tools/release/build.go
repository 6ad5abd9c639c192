package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// build is one build of everything.
type build struct {
	*kit
	source string // the root of the source
	cache  string // of Go; empty: the usual one
	out    string // where the release goes
	stage  string // where files are laid out for archives and packages
}

func (b build) all(ctx context.Context) error {
	if err := b.layOut(ctx); err != nil {
		return err
	}
	for _, platform := range b.Platforms {
		if err := b.platform(ctx, platform); err != nil {
			return fmt.Errorf("%s: %w", platform, err)
		}
	}
	if err := b.chart(); err != nil {
		return fmt.Errorf("the Helm chart: %w", err)
	}
	return writeSums(b.out)
}

// platform makes all that is for one platform.
func (b build) platform(ctx context.Context, platform string) error {
	system, arch, _ := strings.Cut(platform, "/")
	fmt.Fprintf(b.progress, "%s: %s\n", filepath.Base(b.out), platform)
	binary := filepath.Join(b.stage, "sluice")
	if err := b.compile(ctx, system, arch, binary); err != nil {
		return err
	}
	name := fmt.Sprintf("sluice_%s_%s_%s", b.Version, system, arch)
	if err := writeMaterials(binary, b.Version, filepath.Join(b.out, name+".cdx.json"), b.licences); err != nil {
		return err
	}
	if err := b.archive(name); err != nil {
		return err
	}
	if system != "linux" || b.nfpm == "" {
		return nil
	}
	return b.packages(ctx, arch)
}

// compile builds a static binary that says nothing of the machine that it was built on.
func (b build) compile(ctx context.Context, system, arch, into string) error {
	link := "-s -w -buildid= -X main.builtVersion=" + b.Version + " -X main.builtCommit=" + b.commit
	into, err := filepath.Abs(into)
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-mod=readonly", "-ldflags", link, "-o", into, "./cmd/sluice")
	command.Dir = b.source
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+arch, "GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=", "GOAMD64=v1", "GOARM64=v8.0")
	if b.cache != "" {
		command.Env = append(command.Env, "GOCACHE="+b.cache)
	}
	_, err = capture(command)
	return err
}

// layOut makes what is the same on every platform: manual pages, completions, documents. The program itself writes the first two.
func (b build) layOut(ctx context.Context) error {
	program := filepath.Join(b.stage, "program")
	if err := b.compile(ctx, runtime.GOOS, runtime.GOARCH, program); err != nil {
		return err
	}
	if _, err := output(ctx, program, "man", filepath.Join(b.stage, "man")); err != nil {
		return err
	}
	for shell, name := range map[string]string{"bash": "sluice.bash", "zsh": "_sluice", "fish": "sluice.fish"} {
		script, err := output(ctx, program, "completion", shell)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(b.stage, "completions", name), []byte(script+"\n")); err != nil {
			return err
		}
	}
	return b.squeeze()
}

func writeFile(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}
