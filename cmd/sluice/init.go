package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/environments/sample"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a sample config repo to begin with",
		Args:  takes("[DIR]"),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return a.init(dir)
		},
	}
}

func (a *app) init(dir string) error {
	if err := nothingThere(dir); err != nil {
		return err
	}
	if err := sample.Write(dir, schemaComment); err != nil {
		return err
	}
	if err := writeSchemas(filepath.Join(dir, filepath.FromSlash(schemasForEditors)), []*schema.Set{schema.Core()}); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, `A config repo with three services and three environments is in %[1]s. Next:

    sluice validate --repo %[1]s
    sluice render --repo %[1]s prod/prod-eu
    sluice explain --repo %[1]s prod/prod-us routes/users-read timeout.read

Make it a Git repository and let a daemon follow it; its file is shown by: sluice run --help
`, dir)
	return nil
}

// nothingThere refuses a directory in which a file of the sample exists: the sample is written whole or not at all.
func nothingThere(dir string) error {
	return fs.WalkDir(sample.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name := filepath.Join(dir, filepath.FromSlash(path))
		if _, err := os.Lstat(name); err == nil {
			return fmt.Errorf("%s is already there, and nothing was written\n\thint: name a new directory: sluice init DIR", name)
		}
		return nil
	})
}
