package apisix

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
)

// canonically reads an object the long way: encoding/json, then gateway.Canonical.
func canonically(text []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil {
		return nil, err
	}
	canonical, err := gateway.Canonical(fields)
	if err != nil {
		return nil, err
	}
	return canonical.(map[string]any), nil
}

// readsAlike holds that words reads what the long way reads, and refuses what it refuses.
func readsAlike(t interface {
	Helper()
	Errorf(string, ...any)
}, text []byte) {
	t.Helper()
	want, wantErr := canonically(text)
	got, err := newWords().object(text)
	if (err != nil) != (wantErr != nil) {
		t.Errorf("%s: error %v, want %v", text, err, wantErr)
		return
	}
	if err == nil {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestWords(t *testing.T) {
	for _, text := range []string{
		`{}`, ` { } `, `{"a":[]}`, `{"a":[ ],"b":{}}`, `{"a":1,"a":2}`, `{"a":"\u00e9\n\"\\","é":"ü"}`, "{\"a\":\"\xff\"}",
		`{"a":[1,-0,1.0,1e2,1.5,-3,123456789012345678901,9007199254740993]}`, `{"a":true,"b":[false , true]}`, `{"a" : {"b" : [ {"c":1} ]}}`,
		`{"a":null}`, `{"a":[1,null]}`, `{"a":1e999}`, "{\n\t\"a\" : 1 ,\r\n \"b\":2}",
	} {
		readsAlike(t, []byte(text))
	}
	_, err := newWords().object([]byte(`{"plugins":{"a":[1,null]}}`))
	if err == nil || !strings.HasPrefix(err.Error(), "plugins.a[1]: ") {
		t.Errorf("the error does not name the place: %v", err)
	}
}

// TestWordsAreShared holds that what stands in every resource of a list is kept once, and that nobody's change shows elsewhere.
func TestWordsAreShared(t *testing.T) {
	words := newWords()
	body := []byte(`{"uri":"/a","methods":["GET","POST"],"labels":{"managed-by":"sluice"},"upstream":{"nodes":{"127.0.0.1:80":1},"type":"roundrobin"}}`)
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := words.object(body); err != nil {
			t.Fatal(err)
		}
	})
	// Four maps of two allocations each, and a list of two items that grows.
	if allocations > 14 {
		t.Errorf("%v allocations for an object of known words", allocations)
	}
	first, _ := words.object(body)
	second, _ := words.object(body)
	first["labels"].(map[string]any)["managed-by"] = "me"
	if got := second["labels"].(map[string]any)["managed-by"]; got != "sluice" {
		t.Errorf("a change of one shows in another: %v", got)
	}
}

func TestWordsReadWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(rapid.MapOf(rapid.String(), anything(3)).Draw(t, "object"))
		if err != nil {
			t.Skip(err)
		}
		readsAlike(t, text)
	})
}

func anything(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.String().AsAny(), rapid.Bool().AsAny(), rapid.Float64().AsAny(), rapid.Int64().AsAny(),
	}
	if depth > 0 {
		kinds = append(kinds, rapid.SliceOfN(anything(depth-1), 0, 3).AsAny(), rapid.MapOfN(rapid.String(), anything(depth-1), 0, 3).AsAny())
	}
	return rapid.OneOf(kinds...)
}

func FuzzWords(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":"\u0000"}],"c":1.5}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if json.Valid(text) && bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
			readsAlike(t, text)
		}
	})
}
