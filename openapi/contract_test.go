package openapi_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/openapi"
)

// TestContracts holds config repos against the documents in them. A case is a repo and the wanted faults.
func TestContracts(t *testing.T) {
	files, err := filepath.Glob("testdata/contract/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			repo := fstest.MapFS{}
			kept := *archive
			kept.Files = nil
			for _, part := range archive.Files {
				if part.Name != "want" {
					repo[part.Name] = &fstest.MapFile{Data: part.Data}
					kept.Files = append(kept.Files, part)
				}
			}
			contracts, faults := openapi.LoadContracts(repo)
			state := renderRepo(t, repo, "extends: [services/user]\ngroups: [eu]\n")
			faults.Add(contracts.Check("prod", state)...)
			text := faults.Sorted().Error()
			if text != "" {
				text += "\n"
			}
			kept.Files = append(kept.Files, txtar.File{Name: "want", Data: []byte(text)})
			compareArchive(t, file, &kept)
		})
	}
}

// TestAnImportKeepsItsContract imports drawn documents: the routes and the document agree. When a route is taken away, its operation is
// the one that is missing; when an operation is, its route is the one that is extra.
func TestAnImportKeepsItsContract(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		paths := drawPaths(rt)
		params := rapid.SampledFrom([]openapi.Params{openapi.ParamsVars, openapi.ParamsColon}).Draw(rt, "params")
		text := document(paths, []string{"GET", "PUT"})
		layer, _ := imported("law.json", text, openapi.Options{Service: "law", Params: params})
		state := rendered(rt, layer, "law")
		if faults := held(rt, text, state); faults != nil {
			rt.Fatalf("%v", faults)
		}
		if len(paths) == 1 {
			fewer := gateway.State{}
			for key, resource := range state {
				if methods, _ := resource.Spec["methods"].([]any); len(methods) == 0 || methods[0] != "PUT" {
					fewer[key] = resource
				}
			}
			want := "no route of services/law answers PUT " + paths[0] + " in prod"
			if faults := held(rt, text, fewer); len(faults) != 1 || faults[0] != want {
				rt.Fatalf("%q, want %q", faults, want)
			}
			faults := held(rt, document(paths, []string{"GET"}), state)
			if len(faults) != 1 || !strings.Contains(faults[0], "takes PUT requests that no operation describes") && !strings.Contains(faults[0], "takes requests that no operation") {
				rt.Fatalf("%q", faults)
			}
		}
	})
}

// held returns what a contract says of a state.
func held(t fataler, document string, state gateway.State) []string {
	repo := fstest.MapFS{
		"contracts/law.yaml": &fstest.MapFile{Data: []byte("openapi: law.json\nservice: law\n")},
		"law.json":           &fstest.MapFile{Data: []byte(document)},
	}
	contracts, faults := openapi.LoadContracts(repo)
	if len(faults) > 0 {
		t.Fatalf("%v", faults)
	}
	var texts []string
	for _, fault := range contracts.Check("prod", state) {
		texts = append(texts, fault.What)
	}
	return texts
}

// TestContractsThatCannotBeRead gives every fault, and never none.
func TestContractsThatCannotBeRead(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	link := &fstest.MapFile{Data: []byte("../outside.yaml"), Mode: fs.ModeSymlink}
	good := file("openapi: 3.0.0\npaths: {/a: {get: {}}}\n")
	for name, test := range map[string]struct {
		repo fstest.MapFS
		want string
	}{
		"no contracts": {fstest.MapFS{"sluice.yaml": file("")}, ""},
		"empty":        {fstest.MapFS{"contracts/a.yaml": file("")}, "contracts/a.yaml: the contract can't be read: it is empty"},
		"no service":   {fstest.MapFS{"contracts/a.yaml": file("openapi: x.yaml\n")}, "contracts/a.yaml:1:1: the contract can't be read: it does not name both"},
		"unknown key":  {fstest.MapFS{"contracts/a.yaml": file("openapi: x.yaml\nservice: a\nignored: []\n")}, "contracts/a.yaml:3:1:"},
		"outside":      {fstest.MapFS{"contracts/a.yaml": file("openapi: ../x.yaml\nservice: a\n")}, `contracts/a.yaml:1:10: the contract can't be read: "../x.yaml" is no path`},
		"not there":    {fstest.MapFS{"contracts/a.yaml": file("openapi: x.yaml\nservice: a\n")}, `contracts/a.yaml:1:10: the contract can't be read: "x.yaml": file does not exist`},
		"a link":       {fstest.MapFS{"contracts/a.yaml": link}, "contracts/a.yaml: the contract can't be read: it is no ordinary file"},
		"to a link":    {fstest.MapFS{"contracts/a.yaml": file("openapi: x.yaml\nservice: a\n"), "x.yaml": link}, "it is no ordinary file"},
		"a directory":  {fstest.MapFS{"contracts/a.yaml": file("openapi: d\nservice: a\n"), "d/x.yaml": good}, "it is no ordinary file"},
		"bad document": {fstest.MapFS{"contracts/a.yaml": file("openapi: x.yaml\nservice: a\n"), "x.yaml": file("swagger: '2.0'\n")}, "x.yaml:1:10: this is a document of Swagger 2.0"},
		"a file":       {fstest.MapFS{"contracts": file("x")}, "contracts: the contract can't be read"},
	} {
		t.Run(name, func(t *testing.T) {
			contracts, faults := openapi.LoadContracts(test.repo)
			if got := faults.Error(); !strings.Contains(got, test.want) || test.want == "" && got != "" {
				t.Errorf("faults %q, want %q", got, test.want)
			}
			if len(contracts) > 0 || test.want != "" && !faults.HasErrors() {
				t.Errorf("%d contracts, faults %v", len(contracts), faults)
			}
		})
	}
}

// TestAServiceThatIsNotThere is silent in an environment that the contract does not name, and told where no environment has it.
func TestAServiceThatIsNotThere(t *testing.T) {
	for where, want := range map[string][2]string{
		"":                       {"", "contracts/a.yml:2:10: warning: no environment has services/a"},
		"environments: [prod]\n": {"contracts/a.yml:2:10: warning: prod has no services/a", "no environment has services/a"},
		"environments: [test]\n": {"", `contracts/a.yml:3:16: there is no environment "test"`},
	} {
		contracts, faults := openapi.LoadContracts(fstest.MapFS{
			"contracts/a.yml": &fstest.MapFile{Data: []byte("openapi: x.json\nservice: a\n" + where)},
			"x.json":          &fstest.MapFile{Data: []byte(document([]string{"/a"}, []string{"GET"}))},
		})
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		if got := contracts.Check("prod", gateway.State{}).Error(); !strings.Contains(got, want[0]) || (got == "") != (want[0] == "") {
			t.Errorf("%q: got %q, want %q", where, got, want[0])
		}
		if got := contracts.CheckNames([]string{"prod"}, nil).Error(); !strings.Contains(got, want[1]) {
			t.Errorf("%q: got %q, want %q", where, got, want[1])
		}
		if got := contracts.CheckNames([]string{"prod", "test"}, []string{"a"}); len(got) > 0 {
			t.Errorf("%q: got %v", where, got)
		}
	}
}
