package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// squeeze compresses the manual pages and the changelog, as packages want them.
func (b build) squeeze() error {
	pages, err := filepath.Glob(filepath.Join(b.stage, "man", "*"))
	if err != nil {
		return err
	}
	for _, page := range pages {
		if err := squeezeFile(page, page+".gz"); err != nil {
			return err
		}
		if err := os.Remove(page); err != nil {
			return err
		}
	}
	return squeezeFile(filepath.Join(b.source, "CHANGELOG.md"), filepath.Join(b.stage, "changelog.gz"))
}

func squeezeFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var squeezed bytes.Buffer
	writer, err := gzip.NewWriterLevel(&squeezed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := writer.Write(data); err != nil {
		return err
	}
	if err := writer.Close(); err != nil {
		return err
	}
	return writeFile(to, squeezed.Bytes())
}

// packages makes the deb and the rpm of what is laid out.
func (b build) packages(ctx context.Context, arch string) error {
	for _, kind := range []string{"deb", "rpm"} {
		if err := b.pack(ctx, kind, arch); err != nil {
			return fmt.Errorf("make the %s: %w", kind, err)
		}
	}
	return nil
}

func (b build) pack(ctx context.Context, kind, arch string) error {
	stage, err := filepath.Abs(b.stage)
	if err != nil {
		return err
	}
	out, err := filepath.Abs(b.out)
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, b.nfpm, "package", "--config", "deploy/packages/nfpm.yaml", "--packager", kind, "--target", out+string(filepath.Separator))
	command.Dir = b.source
	command.Env = append(os.Environ(), "STAGE="+stage, "VERSION="+b.Version, "ARCH="+arch,
		fmt.Sprintf("SOURCE_DATE_EPOCH=%d", b.moment.Unix()))
	_, err = capture(command)
	return err
}
