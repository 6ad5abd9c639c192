package forge

import (
	"bytes"
	"errors"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
)

// TestGitHubsOwnVector holds the example of GitHub's documentation
// (https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries).
func TestGitHubsOwnVector(t *testing.T) {
	header := http.Header{"X-Hub-Signature-256": {"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}}
	secret := gateway.NewSecret("", "It's a Secret to Everybody")
	if err := CheckWebhook(GitHub, secret, header, strings.NewReader("Hello, World!")); err != nil {
		t.Error(err)
	}
	if err := CheckWebhook(GitHub, secret, header, strings.NewReader("Hello, World?")); !errors.Is(err, ErrForged) {
		t.Errorf("a body that was changed: %v", err)
	}
}

func TestForgedDeliveriesAreRefused(t *testing.T) {
	secret := gateway.NewSecret("", "s3cret")
	bare := "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" // of an empty body under an empty key
	tests := map[string]struct {
		kind   string
		secret gateway.Secret
		header http.Header
		want   error
	}{
		"no header":                     {GitHub, secret, http.Header{}, ErrForged},
		"an empty digest":               {GitHub, secret, http.Header{"X-Hub-Signature-256": {"sha256="}}, ErrForged},
		"the old digest":                {GitHub, secret, http.Header{"X-Hub-Signature": {"sha1=" + bare[:40]}}, ErrForged},
		"GitHub's header at Bitbucket":  {Bitbucket, secret, http.Header{"X-Hub-Signature-256": {"sha256=" + bare}}, ErrForged},
		"signed with an empty secret":   {Gitea, secret, http.Header{"X-Gitea-Signature": {bare}}, ErrForged},
		"an empty secret of our own":    {Gitea, gateway.NewSecret("", ""), http.Header{"X-Gitea-Signature": {bare}}, ErrNoSecret},
		"a secret that can't be read":   {Gitea, gateway.Secret{}, http.Header{"X-Gitea-Signature": {bare}}, ErrNoSecret},
		"another token at GitLab":       {GitLab, secret, http.Header{"X-Gitlab-Token": {"s3cre"}}, ErrForged},
		"a type that nobody knows":      {"svn", secret, http.Header{"X-Hub-Signature-256": {"sha256=" + bare}}, ErrForged},
		"an empty token at GitLab":      {GitLab, gateway.NewSecret("", ""), http.Header{"X-Gitlab-Token": {""}}, ErrNoSecret},
		"the secret of GitLab as given": {GitLab, secret, http.Header{"X-Gitlab-Token": {"s3cret"}}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := CheckWebhook(test.kind, test.secret, test.header, http.NoBody); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// TestRealDeliveriesOfGitea checks what a Gitea 1.26 has sent.
func TestRealDeliveriesOfGitea(t *testing.T) {
	dir := filepath.Join("..", "..", "shared", "fixtures", "gitea")
	files, _ := filepath.Glob(filepath.Join(dir, "hook-*.headers.txt"))
	if len(files) == 0 {
		t.Skip("SKIPPED: no recorded deliveries of Gitea beside the checkout")
	}
	secret := gateway.NewSecret("", "s3cr3t-hook") // as the README of the recording says
	for _, file := range files {
		header := readHeader(t, file)
		body, err := os.ReadFile(strings.TrimSuffix(file, ".headers.txt") + ".body.json")
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckWebhook(Gitea, secret, header, bytes.NewReader(body)); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
		if err := CheckWebhook(Gitea, secret, header, bytes.NewReader(append(body, ' '))); err == nil {
			t.Errorf("%s: taken though its body was changed", filepath.Base(file))
		}
		if event := EventOf(Gitea, header); event.ID == "" || event.Name == "" {
			t.Errorf("%s: event %+v", filepath.Base(file), event)
		}
	}
	nosecret := readHeader(t, filepath.Join(dir, "nosecret-push.headers.txt"))
	if err := CheckWebhook(Gitea, secret, nosecret, http.NoBody); !errors.Is(err, ErrForged) {
		t.Errorf("a hook without a secret: %v", err)
	}
}

func readHeader(t *testing.T, file string) http.Header {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	for line := range strings.Lines(string(raw)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			header.Add(textproto.CanonicalMIMEHeaderKey(key), strings.TrimSpace(value))
		}
	}
	return header
}
