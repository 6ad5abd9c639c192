package policy_test

import (
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/policy"
)

const canary = "canary-7f3a"

// secrets is a state in which a secret stands wherever a policy may look.
func secrets() gateway.State {
	hidden := gateway.NewSecret("${secret(gw-key)}", canary)
	return resources(map[string]map[string]any{
		"routes/r": {
			"uri": "/x", "service_id": "s", "list": []any{hidden, "x"}, "same": hidden, "again": hidden,
			"bare":    gateway.NewSecret("", canary),
			"plugins": map[string]any{"key-auth": map[string]any{"key": hidden}},
		},
		"services/s": {"hosts": []any{hidden, "a.example"}, "plugins": map[string]any{"jwt-auth": map[string]any{"secret": hidden}}},
	})
}

// TestSecretsAreOpaque holds what an expression may learn of a secret: that it is one, and its reference.
func TestSecretsAreOpaque(t *testing.T) {
	for _, assert := range []string{
		`resource.same != "canary-7f3a"`, `!(resource.same == "canary-7f3a")`, `!("canary-7f3a" == resource.same)`,
		`resource.same != resource.same`, `resource.same != resource.again`, `resource.same != "***"`, `resource.same != null`,
		`!(resource.same in ["canary-7f3a", "***"])`, `!("canary-7f3a" in resource.list)`, `"x" in resource.list`,
		`!(resource.same in resource.list)`, `resource != resource`, `resource.plugins != resource.plugins`,
		`isSecret(resource.same)`, `!isSecret(resource.uri)`,
		`reference(resource.same) == "${secret(gw-key)}"`, `reference(resource.bare) == ""`,
		`hosts(resource) == ["a.example"]`, `has(resource.same)`, `isSecret(plugins(resource)["jwt-auth"].secret)`,
		`!sets.contains(["canary-7f3a"], [resource.same])`, `!sets.intersects([resource.same], [resource.same])`,
		`type(resource.same) != type("")`, `{"k": resource.same} != {"k": "canary-7f3a"}`, `[resource.same] != ["canary-7f3a"]`,
		`resource.list.filter(x, x == "canary-7f3a").size() == 0`, `resource.?same.orValue("") != "canary-7f3a"`,
	} {
		t.Run(assert, func(t *testing.T) {
			set := load(t, "policies:\n  a:\n    match: {kinds: [routes]}\n    assert: |\n      "+assert+"\n")
			if faults := set.Check("prod", "g", secrets(), newYear); len(faults) > 0 {
				t.Error(faults)
			}
		})
	}
}

// TestSecretsAreNeverShown holds that no message, no error and no hint gives a secret away.
func TestSecretsAreNeverShown(t *testing.T) {
	for _, part := range []string{
		"resource", "state", "resource.same", "resource.list", "plugins(resource)", "string(resource.same)", "hosts(resource)",
		"resource.same + 'x'", "resource.same.size()", "size(resource.same)", "resource.same.startsWith('can')", "int(resource.same)",
		"resource[resource.same]", "{resource.same: 1}", "{'k': resource.same}", "resource.same < 'x'", "resource.same.key", "-resource.same",
		"resource.list.join(',')", "'%s'.format([resource.same])", "'%s'.format([resource])", "dyn(resource.same)", "resource.?same", "bytes(resource.same)",
		"resource.same.matches('.*')", "'x'.matches(resource.same)", "resource.list.exists(x, x.contains('can'))", "timestamp(resource.same)",
		"plugins(resource.same)", "reference('x')", "optional.of(resource.same)", "type(resource.same)", "[resource.same][resource.same]",
		"resource.list.transformMapEntry(i, v, {v: i})", "ip(resource.same)", "resource.same ? 1 : 2",
	} {
		t.Run(part, func(t *testing.T) {
			set, faults := policy.Load(repo("policies:\n  a:\n    match: {kinds: [routes]}\n    assert: 'false'\n    message: |\n      said {{ " + part + " }}\n" +
				"  b:\n    match: {kinds: [routes]}\n    assert: |\n      dyn(" + part + ") == 1\n"))
			faults.Add(set.Check("prod", "g", secrets(), newYear)...)
			if len(faults) == 0 {
				t.Fatal("nothing was said")
			}
			if strings.Contains(faults.Error(), canary) {
				t.Error(faults)
			}
			if part == "resource.same" && !strings.Contains(faults.Error(), "said ***") {
				t.Errorf("a secret shows as something else than ***: %v", faults)
			}
		})
	}
}

// TestSecretsAreNoTexts holds that what takes a text takes no secret, be it by an optimised way.
func TestSecretsAreNoTexts(t *testing.T) {
	for _, assert := range []string{
		"resource.same.matches('.*')", "resource.same.startsWith('')", "resource.same.contains('')", "size(resource.same) >= 0",
		"resource.same + '' != ''", "string(resource.same) != ''", "resource.same > ''", "resource.same.lowerAscii() != ''",
		"['a', resource.same].join() != ''", "'x'.replace('x', resource.same) != ''",
	} {
		t.Run(assert, func(t *testing.T) {
			set := load(t, "policies:\n  a:\n    match: {kinds: [routes]}\n    assert: |\n      "+assert+"\n")
			if faults := set.Check("prod", "g", secrets(), newYear); len(faults) != 1 || faults[0].Code != "policy-error" {
				t.Errorf("faults: %v", faults)
			}
		})
	}
}
