package render

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

var (
	goodID       = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)
	goodUsername = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,256}$`)
)

var secretManagers = []string{"vault", "aws", "gcp"}

// checkID returns the fault of an id that the gateway does not take.
func checkID(key gateway.Key, pos diag.Pos) diag.List {
	id, rule := key.ID, goodID
	hint := "use up to 64 letters, digits, dots, underscores and hyphens"
	switch key.Kind {
	case gateway.Consumers:
		rule, hint = goodUsername, "use up to 256 letters, digits, underscores and hyphens"
	case gateway.Credentials:
		_, id, _ = strings.Cut(key.ID, "/")
	case gateway.Secrets:
		manager, rest, _ := strings.Cut(key.ID, "/")
		id, hint = rest, "write the manager and an id: vault/1, aws/1 or gcp/1"
		if !slices.Contains(secretManagers, manager) {
			id = ""
		}
	}
	if rule.MatchString(id) {
		return reservedID(key, pos)
	}
	if strings.Contains(id, "${") {
		hint = "an id can't hold variables: " + hint
	}
	return diag.List{diag.Errorf(pos, "bad-id", "%q can't name one of %s", key.ID, key.Kind).WithHint("%s", hint)}
}

// ownIDs begin the ids of what Sluice itself writes for a while, and takes away again.
var ownIDs = []string{"sluice-bridge-", "sluice-detour-"}

// reservedID keeps Sluice's own ids out of the config repo: what has one would be taken for what Sluice wrote itself.
func reservedID(key gateway.Key, pos diag.Pos) diag.List {
	own := key.ID == "sluice-sentinel" || slices.ContainsFunc(ownIDs, func(prefix string) bool { return strings.HasPrefix(key.ID, prefix) })
	if !own {
		return nil
	}
	return diag.List{diag.Errorf(pos, "reserved-id", "the id %q is Sluice's own", key.ID).
		WithHint("take another id: sluice-sentinel, sluice-bridge-… and sluice-detour-… are what Sluice writes itself for a while")}
}
