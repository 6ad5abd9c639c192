package render_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// sealer passes every value of a file with a key sops for an encrypted one, and decrypts it, or can't when it is locked.
type sealer struct{ locked bool }

func (sealer) Generation() int { return 1 }

func (s sealer) Decrypt(root *strictyaml.Node, _ []byte) (*strictyaml.Node, diag.List) {
	clear := *root
	clear.Fields = nil
	for _, field := range root.Fields {
		if field.Key != "sops" {
			field.Value = s.seal(field.Value)
			clear.Fields = append(clear.Fields, field)
		}
	}
	return &clear, nil
}

func (s sealer) seal(n *strictyaml.Node) *strictyaml.Node {
	sealed := *n
	sealed.Fields, sealed.Items = nil, nil
	for _, field := range n.Fields {
		field.Value = s.seal(field.Value)
		sealed.Fields = append(sealed.Fields, field)
	}
	for _, item := range n.Items {
		sealed.Items = append(sealed.Items, s.seal(item))
	}
	if n.Kind == strictyaml.Scalar && n.Value != nil && n.Value != "" {
		sealed.Sealed = fmt.Sprintf("%x", sha256.Sum256([]byte(n.Pos.String()+n.Text)))[:32]
		if s.locked {
			sealed.Value, sealed.Text = nil, "encrypted-"+sealed.Sealed
		}
	}
	return &sealed
}

// sealedFragments returns the repo with a key sops in every fragment.
func sealedFragments(repo fs.FS) fstest.MapFS {
	sealed := fstest.MapFS{}
	for name, file := range repo.(fstest.MapFS) {
		copied := *file
		sealed[name] = &copied
		fragment := strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, "environment.yaml") && name != "sluice.yaml" &&
			!strings.HasPrefix(name, "schemas/") && !strings.HasPrefix(name, "policies/")
		if !fragment {
			continue
		}
		text := append(append([]byte{}, file.Data...), "\nsops: {x: y}\n"...)
		if _, faults := strictyaml.Parse(name, text); !faults.HasErrors() {
			copied.Data = text
		}
	}
	return sealed
}

// TestEncryptionChangesNothing renders every golden repo as if its fragments were encrypted as a whole: the gateway gets the same, and
// without the key nothing is a fault.
func TestEncryptionChangesNothing(t *testing.T) {
	archives(t, "render", func(t *testing.T, name string, archive *txtar.Archive) {
		if name == "pins" {
			return // it needs a history; a pinned layer is read by the same reader
		}
		clear := repoOf(archive)
		sealed := sealedFragments(clear)
		for _, keys := range []sealer{{locked: false}, {locked: true}} {
			tree := environments.LoadPinned(sealed, keys, nil)
			for _, env := range tree.Environments {
				for _, group := range env.Groups() {
					r := render.New()
					r.Keys = keys
					state, faults := r.Render(sealed, tree, env, group, nil)
					if faults.HasErrors() {
						t.Errorf("%s/%s, locked %v: %v", env.Name, group, keys.locked, faults)
						continue
					}
					want, _ := render.New().Render(clear, tree, env, group, nil)
					if keys.locked {
						continue
					}
					if diff := cmp.Diff(revealedState(want), revealedState(state)); diff != "" {
						t.Errorf("%s/%s (-clear +encrypted):\n%s", env.Name, group, diff)
					}
				}
			}
		}
	})
}

func revealedState(state gateway.State) map[string]any {
	out := map[string]any{}
	for key, resource := range state {
		out[key.String()] = revealed(resource.Spec)
	}
	return out
}

// TestWhereWhatIsEncryptedShows puts one marked value into one place after the other.
func TestWhereWhatIsEncryptedShows(t *testing.T) {
	tests := []struct {
		name, fragment string
		shows          bool
	}{
		{"a path", "routes:\n  r: {uri: /canary, service_id: s}\n", true},
		{"a description", "routes:\n  r: {uri: /r, service_id: s, desc: canary}\n", false},
		{"a node", "upstreams:\n  u: {nodes: [{host: canary, port: 80, weight: 1}]}\n", true},
		{"a name", "upstreams:\n  u: {nodes: {\"h:80\": 1}, name: canary}\n", true},
		{"a label", "routes:\n  r: {uri: /r, service_id: s, labels: {owner: canary}}\n", true},
		{"a plugin", "routes:\n  r: {uri: /r, service_id: s, plugins: {proxy-rewrite: {headers: {set: {X: canary}}}}}\n", false},
		{"a text around it", "routes:\n  r: {uri: /r, service_id: s, plugins: {proxy-rewrite: {headers: {set: {X: \"a-canary-b\"}}}}}\n", false},
		{"a compared value", "routes:\n  r: {uri: /r, service_id: s, vars: [[http_x, \"==\", canary]]}\n", false},
		{"a compared name", "routes:\n  r: {uri: /r, service_id: s, vars: [[http_canary, \"==\", x]]}\n", true},
		{"a list of compared values", "routes:\n  r: {uri: /r, service_id: s, vars: [[http_x, in, [canary]]]}\n", false},
		{"a key", "consumers:\n  c: {credentials: {m: {plugins: {key-auth: {key: canary}}}}}\n", false},
		{"a header of a health check", "upstreams:\n  u: {nodes: {\"h:80\": 1}, checks: {active: {http_path: /, req_headers: [\"X: canary\"]}}}\n", false},
		{"plugin metadata", "plugin_metadata:\n  http-logger: {log_format: {a: canary}}\n", false},
		{"the token of a secret manager", "secrets:\n  vault/1: {uri: \"http://v\", prefix: kv, token: canary}\n", false},
		{"its address", "secrets:\n  vault/1: {uri: \"http://canary\", prefix: kv, token: t}\n", true},
		{"a reference of a plugin", "routes:\n  r: {uri: /r, service_id: s, plugins: {traffic-split: {rules: [{weighted_upstreams: [{upstream_id: canary, weight: 1}]}]}}}\nupstreams:\n  canary: {nodes: {\"h:80\": 1}}\n", true},
		{"a variable in a plugin", "vars: {v: canary}\nroutes:\n  r: {uri: /r, service_id: s, plugins: {proxy-rewrite: {headers: {set: {X: \"a ${vars.v}\"}}}}}\n", false},
		{"a variable in a host", "vars: {v: canary}\nroutes:\n  r: {uri: /r, service_id: s, hosts: [\"${vars.v}.example\"]}\n", true},
		{"a variable in the address of a node", "vars: {v: canary}\nupstreams:\n  u: {nodes: {\"${vars.v}:80\": 1}}\n", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			repo := fstest.MapFS{
				"sluice.yaml":                        {Data: []byte("version: 1\n")},
				"environments/prod/environment.yaml": {Data: []byte("extends: [base]\ngroups: [prod-eu]\n")},
				"base/s.yaml":                        {Data: []byte("services:\n  s: {upstream: {nodes: {\"h:80\": 1}}}\n")},
				"base/r.yaml":                        {Data: []byte(test.fragment + "sops: {}\n")},
			}
			state, faults := renderProd(t, render.New(), repo, sealer{})
			if faults.HasErrors() {
				t.Fatal(faults)
			}
			if text := yamlOf(t, state); strings.Contains(text, "canary") != test.shows {
				t.Errorf("it shows: %v, want %v:\n%s", !test.shows, test.shows, text)
			}
			if got := fmt.Sprint(revealedState(state)); !strings.Contains(got, "canary") {
				t.Errorf("it does not reach the gateway:\n%s", got)
			}
			for key, resource := range state {
				if shown := fmt.Sprintf("%+v %#v", resource, resource.Origin); strings.Contains(shown, "canary") && !test.shows {
					t.Errorf("%s shows it when it is printed: %s", key, shown)
				}
			}
			if locked, faults := renderProd(t, render.New(), repo, sealer{locked: true}); faults.HasErrors() || len(locked) == 0 {
				t.Errorf("without the key: %v", faults)
			}
		})
	}
}

// TestFaultsOfEncryptedTextsShowNothing gives every kind of fault a marked text.
func TestFaultsOfEncryptedTextsShowNothing(t *testing.T) {
	tests := []struct{ name, fragment, want string }{
		{"a reference that is none", `{X: "canary ${vars"}`, "begins as a reference"},
		{"an unknown variable", `{X: "canary ${vars.none}"}`, "there is no variable"},
		{"a variable in a key", `{"${vars.v}": x}`, "can't be part of a key"},
		{"a default", `{X: "${env(NONE, 'canary')}"}`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			repo := fstest.MapFS{
				"sluice.yaml":                        {Data: []byte("version: 1\n")},
				"environments/prod/environment.yaml": {Data: []byte("extends: [base]\ngroups: [prod-eu]\n")},
				"base/r.yaml": {Data: []byte("vars: {v: canary}\nroutes:\n  r: {uri: /r, upstream: {nodes: {\"h:80\": 1}}, plugins: {proxy-rewrite: {headers: {set: " +
					test.fragment + "}}}}\nsops: {}\n")},
			}
			state, faults := renderProd(t, render.New(), repo, sealer{})
			if !strings.Contains(faults.Error(), test.want) || strings.Contains(faults.Error(), "canary") {
				t.Errorf("faults %v, want %q", faults, test.want)
			}
			if state != nil && strings.Contains(yamlOf(t, state)+state.Digest()+fmt.Sprint(refs(state)), "canary") {
				t.Errorf("it shows: %v", refs(state))
			}
		})
	}
}

// refs are what stands for secrets in digests.
func refs(state gateway.State) []string {
	var all []string
	for _, resource := range state {
		for _, field := range gateway.SecretFields(resource) {
			all = append(all, field.Value.Ref())
		}
	}
	return all
}

// TestDigestsOfSecretsNeedNoKey says that whoever has no key has the same digest, as far as nothing but secrets is encrypted.
func TestDigestsOfSecretsNeedNoKey(t *testing.T) {
	repo := fstest.MapFS{
		"sluice.yaml":                        {Data: []byte("version: 1\n")},
		"environments/prod/environment.yaml": {Data: []byte("extends: [base]\ngroups: [prod-eu]\n")},
		"base/r.yaml":                        {Data: []byte("routes:\n  r: {uri: /r, upstream: {nodes: {\"h:80\": 1}}, plugins: {proxy-rewrite: {headers: {set: {X: \"Bearer ${vars.v}\"}}}}}\n")},
		"base/v.yaml":                        {Data: []byte("vars: {v: canary}\nsops: {}\n")},
	}
	with, faults := renderProd(t, render.New(), repo, sealer{})
	without, more := renderProd(t, render.New(), repo, sealer{locked: true})
	if faults.Add(more...); faults.HasErrors() {
		t.Fatal(faults)
	}
	if with.Digest() != without.Digest() {
		t.Error("the digest depends on the key")
	}
	repo["base/v.yaml"] = &fstest.MapFile{Data: []byte("vars: {v: another}\nsops: {}\n")}
	if other, _ := renderProd(t, render.New(), repo, sealer{}); other.Digest() == with.Digest() {
		t.Error("another secret has the same digest")
	}
}
