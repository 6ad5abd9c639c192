package openapi_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/openapi"
)

// drawPaths makes paths of few words, so that many may take the same request. Two that differ in names alone are one.
func drawPaths(t *rapid.T) []string {
	segment := rapid.SampledFrom([]string{"a", "b", "c.json", "{x}", "{y}", "{x}.json", "v-{y}", "{x}:go", "a*b", "%20", "é"})
	seen := map[string]bool{}
	var paths []string
	for range rapid.IntRange(1, 6).Draw(t, "paths") {
		path := "/" + strings.Join(rapid.SliceOfN(segment, 1, 4).Draw(t, "segments"), "/")
		if rapid.IntRange(0, 9).Draw(t, "slash") == 0 {
			path += "/"
		}
		if plain := names.ReplaceAllString(path, "{}"); !seen[plain] {
			seen[plain] = true
			paths = append(paths, path)
		}
	}
	return paths
}

var names = regexp.MustCompile(`\{[a-z]\}`)

// document writes a document in which each operation answers for itself.
func document(paths, methods []string) string {
	items := map[string]any{}
	for _, path := range paths {
		item := map[string]any{}
		for _, method := range methods {
			abort := map[string]any{"http_status": 200, "body": method + " " + path}
			item[strings.ToLower(method)] = map[string]any{"x-sluice-plugins": map[string]any{"fault-injection": map[string]any{"abort": abort}}}
		}
		items[path] = item
	}
	text, _ := json.Marshal(map[string]any{"openapi": "3.1.0", "info": map[string]any{"title": "law"}, "paths": items})
	return string(text)
}

func ask(g *embedded.Gateway, method, path string) string {
	request := httptest.NewRequest(method, "http://gw.test/", nil)
	request.URL.Path, request.RequestURI = path, ""
	request.RequestURI = request.URL.EscapedPath()
	recorder := httptest.NewRecorder()
	g.ProxyHandler().ServeHTTP(recorder, request)
	return recorder.Body.String()
}

// TestEachOperationIsAnsweredByItsOwnRoute draws documents. A request whose parameters look like nothing else reaches the operation that
// it was made for, and one that could be several reaches the most literal; nothing is answered that no operation describes.
func TestEachOperationIsAnsweredByItsOwnRoute(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		paths, methods := drawPaths(rt), []string{"GET", "POST"}
		layer, faults := imported("law.json", document(paths, methods), openapi.Options{Service: "law"})
		if faults.HasErrors() {
			rt.Fatalf("%v", faults)
		}
		state := rendered(rt, layer, "law")
		g, err := embedded.New(embedded.Config{AdminKey: "admin"})
		if err != nil {
			rt.Fatalf("%v", err)
		}
		defer g.Close()
		for _, key := range state.Keys() {
			put(rt, g, key, state[key].Spec)
		}
		for _, path := range paths {
			request := strings.ReplaceAll(names.ReplaceAllString(path, "zz9"), "%20", " ")
			want := taking(paths, request)
			for _, method := range methods {
				got := ask(g, method, request)
				if len(want) == 1 && got != method+" "+want[0] || !slices.Contains(want, strings.TrimPrefix(got, method+" ")) {
					rt.Fatalf("%s %s is answered by %q, want one of %q of %q", method, request, got, want, paths)
				}
			}
			if got := ask(g, "DELETE", request); !strings.Contains(got, "404") {
				rt.Fatalf("DELETE %s is answered by %q", request, got)
			}
		}
		if got := ask(g, "GET", "/zz9/zz9/zz9/zz9/zz9/zz9"); !strings.Contains(got, "404") {
			rt.Fatalf("a path that nothing describes is answered by %q", got)
		}
	})
}

// taking returns the paths that a request may be meant for: those of its shape with the most literal beginning.
func taking(paths []string, request string) []string {
	var found []string
	for _, path := range paths {
		pattern := names.ReplaceAllString(regexp.QuoteMeta(strings.ReplaceAll(path, "%20", " ")), "x")
		pattern = strings.NewReplacer(`\{x\}`, "[^/]+", `\{y\}`, "[^/]+").Replace(pattern)
		if regexp.MustCompile("^" + pattern + "$").MatchString(request) {
			found = append(found, path)
		}
	}
	if slices.Contains(found, request) {
		return []string{request}
	}
	return found
}

// TestIDsAreStable imports the same operations in other orders: every byte is the same, and no two routes conflict.
func TestIDsAreStable(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		paths := drawPaths(rt)
		operation := func(path string, i int) string {
			return fmt.Sprintf("  %q:\n    get: {operationId: %q, tags: [t]}\n    put: {}\n", path, []string{"list", "List", "li st", "", "é"}[i%5]+fmt.Sprint(i/2))
		}
		ordered := "openapi: 3.0.0\npaths:\n"
		reversed := ordered
		for i := range paths {
			ordered += operation(paths[i], i)
			last := len(paths) - 1 - i
			reversed += operation(paths[last], last)
		}
		o := openapi.Options{Service: "s", Params: rapid.SampledFrom([]openapi.Params{"vars", "prefix", "colon"}).Draw(rt, "params")}
		one, faults := imported("a.yaml", ordered, o)
		other, _ := imported("a.yaml", reversed, o)
		if faults.HasErrors() || string(one.Files()["service.yaml"]) != string(other.Files()["service.yaml"]) {
			rt.Fatalf("%v\n%s\n%s", faults, one.Files()["service.yaml"], other.Files()["service.yaml"])
		}
		if state := rendered(rt, one, "s"); o.Params != openapi.ParamsPrefix && len(state) != 2+2*len(paths) {
			rt.Fatalf("%d resources of %d operations", len(state), 2*len(paths))
		}
	})
}
