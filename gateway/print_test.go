package gateway_test

import (
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
)

// TestPrint says that a rotated secret shows in the print, though the canonical form has its reference alone.
func TestPrint(t *testing.T) {
	body := func(values ...string) gateway.Resource {
		spec := map[string]any{"uri": "/x"}
		var list []any
		for _, value := range values {
			list = append(list, gateway.NewSecret("name", value))
		}
		spec["secrets"] = list
		return gateway.Resource{Spec: spec}
	}
	key := []byte("key")
	first := gateway.Print(body("a", "bc"), key)
	if first != gateway.Print(body("a", "bc"), key) {
		t.Error("two prints of one body differ")
	}
	for name, other := range map[string][32]byte{
		"a rotated secret": gateway.Print(body("a", "bd"), key), "other borders": gateway.Print(body("ab", "c"), key),
		"another key": gateway.Print(body("a", "bc"), []byte("another")),
	} {
		if first == other {
			t.Errorf("%s has the same print", name)
		}
	}
}
