package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/openapi"
)

// openapiImport are the flags of import openapi.
type openapiImport struct {
	openapi.Options
	params, to   string
	force, check bool
}

func (a *app) importOpenAPICommand() *cobra.Command {
	var i openapiImport
	cmd := &cobra.Command{
		Use:   "openapi FILE --service NAME",
		Short: "Write a layer from an OpenAPI 3 document: a service, its upstream, and a route for each operation",
		Long: `Openapi reads a document of OpenAPI 3, in YAML or JSON, and writes the layer services/NAME. When the layer is there already it says
which routes come, change and go, and replaces what nobody changed by hand. It reads no other file, and asks no network.`,
		Example: `  sluice import openapi user.yaml --service user --to repo
  sluice import openapi user.yaml --service user --to repo --check`,
		Args:                  takes("FILE"),
		DisableFlagsInUseLine: true,
		RunE:                  func(_ *cobra.Command, args []string) error { return a.importOpenAPI(i, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&i.Service, "service", "", "the `NAME` of the service and of its layer")
	flags.StringVarP(&i.to, "to", "C", ".", "the config repo's `DIR`")
	flags.StringArrayVar(&i.Hosts, "host", nil, "a `HOST` that the service answers for; may be said several times. All when not given")
	flags.StringVar(&i.Upstream, "upstream", "", "where requests go, as `HOST:PORT`, not to the servers of the document")
	flags.StringVar(&i.params, "params", string(openapi.ParamsVars), "the `WAY` in which paths with parameters are told apart: vars, prefix or colon")
	flags.BoolVar(&i.force, "force", false, "replace files that were changed by hand")
	flags.BoolVar(&i.check, "check", false, "write nothing; exit status 2 when the layer differs")
	_ = cmd.MarkFlagDirname("to")
	_ = cmd.RegisterFlagCompletionFunc("params", cobra.FixedCompletions([]string{"vars", "prefix", "colon"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) importOpenAPI(i openapiImport, file string) error {
	i.Params = openapi.Params(i.params)
	if i.Service == "" {
		return usageError{errors.New("--service is missing")}
	}
	if err := i.Check(); err != nil {
		return usageError{err}
	}
	layer, err := a.openapiLayer(i, file)
	if err != nil {
		return err
	}
	target := layerFiles{root: i.to, dir: filepath.Join("services", i.Service)}
	before, err := target.read()
	if err != nil {
		return err
	}
	files := layer.Files()
	differences, faults := openapi.Compare(target.named(before), target.named(files))
	if err := faults.Err(); err != nil {
		return err
	}
	a.tellDifferences(target, len(before) == 0, differences, layer)
	switch {
	case len(differences) == 0:
		return nil
	case i.check:
		return errDifferences
	}
	if err := target.write(before, files, i.force); err != nil {
		return err
	}
	a.openapiNext(i, layer)
	return nil
}

// openapiLayer makes the layer, and tells what has no counterpart.
func (a *app) openapiLayer(i openapiImport, file string) (openapi.Layer, error) {
	data, err := readBounded(file)
	if err != nil {
		return openapi.Layer{}, fmt.Errorf("read OpenAPI document: %w", err)
	}
	doc, faults := openapi.Read(file, data)
	if err := faults.Err(); err != nil {
		return openapi.Layer{}, err
	}
	layer, more := openapi.Import(doc, i.Options)
	faults = append(faults, more...)
	if err := faults.Err(); err != nil {
		return openapi.Layer{}, err
	}
	if len(faults) > 0 {
		fmt.Fprintln(a.stderr, a.faultText(faults.Sorted()))
	}
	return layer, nil
}

// readBounded reads a file, but no more of it than is needed to see that it is too large.
func readBounded(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, openapi.MaxSize+1))
}
