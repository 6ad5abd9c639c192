package daemon

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/verify"
)

// TestVerifierByTheDaemonsFile holds who is asked for what: instances and embedded gateways for their health, and probes and queries
// where the file lets them go.
func TestVerifierByTheDaemonsFile(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/v1/query") {
			w.Write([]byte(`{"status": "success", "data": {"resultType": "scalar", "result": [1, "0"]}}`))
		}
	}))
	defer upstream.Close()
	s := settings.Settings{
		GatewayGroups: map[string]settings.GatewayGroup{
			"inside": {Type: settings.Embedded, Environment: "prod", Parallel: 1, Timeout: time.Second},
			"edge": {Type: settings.APISIX, Environment: "prod", AdminURL: "http://edge:9180", AdminKeyEnv: "EDGE_KEY",
				Instances: []settings.Instance{{StatusURL: upstream.URL}, {ControlURL: "http://edge-2:9090"}}},
			"dark": {Type: settings.APISIX, Environment: "prod", AdminURL: "http://dark:9180", AdminKeyEnv: "EDGE_KEY"},
		},
		Allow: settings.Allow{Probes: []string{"http://127.0.0.1:*/users"}}, Prometheus: settings.Prometheus{URL: upstream.URL},
	}
	var lag time.Duration
	groups, err := OpenGroups(s, &lag, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer groups.Close()
	verifier, err := Verifier(s, groups)
	if err != nil {
		t.Fatal(err)
	}
	wave := waveOf(t, upstream.URL, "inside", "edge")
	if faults := verifier.Faults(wave); len(faults) > 0 {
		t.Fatal(faults)
	}
	if check, failed := verifier.Verify(t.Context(), wave, nil).Failed(); failed {
		t.Errorf("%+v does not hold", check)
	}
	text := verifier.Faults(waveOf(t, "http://elsewhere", "inside", "dark")).Error()
	for _, want := range []string{"does not let probes go to http://elsewhere/users", "health of dark is not known"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q among the faults:\n%s", want, text)
		}
	}
}

func waveOf(t *testing.T, upstream string, groups ...string) verify.Wave {
	t.Helper()
	repo := fstest.MapFS{
		"sluice.yaml": {Data: []byte("version: 1\n")},
		"environments/prod/environment.yaml": {Data: []byte("groups: [[" + strings.Join(groups, ", ") + "]]\nempty: true\n" +
			"rollout: {verify: {health: true, timeout: 20s, probes: [{name: users, url: '" + upstream +
			"/users'}], metrics: [{name: 5xx, query: x, max: 1}]}}\n")},
	}
	tree := environments.Load(repo)
	env, _ := tree.Find("prod")
	if err := env.Faults.Err(); err != nil {
		t.Fatal(err)
	}
	return verify.Wave{FS: repo, Tree: tree, Environment: env, Groups: groups}
}
