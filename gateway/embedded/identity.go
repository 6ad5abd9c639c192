package embedded

import (
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// identityFields names, for each plugin, the field by which it finds a consumer.
var identityFields = map[string]string{"key-auth": "key", "basic-auth": "username", "jwt-auth": "key", "hmac-auth": "key_id"}

// identityKind is the kind of the index entries that say who holds which key. It is no kind of resource: it only shares
// the store's index of references.
func identityKind(plugin string) gateway.Kind { return gateway.Kind("identity/" + plugin) }

// identities returns by what consumers and credentials are found.
func identities(kind gateway.Kind, value map[string]any) []use {
	if kind != gateway.Consumers && kind != gateway.Credentials {
		return nil
	}
	plugins, _ := value["plugins"].(map[string]any)
	var uses []use
	for _, plugin := range sortedNames(plugins) {
		field, ok := identityFields[plugin]
		if !ok {
			continue
		}
		conf, _ := plugins[plugin].(map[string]any)
		if text, ok := conf[field].(string); ok {
			uses = append(uses, use{target: gateway.Key{Kind: identityKind(plugin), ID: text}})
		}
	}
	return uses
}

// checkIdentities refuses a key that another consumer or credential has already, as the newest version does.
func (g *Gateway) checkIdentities(key gateway.Key, value map[string]any) error {
	if g.storesDefaults() {
		return nil
	}
	for _, identity := range identities(key.Kind, value) {
		if strings.HasPrefix(identity.target.ID, "$") {
			continue
		}
		if other, found := g.store.otherUser(identity.target, key); found {
			plugin := strings.TrimPrefix(string(identity.target.Kind), "identity/")
			return fmt.Errorf("duplicate %s of plugin %s found with %s", identityFields[plugin], plugin, holder(other))
		}
	}
	return nil
}

func holder(key gateway.Key) string {
	if username, id, ok := strings.Cut(key.ID, "/"); ok && key.Kind == gateway.Credentials {
		return "credential: " + id + " of consumer: " + username
	}
	return "consumer: " + key.ID
}

// otherUser returns who but key refers to target.
func (s *store) otherUser(target, key gateway.Key) (gateway.Key, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for user := range s.users[target] {
		if user != key {
			return user, true
		}
	}
	return gateway.Key{}, false
}
