package embedded_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// TestAConsumerDoesNotOpenWhatIsClosed has a consumer that names its own hmac-auth and comes in by another way.
func TestAConsumerDoesNotOpenWhatIsClosed(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	h.put(
		`consumers/jack {"username":"jack","plugins":{"basic-auth":{"username":"jack","password":"pw"},"hmac-auth":{"key_id":"k","secret_key":"s"}}}`,
		`routes/1 {"uri":"/both","plugins":{"basic-auth":{},"hmac-auth":{},`+strings.TrimPrefix(mock("in"), `"plugins":{`)+`}`,
		`routes/2 {"uri":"/one","plugins":{"basic-auth":{},`+strings.TrimPrefix(mock("in"), `"plugins":{`)+`}`,
	)
	jack := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("jack:pw"))
	if status, body := h.get("/one", jack); status != http.StatusOK {
		t.Errorf("a route behind basic-auth alone: got %d %s", status, body)
	}
	if status, body := h.get("/both", jack); status != http.StatusNotImplemented {
		t.Errorf("a route behind hmac-auth too: got %d %s", status, body)
	}
}

// TestProtectionThatIsNotCarriedOutIsClosed says that a route never stands open because its protection does no work here.
func TestProtectionThatIsNotCarriedOutIsClosed(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	h.put(
		`routes/1 {"uri":"/hmac","plugins":{"hmac-auth":{},`+strings.TrimPrefix(mock("in"), `"plugins":{`)+`}`,
		`routes/2 {"uri":"/off","plugins":{"hmac-auth":{"_meta":{"disable":true}},`+strings.TrimPrefix(mock("in"), `"plugins":{`)+`}`,
	)
	if status, body := h.get("/hmac"); status != http.StatusNotImplemented || !strings.Contains(body, "hmac-auth") {
		t.Errorf("a route behind hmac-auth: got %d %s", status, body)
	}
	if status, _ := h.get("/off"); status != http.StatusOK {
		t.Errorf("a route with hmac-auth switched off: got %d", status)
	}
}
