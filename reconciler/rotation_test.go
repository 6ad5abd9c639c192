package reconciler_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// store is a place of secrets that may be away.
type store struct {
	mu      sync.Mutex
	secrets map[string]string
	away    bool
}

type away struct{ error }

func (away) Temporary() bool { return true }

func (s *store) Env(name string) (string, error) {
	return "", fmt.Errorf("variable %q: %w", name, fs.ErrNotExist)
}

func (s *store) Secret(name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return "", fmt.Errorf("secret %q: %w", name, away{errors.New("connection refused")})
	}
	text, ok := s.secrets[name]
	if !ok {
		return "", fmt.Errorf("secret %q: %w", name, fs.ErrNotExist)
	}
	return text, nil
}

func (s *store) set(name, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[name] = text
}

const withSecret = `
-- base/secret.yaml --
routes:
  headed: {service_id: users, uri: /headed, plugins: {proxy-rewrite: {headers: {set: {X-Auth: "Bearer ${secret(api)}"}}}}}
consumers:
  alice: {credentials: {main: {plugins: {key-auth: {key: "${secret(alice)}"}}}}}
`

func newSecretRig(t *testing.T, more string) (*rig, *store) {
	t.Helper()
	r := newRig(t)
	s := &store{secrets: map[string]string{"api": "canary-api-1", "alice": "canary-alice-1"}}
	r.config.Values = s
	r.restart()
	r.write(withSecret + more)
	r.commit("secrets")
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	r.writes()
	return r, s
}

// header is what the gateway of a group sets.
func (r *rig) header(group string) string {
	r.t.Helper()
	resource := r.live(group)[gateway.Key{Kind: gateway.Routes, ID: "headed"}]
	return fmt.Sprint(resource.Spec["plugins"].(map[string]any)["proxy-rewrite"].(map[string]any)["headers"].(map[string]any)["set"].(map[string]any)["X-Auth"])
}

func (r *rig) lastEntry(env, group string) record.Entry {
	r.t.Helper()
	entries, err := r.config.Journal.Entries(record.Filter{Environment: env, Group: group, Limit: 1})
	if err != nil || len(entries) == 0 {
		r.t.Fatalf("entries of %s/%s: %v, %v", env, group, entries, err)
	}
	return entries[0]
}

func TestARotatedSecretIsSentWithoutACommit(t *testing.T) {
	r, s := newSecretRig(t, "")
	s.set("api", "canary-api-2")
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	put := []string{"PUT routes/headed"}
	if diff := cmp.Diff(map[string][]string{"test": put, "uat": put, "prod-eu": put, "prod-us": put}, r.writes()); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	if got := r.header("prod-eu"); got != "Bearer canary-api-2" {
		t.Errorf("the gateway has %q", got)
	}
	entry := r.lastEntry("prod", "prod-eu")
	if entry.Reason != "rotation" || entry.State != record.Applied || len(entry.Rotated) != 1 || !strings.HasPrefix(entry.Rotated[0], "secret(api)#") {
		t.Errorf("journal: %+v", entry)
	}
	r.pass()
	r.restart()
	r.pass()
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("the secret was written again: %v", writes)
	}
	raw, err := os.ReadFile(r.journal)
	if err != nil || strings.Contains(string(raw), "canary") || strings.Contains(string(raw), "Bearer") {
		t.Errorf("a value is in the journal: %v", err)
	}
}

// TestARotatedSecretIsNobodysDrift says that it is sent under drift: report as well, and nothing else with it.
func TestARotatedSecretIsNobodysDrift(t *testing.T) {
	r, s := newSecretRig(t, "-- environments/prod/environment.yaml --\nextends: [base]\nafter: [uat]\ngroups: [prod-eu, prod-us]\nvars: {domain: acme.example}\ndrift: report\n")
	r.put("prod-us", "routes/users", byHand)
	r.put("prod-us", "routes/stray", byHand)
	s.set("alice", "canary-alice-2")
	r.pass()
	writes := r.writes()
	put := []string{"PUT consumers/alice/credentials/main"}
	if diff := cmp.Diff(map[string][]string{"test": put, "uat": put, "prod-eu": put, "prod-us": put}, writes); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	env, _ := r.Status().Environment("prod")
	if env.State != "applied" || env.Groups[0].Drift != 0 || env.Groups[1].Drift != 2 {
		t.Errorf("status %+v", env)
	}
	if entry := r.lastEntry("prod", "prod-us"); entry.Reason != "rotation" || cmp.Diff([]string{"secret(alice)"}, entry.Rotated) != "" {
		t.Errorf("journal: %+v", entry)
	}
	r.pass()
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("a second pass wrote %v", writes)
	}
	if env, _ := r.Status().Environment("prod"); env.Groups[1].Drift != 2 {
		t.Errorf("the drift is not told any more: %+v", env)
	}
}

// TestASecretThatWasChangedOnTheGatewayIsDrift says that not every difference in a secret is a rotation.
func TestASecretThatWasChangedOnTheGatewayIsDrift(t *testing.T) {
	r, _ := newSecretRig(t, "-- environments/prod/environment.yaml --\nextends: [base]\nafter: [uat]\ngroups: [prod-eu, prod-us]\nvars: {domain: acme.example}\ndrift: report\n")
	byHand := map[string]any{"plugins": map[string]any{"key-auth": map[string]any{"key": "by-hand"}}, "labels": map[string]any{"managed-by": "sluice"}}
	r.put("prod-eu", "credentials/alice/main", byHand)
	r.put("test", "credentials/alice/main", byHand)
	r.pass()
	writes := r.writes()
	if diff := cmp.Diff(map[string][]string{"test": {"PUT consumers/alice/credentials/main"}}, writes); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	if entry := r.lastEntry("test", "test"); entry.Reason != "drift" || len(entry.Rotated) > 0 {
		t.Errorf("journal: %+v", entry)
	}
	if env, _ := r.Status().Environment("prod"); env.Groups[0].Drift != 1 {
		t.Errorf("status %+v", env)
	}
}

// TestMarksOfSecretsAreWrittenWhenOneChanges says that a commit that changes no secret does not repeat them.
func TestMarksOfSecretsAreWrittenWhenOneChanges(t *testing.T) {
	r, _ := newSecretRig(t, "")
	if entry := r.lastEntry("test", "test"); len(entry.Secrets) != 2 {
		t.Errorf("the first entry marks %v", entry.Secrets)
	}
	r.write("-- base/more.yaml --\nroutes:\n  more: {service_id: users, uri: /more}\n")
	r.commit("no secret changes")
	r.pass()
	if entry := r.lastEntry("test", "test"); entry.Created != 1 || entry.Secrets != nil {
		t.Errorf("the second entry: %+v", entry)
	}
}

func TestAMissingSecretIsAFaultOfTheEnvironmentThatNamesIt(t *testing.T) {
	r, s := newSecretRig(t, "")
	r.write("-- environments/uat/own.yaml --\nconsumers:\n  bob: {credentials: {main: {plugins: {key-auth: {key: \"${secret(bob)}\"}}}}}\n")
	r.commit("a secret that is not there")
	r.pass()
	r.wantStates("test unchanged, uat failed, prod queued")
	env, _ := r.Status().Environment("uat")
	for _, want := range []string{"environments/uat/own.yaml:2:56", `secret "bob"`, "hint:"} {
		if !strings.Contains(env.Detail, want) {
			t.Errorf("%q is not in %q", want, env.Detail)
		}
	}
	s.set("bob", "canary-bob")
	r.pass()
	r.wantStates("test unchanged, uat applied, prod unchanged")
}

// TestSecretsOutOfReachAreTriedAgain says that this is trouble, and no end of a commit.
func TestSecretsOutOfReachAreTriedAgain(t *testing.T) {
	r, s := newSecretRig(t, "")
	s.mu.Lock()
	s.away = true
	s.mu.Unlock()
	r.write("-- base/more.yaml --\nroutes:\n  more: {service_id: users, uri: /more}\n")
	commit := r.commit("while the store is away")
	if pass := r.pass(); pass.Next == 0 {
		t.Error("the pass does not ask for another one")
	}
	r.wantStates("test planning, uat queued, prod queued")
	env, _ := r.Status().Environment("test")
	if !strings.Contains(env.Text, "connection refused (and 1 more), retrying") {
		t.Errorf("status %+v", env)
	}
	if entries := r.entries("test", commit); len(entries) > 0 {
		t.Errorf("the journal holds an end: %v", entries)
	}
	s.mu.Lock()
	s.away = false
	s.mu.Unlock()
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
}

// TestARotationThatIsRefusedIsNoLeaveToHeal says that what could not be sent is tried again, and that drift is still told of only.
func TestARotationThatIsRefusedIsNoLeaveToHeal(t *testing.T) {
	r, s := newSecretRig(t, "-- environments/test/environment.yaml --\nextends: [base]\ngroups: [test]\nvars: {domain: test.acme.example}\ndrift: report\n")
	r.put("test", "routes/users", byHand)
	s.set("alice", "canary-alice-2")
	r.faults["test"].set(func(req *http.Request) (int, string) {
		if req.Method == http.MethodPut && strings.Contains(req.URL.Path, "/credentials/") {
			body, _ := io.ReadAll(req.Body)
			return http.StatusBadRequest, fmt.Sprintf(`{"error_msg":%q}`, "not today: "+string(body))
		}
		return 0, ""
	})
	r.pass()
	r.wantStates("test failed, uat applied, prod applied")
	if env, _ := r.Status().Environment("test"); strings.Contains(fmt.Sprint(env), "canary") {
		t.Errorf("the status shows the secret: %+v", env)
	}
	r.faults["test"].set(nil)
	r.writes()
	r.Retry()
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	if diff := cmp.Diff([]string{"PUT consumers/alice/credentials/main"}, r.writes()["test"]); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}
