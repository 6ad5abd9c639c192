package apisix

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// FuzzReadList holds that a list is whole or an error: what encoding/json reads of an accepted answer counts the same.
func FuzzReadList(f *testing.F) {
	for _, text := range []string{
		empty, `{"list":{},"total":0}`, `{"total":1,"list":[{"key":"/a","value":{}}]}`, `{"list":[],"total":0}x`, `{"list":[{}],"total":1}`,
		`{"list":[],"list":[{"value":{}}],"total":1}`, `{"total":0,"list":[`, `[]`, `{`, `{"list":[]`, `{"list":[],"total":0,"x":[{}]}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		taken := 0
		err := readList(http.Header{"Content-Type": {"application/json"}}, strings.NewReader(text), func(entry) error {
			taken++
			return nil
		})
		if err != nil {
			return
		}
		var said struct {
			Total int `json:"total"`
		}
		if err := json.Unmarshal([]byte(text), &said); err != nil {
			t.Fatalf("took %q, which is no JSON: %v", text, err)
		}
		if taken < said.Total {
			t.Fatalf("took %d of %q", taken, text)
		}
	})
}
