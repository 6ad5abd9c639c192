package forge

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWhoMayHavePushedAHead holds that a pull request counts as one of a fork unless its head is known to be a branch of the repository
// itself: what is in it may come from anybody.
func TestWhoMayHavePushedAHead(t *testing.T) {
	tests := map[string]struct {
		head   string
		fork   bool
		branch string
	}{
		"a branch":                    {`{"ref":"change","repo":{"full_name":"Acme/Gateways"}}`, false, "change"},
		"a fork":                      {`{"ref":"main","repo":{"full_name":"mallory/gateways"}}`, true, "main"},
		"a fork that is gone":         {`{"ref":"main","repo":null}`, true, "main"},
		"a fork that is gone, Gitea":  {`{"ref":"refs/pull/7/head","repo":null}`, true, ""},
		"pushed to refs/for/main":     {`{"ref":"refs/pull/7/head","repo":{"full_name":"acme/gateways"}}`, true, ""},
		"a branch that only looks so": {`{"ref":"refsx","repo":{"full_name":"acme/gateways"}}`, false, "refsx"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var told hubPull
			if err := json.Unmarshal([]byte(`{"number":7,"state":"open","user":null,"merged_at":null,"head":`+test.head+`}`), &told); err != nil {
				t.Fatal(err)
			}
			want := Pull{Number: 7, State: PullOpen, HeadBranch: test.branch, HeadRef: "refs/pull/7/head", Fork: test.fork}
			if diff := cmp.Diff(want, told.pull("acme/gateways")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
