package demo

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/sluice-gitops/sluice/record"
)

func (t *tour) say(format string, args ...any) {
	t.tell.mu.Lock()
	defer t.tell.mu.Unlock()
	fmt.Fprintf(t.tell.out, format+"\n", args...)
}

func (t *tour) commitAndApply(ctx context.Context, message string) error {
	commit, err := t.repo.commit(ctx, message)
	if err != nil {
		return err
	}
	return t.applied(ctx, commit)
}

func (t *tour) revertAndApply(ctx context.Context, commit string) error {
	reverted, err := t.repo.revert(ctx, commit)
	if err != nil {
		return err
	}
	return t.applied(ctx, reverted)
}

// applied waits until every environment has the commit.
func (t *tour) applied(ctx context.Context, commit string) error {
	if err := waitUntil(ctx, stepTime, func() bool { return allApplied(t.daemon, commit) }); err != nil {
		return fmt.Errorf("commit %.7s is not live everywhere: %w; %s", commit, err, t.states())
	}
	return nil
}

// ends waits until a commit has reached a state in an environment, and returns what the environment says of it.
func (t *tour) ends(ctx context.Context, environment, commit string, state record.State) (string, error) {
	var text string
	err := waitUntil(ctx, stepTime, func() bool {
		env, _ := t.daemon.Reconciler().Status().Environment(environment)
		text = env.Text
		return env.Target == commit && env.State == string(state)
	})
	if err != nil {
		return "", fmt.Errorf("commit %.7s is not %s on %s: %w; %s", commit, state, environment, err, t.states())
	}
	return text, nil
}

// states says where every environment stands, for the error of a step.
func (t *tour) states() string {
	var parts []string
	for _, env := range t.daemon.Reconciler().Status().Environments {
		parts = append(parts, fmt.Sprintf("%s %s at %.7s %s", env.Name, env.State, env.Target, env.Text))
	}
	return strings.Join(parts, "; ")
}

// serves shakes hands with a group over TLS and looks at the certificate that it shows.
func (t *tour) serves(ctx context.Context, g group) error {
	domain := domains[g.Environment]
	// The certificate is the demo's own, so nobody vouches for it; what counts is that it is for the domain.
	dialer := tls.Dialer{Config: &tls.Config{ServerName: domain, InsecureSkipVerify: true}} //nolint:gosec // see above
	connection, err := dialer.DialContext(ctx, "tcp", g.TLS)
	if err != nil {
		return err
	}
	defer connection.Close()
	return connection.(*tls.Conn).ConnectionState().PeerCertificates[0].VerifyHostname(domain)
}

func (t *tour) currentDigests() map[string]string {
	digests := map[string]string{}
	for _, env := range t.daemon.Reconciler().Status().Environments {
		for _, g := range env.Groups {
			digests[g.Name] = g.Digest
		}
	}
	return digests
}

// changeByHand writes to the Admin API directly.
func (t *tour) changeByHand(ctx context.Context, g group) error {
	body, err := json.Marshal(map[string]any{
		"labels": map[string]any{"managed-by": "sluice"},
		"plugins": map[string]any{
			"response-rewrite": map[string]any{"headers": map[string]any{"set": map[string]any{"X-Gateway-Group": "changed-by-hand"}}},
		},
	})
	if err != nil {
		return err
	}
	url := "http://" + g.Admin + "/apisix/admin/plugin_configs/public-api"
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("X-API-KEY", adminKey)
	response, err := t.traffic.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return fmt.Errorf("change by hand: %s", response.Status)
	}
	return nil
}
