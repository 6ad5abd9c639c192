package openapi_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/openapi"
)

var marked = regexp.MustCompile("(?s)<!-- (document|layer) -->\n```yaml\n(.*?)```")

// TestExampleInTheDocs imports the document of docs/openapi.md: the layer there is what comes of it.
func TestExampleInTheDocs(t *testing.T) {
	const name = "../docs/openapi.md"
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	found := marked.FindAllStringSubmatch(string(page), -1)
	if len(found) != 2 {
		t.Fatalf("%d examples", len(found))
	}
	layer, faults := imported("user.yaml", found[0][2], openapi.Options{Service: "user"})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	got := string(layer.Files()["service.yaml"])
	if *update {
		text := strings.Replace(string(page), found[1][0], "<!-- layer -->\n```yaml\n"+got+"```", 1)
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(found[1][2], got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	rendered(t, layer, "user")
}
