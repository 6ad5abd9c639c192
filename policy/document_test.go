package policy_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/sluice-gitops/sluice/policy"
)

var block = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestDocument loads every example of docs/policies.md.
func TestDocument(t *testing.T) {
	data, err := os.ReadFile("../docs/policies.md")
	if err != nil {
		t.Fatal(err)
	}
	found := block.FindAllStringSubmatch(string(data), -1)
	if len(found) < 5 {
		t.Fatalf("%d examples found: the search is broken", len(found))
	}
	for _, example := range found {
		set, faults := policy.Load(repo(example[1]))
		if len(faults) > 0 {
			t.Errorf("%s\n%v", example[1], faults)
		}
		set.Check("prod", "prod-eu", secrets(), newYear)
	}
}

// TestAdviceOnMissingFields holds that what the document says to write for fields that may be missing is never an error.
func TestAdviceOnMissingFields(t *testing.T) {
	for _, assert := range []string{
		`!has(resource.timeout) || resource.timeout.read <= 60`, `!("cors" in resource.?plugins.orValue({}))`, `!("cors" in plugins(resource))`,
		`plugins(resource)[?"limit-count"].?count.orValue(0) <= 100`, `labels(resource).?tier != optional.of("public")`,
		`resource.?status.orValue(1) == 1`, `!isSecret(resource.?key.orValue("")) || reference(resource.key) != ""`,
	} {
		t.Run(assert, func(t *testing.T) {
			set := load(t, "policies:\n  a:\n    assert: |\n      "+assert+"\n")
			if faults := set.Check("prod", "g", state(map[string]any{"uri": "/x"}), newYear); len(faults) > 0 {
				t.Error(faults)
			}
		})
	}
}
