package plan

import (
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
)

// TestAHiddenValueThatWasNeverSentIsWritten says that a private key which the gateway does not show is not taken for the right one.
func TestAHiddenValueThatWasNeverSentIsWritten(t *testing.T) {
	state := parse(t, "ssls/shop sni=shop.test; routes/r uri=/")
	ssl := state[gateway.Key{Kind: gateway.SSLs, ID: "shop"}]
	ssl.Spec["key"] = gateway.NewSecret("", "private")
	for _, sent := range []bool{true, false} {
		asked := 0
		p := New(state, state, Policy{Sent: func(key gateway.Key, hidden gateway.SecretField) bool {
			asked++
			if key != ssl.Key || hidden.Path.String() != "key" || !hidden.Value.Matches("private") {
				t.Errorf("asked for %s %s", key, hidden.Path)
			}
			return sent
		}})
		want := ""
		if !sent {
			want = "expand: ~ssls/shop |"
		}
		if got := outline(p); got != want || asked != 1 {
			t.Errorf("sent %v: plan %q, want %q; asked %d times", sent, got, want, asked)
		}
	}
}
