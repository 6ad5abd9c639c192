package openapi_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/openapi"
	"github.com/sluice-gitops/sluice/render"
)

// fataler is what tests and properties have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// rendered renders a config repo that has a layer. There must be no fault, not even a warning.
func rendered(t fataler, layer openapi.Layer, service string) gateway.State {
	t.Helper()
	env := "extends: [services/" + service + "]\ngroups: [eu]\nvars:\n  none: x\n"
	for _, name := range layer.Variables {
		env += "  " + name + ": backend:8080\n"
	}
	repo := fstest.MapFS{}
	for name, data := range layer.Files() {
		repo["services/"+service+"/"+name] = &fstest.MapFile{Data: data}
	}
	return renderRepo(t, repo, env)
}

func renderRepo(t fataler, repo fstest.MapFS, env string) gateway.State {
	t.Helper()
	repo["sluice.yaml"] = &fstest.MapFile{Data: []byte("version: 1\n")}
	repo["environments/prod/environment.yaml"] = &fstest.MapFile{Data: []byte(env)}
	tree := environments.Load(repo)
	prod, ok := tree.Find("prod")
	if !ok || len(tree.Faults)+len(prod.Faults) > 0 {
		t.Fatalf("load: %v %v", tree.Faults, prod.Faults)
	}
	state, faults := render.New().Render(repo, tree, prod, "eu", nil)
	if len(faults) > 0 {
		t.Fatalf("render: %v", faults)
	}
	return state
}

// putAll gives a state to a gateway, which must take all of it, plugins included.
func putAll(t testing.TB, state gateway.State) *embedded.Gateway {
	t.Helper()
	g, err := embedded.New(embedded.Config{AdminKey: "admin"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	for _, key := range state.Keys() {
		put(t, g, key, state[key].Spec)
	}
	return g
}

func put(t fataler, g *embedded.Gateway, key gateway.Key, spec map[string]any) {
	t.Helper()
	body := maps.Clone(spec)
	delete(body, "id")
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	request := httptest.NewRequest(http.MethodPut, "/apisix/admin/"+key.String(), strings.NewReader(string(text)))
	request.Header.Set("X-API-KEY", "admin")
	recorder := httptest.NewRecorder()
	g.AdminHandler().ServeHTTP(recorder, request)
	if recorder.Code > 299 {
		t.Fatalf("put %s: %d %s\n%s", key, recorder.Code, recorder.Body, text)
	}
}
