package embedded_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// TestProtectionThatIsNotCarriedOutIsClosed says that a route never stands open because its protection does no work here.
func TestProtectionThatIsNotCarriedOutIsClosed(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	h.put(
		`routes/1 {"uri":"/jwt","plugins":{"jwt-auth":{},`+strings.TrimPrefix(mock("in"), `"plugins":{`)+`}`,
		`routes/2 {"uri":"/off","plugins":{"jwt-auth":{"_meta":{"disable":true}},`+strings.TrimPrefix(mock("in"), `"plugins":{`)+`}`,
	)
	if status, body := h.get("/jwt"); status != http.StatusNotImplemented || !strings.Contains(body, "jwt-auth") {
		t.Errorf("a route behind jwt-auth: got %d %s", status, body)
	}
	if status, _ := h.get("/off"); status != http.StatusOK {
		t.Errorf("a route with jwt-auth switched off: got %d", status)
	}
}
