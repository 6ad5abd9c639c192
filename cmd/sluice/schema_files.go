package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway/schema"
	"github.com/sluice-gitops/sluice/policy"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/settings"
)

// schemasForEditors is where init puts the schemas of the files that people write, from the root of the config repo.
const schemasForEditors = ".sluice/schema"

func schemaNames() []string { return []string{"root", "environment", "fragment", "policies", "daemon"} }

// takesSchema takes the name of one schema, or none.
func takesSchema(_ *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usageError{fmt.Errorf("unexpected argument %q", args[1])}
	}
	for _, name := range schemaNames() {
		if len(args) == 0 || args[0] == name {
			return nil
		}
	}
	return usageError{fmt.Errorf("unknown schema %q; %s", args[0], diag.DidYouMean(args[0], schemaNames(), "there are "+strings.Join(schemaNames(), ", ")))}
}

// schema prints one schema, or writes all.
func (a *app) schema(args []string, dir, repo string) error {
	sets, err := knownSets(repo)
	if err != nil {
		return err
	}
	if len(args) == 1 {
		text, err := schemaText(args[0], sets)
		if err != nil {
			return err
		}
		_, err = a.stdout.Write(text)
		return err
	}
	if err := writeSchemas(dir, sets); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%s written to %s\n", count(len(schemaNames()), "schema"), dir)
	return err
}

// writeSchemas writes every schema as NAME.json, over what stood there.
func writeSchemas(dir string, sets []*schema.Set) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write schemas: %w", err)
	}
	for _, name := range schemaNames() {
		text, err := schemaText(name, sets)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name+".json"), text, 0o644); err != nil {
			return fmt.Errorf("write schemas: %w", err)
		}
	}
	return nil
}

func schemaText(name string, sets []*schema.Set) ([]byte, error) {
	var described map[string]any
	switch name {
	case "root":
		described = environments.RootSchema()
	case "environment":
		described = environments.Schema()
	case "fragment":
		described = render.FragmentSchema(sets...)
	case "policies":
		described = policy.Schema()
	case "daemon":
		described = settings.Schema()
	}
	described["$schema"] = "http://json-schema.org/draft-07/schema#"
	text, err := json.MarshalIndent(described, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write schema %s: %w", name, err)
	}
	return append(text, '\n'), nil
}

// knownSets are the built-in schemas of gateways, and those that the config repo at dir holds, if it is one.
func knownSets(dir string) ([]*schema.Set, error) {
	sets := []*schema.Set{schema.Core()}
	root, err := repoRoot(dir)
	if err != nil {
		return sets, nil
	}
	files, err := fs.Glob(os.DirFS(root), render.SchemasDir+"/*.json")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			return nil, fmt.Errorf("read schemas: %w", err)
		}
		set, err := schema.Decode(text)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("read %s", file), err)
		}
		sets = append(sets, set)
	}
	return sets, nil
}

// schemaComment is the first line of a file of a config repo, by which editors find its schema; "" for files without one.
func schemaComment(file string) string {
	name := "fragment"
	switch dir := path.Dir(file); {
	case path.Ext(file) != ".yaml":
		return ""
	case file == "sluice.yaml":
		name = "root"
	case path.Base(file) == "environment.yaml" && path.Dir(dir) == "environments":
		name = "environment"
	case strings.HasPrefix(file, "policies/"):
		name = "policies"
	}
	up := strings.Repeat("../", strings.Count(file, "/"))
	return fmt.Sprintf("# yaml-language-server: $schema=%s%s/%s.json\n", up, schemasForEditors, name)
}
