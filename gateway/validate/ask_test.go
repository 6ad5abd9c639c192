package validate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// judge is an Admin API that refuses whatever holds one of these words, by the place in what it was sent.
func judge(t *testing.T, words map[string]string) (ask func([]Item) ([]gateway.Fault, error), requests *int) {
	t.Helper()
	requests = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*requests++
		var sent map[string][]json.RawMessage
		if r.ContentLength > mostBytes || json.NewDecoder(r.Body).Decode(&sent) != nil || r.URL.Path != "/base/configs/validate" {
			t.Errorf("%s with %d bytes", r.URL.Path, r.ContentLength)
		}
		complaints := []map[string]any{}
		for section, items := range sent {
			for i, body := range items {
				for word, text := range words {
					if strings.Contains(string(body), word) {
						complaints = append(complaints, map[string]any{"resource_type": section, "index": i, "error": text})
					}
				}
			}
		}
		w.Header().Set("Content-Type", "application/json")
		if len(complaints) > 0 {
			w.WriteHeader(http.StatusBadRequest)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"errors": complaints})
	}))
	t.Cleanup(server.Close)
	client, err := admin.NewClient(admin.Config{Key: func() (gateway.Secret, error) { return gateway.NewSecret("", "key-of-admin"), nil }})
	if err != nil {
		t.Fatal(err)
	}
	return func(items []Item) ([]gateway.Fault, error) {
		return Ask(t.Context(), client, admin.Call{Op: "validate", URL: server.URL + "/base"}, items)
	}, requests
}

// TestAsk finds the resource and the field in every one of several requests, hides secrets, and leaves out what may move.
func TestAsk(t *testing.T) {
	ask, requests := judge(t, map[string]string{
		"bad-uri": `property "uri" validation failed: wrong hunter2`, "moves": "duplicate key of plugin key-auth found with consumer: jack",
	})
	var items []Item
	for i := range 40 {
		body := fmt.Sprintf(`{"id":"%d","uri":%q}`, i, strings.Repeat("a", 100_000))
		switch {
		case i%13 == 5:
			body = strings.Replace(body, "aaa", "bad-uri", 1)
		case i%13 == 6:
			body = strings.Replace(body, "aaa", "moves", 1)
		}
		r := gateway.Resource{Key: gateway.Key{Kind: gateway.Routes, ID: fmt.Sprintf("r%02d", i)}, Spec: map[string]any{"uri": "/"}}
		items = append(items, Item{Resource: r, Section: "routes", Body: []byte(body), Hidden: []string{"hunter2"}})
	}
	huge := Item{Resource: gateway.Resource{Key: gateway.Key{Kind: gateway.Protos, ID: "p"}}, Section: "protos", Body: make([]byte, mostBytes)}
	if huge.Fits() {
		t.Error("what fills a request by itself fits")
	}
	faults, err := ask(append(items, huge))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, fault := range faults {
		got = append(got, fault.String())
	}
	const says = ` uri: is refused by the gateway: property "uri" validation failed: wrong ***`
	if diff := cmp.Diff([]string{"routes/r05" + says, "routes/r18" + says, "routes/r31" + says}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if *requests != 4 {
		t.Errorf("%d requests for 4 MB, want 4", *requests)
	}
}

func TestAskAboutNothing(t *testing.T) {
	ask, requests := judge(t, nil)
	if faults, err := ask(nil); len(faults) > 0 || err != nil || *requests > 0 {
		t.Errorf("%v, %v, %d requests", faults, err, *requests)
	}
}
