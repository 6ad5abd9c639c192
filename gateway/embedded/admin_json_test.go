package embedded_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway/embedded"
)

func TestFaultsOfJSONAreToldInTheReadersWords(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	for body, want := range map[string]string{
		`{"uri":"/x",`:              "Expected object key string but found T_END at character 13",
		`{`:                         "Expected object key string but found T_END at character 2",
		`{"a":`:                     "Expected value but found T_END at character 6",
		`{"a":[1`:                   "Expected comma or array end but found T_END at character 8",
		`{"a":1`:                    "Expected comma or object end but found T_END at character 7",
		`not json`:                  "Expected value but found invalid token at character 1",
		`{"a":nope}`:                "Expected value but found invalid token at character 6",
		`{} x`:                      "Expected the end but found invalid token at character 4",
		strings.Repeat("[", 1001):   "Found too many nested data structures (1001) at character 1001",
		`{"a":"` + "[" + `","b":1}`: "",
	} {
		status, answer := h.admin(http.MethodPut, "routes/r", body)
		var got struct {
			Message string `json:"error_msg"`
		}
		if err := json.Unmarshal([]byte(answer), &got); err != nil {
			t.Fatal(err)
		}
		if message, ok := strings.CutPrefix(got.Message, "invalid request body: "); status != http.StatusBadRequest || ok != (want != "") || ok && message != want {
			t.Errorf("%.40s: got %d %s, want %s", body, status, got.Message, want)
		}
	}
}
