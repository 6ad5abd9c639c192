package daemon

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/web/access"
)

const keptOutHouse = `
-- repo/sluice.yaml --
version: 1
-- repo/environments/test/environment.yaml --
groups: [test-eu]
-- repo/environments/test/routes.yaml --
routes:
  users: {uri: /users/*, upstream: {nodes: {"127.0.0.1:1980": 1}}}
-- sluice.yaml --
repository: {url: repo}
journal: {path: journal}
listen: 127.0.0.1:0
gatewayGroups:
  test-eu: {type: embedded, environment: test, settle: 10ms}
access:
  tokens:
    - {name: ann, role: operator, environments: [test], sha256: ANN}
    - {name: bob, role: viewer, sha256: BOB}
`

// TestATokenThatIsTakenOutIsRefusedAtOnce takes a token out of the daemon's file while a pass runs, which may take long: the token is refused
// all the same, and the others are not.
func TestATokenThatIsTakenOutIsRefusedAtOnce(t *testing.T) {
	hash := func(name string) string { return fmt.Sprintf("%x", access.HashToken(name+"-token")) }
	file, _ := build(t, strings.NewReplacer("ANN", hash("ann"), "BOB", hash("bob")).Replace(keptOutHouse))
	d := runDaemon(t, file)
	ask := func(name string) (int, access.Who) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.URL()+"/api/v1/whoami", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+name+"-token")
		answer, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var who access.Who
		_ = json.NewDecoder(answer.Body).Decode(&who) // a refusal tells of nobody
		return answer.StatusCode, who
	}
	if status, who := ask("ann"); status != 200 || who.Role != access.Viewer || !who.May(access.Operator, "test") || who.May(access.Operator, "prod") {
		t.Fatalf("ann is answered %d: %+v", status, who)
	}
	goOn, err := d.Reconciler().Rest(t.Context()) // as a pass does
	if err != nil {
		t.Fatal(err)
	}
	defer goOn()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, after, _ := strings.Cut(string(text), "    - {name: ann")
	_, after, _ = strings.Cut(after, "\n")
	if err := os.WriteFile(file, []byte(before+after), 0o600); err != nil {
		t.Fatal(err)
	}
	status := 200
	for end := time.Now().Add(15 * time.Second); status == 200 && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		status, _ = ask("ann")
	}
	if other, _ := ask("bob"); status != 401 || other != 200 {
		t.Errorf("while a pass runs the token that was taken out is answered %d, another one %d", status, other)
	}
}
