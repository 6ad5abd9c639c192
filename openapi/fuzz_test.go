package openapi_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/sluice-gitops/sluice/openapi"
)

// FuzzContract reads anything as a contract beside a document: faults say where and how to mend them, and only files of the repo are
// read.
func FuzzContract(f *testing.F) {
	f.Add("openapi: api.yaml\nservice: user\nignore: [GET /x, 'routes/a']\nbasePath: /v1/\nenvironments: [prod]\n")
	f.Add("openapi: ../api.yaml\nservice: user\n")
	f.Add("openapi: /etc/passwd\nservice: [user]\n")
	f.Add("openapi: link\nservice: user\n")
	f.Add("openapi: contracts/../api.yaml\nservice: &a {b: *a}\n")
	f.Add("openapi: .\nservice: user\nenvironments: x\n")
	f.Fuzz(func(t *testing.T, text string) {
		contracts, faults := openapi.LoadContracts(fstest.MapFS{
			"contracts/a.yaml": {Data: []byte(text)},
			"api.yaml":         {Data: []byte("openapi: 3.0.0\npaths: {/x: {get: {}}}\n")},
			"link":             {Mode: fs.ModeSymlink, Data: []byte("api.yaml")},
		})
		faults.Add(contracts.Check("prod", nil)...)
		for _, fault := range faults {
			if fault.Code == "" || fault.Hint == "" || fault.Pos.File != "contracts/a.yaml" && fault.Pos.File != "api.yaml" {
				t.Errorf("incomplete fault: %#v", fault)
			}
		}
		if len(contracts) == 0 && len(faults) == 0 {
			t.Errorf("%q is neither a contract nor a fault", text)
		}
	})
}
