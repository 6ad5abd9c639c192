package settings

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheForgeIsFoundByTheRepository(t *testing.T) {
	tests := []struct {
		name       string
		repository string
		given      Forge
		want       Forge
	}{
		{"https", "https://git.acme.com/platform/gateways.git", Forge{Type: "gitea"}, Forge{Type: "gitea", URL: "https://git.acme.com", Repository: "platform/gateways"}},
		{"another port", "http://127.0.0.1:3000/a/b", Forge{Type: "gitea"}, Forge{Type: "gitea", URL: "http://127.0.0.1:3000", Repository: "a/b"}},
		{"ssh", "ssh://git@git.acme.com:2222/platform/gateways.git", Forge{Type: "gitlab"}, Forge{Type: "gitlab", URL: "https://git.acme.com", Repository: "platform/gateways"}},
		{"the short form of ssh", "git@github.com:acme/gateways.git", Forge{Type: "github"}, Forge{Type: "github", URL: "https://github.com", Repository: "acme/gateways"}},
		{"groups within groups", "https://gitlab.com/acme/platform/gateways.git", Forge{Type: "gitlab"}, Forge{Type: "gitlab", URL: "https://gitlab.com", Repository: "acme/platform/gateways"}},
		{"Data Center", "https://bitbucket.acme.com/scm/ACME/gateways.git", Forge{Type: "bitbucket-server"}, Forge{Type: "bitbucket-server", URL: "https://bitbucket.acme.com", Repository: "ACME/gateways"}},
		{"what is said counts", "https://git.acme.com/mirror.git", Forge{Type: "gitea", URL: "https://gitea.acme.com", Repository: "a/b"}, Forge{Type: "gitea", URL: "https://gitea.acme.com", Repository: "a/b"}},
		{"no forge", "https://git.acme.com/platform/gateways.git", Forge{}, Forge{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := test.given
			got.complete(test.repository, "/etc/sluice")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
