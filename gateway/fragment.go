package gateway

import (
	"maps"
	"strings"
)

// Fragment returns the state in the form of the config repo's fragments: kind, then id, then body, with the credentials
// inside their consumers. Secrets stay what they are and print as ***.
func (s State) Fragment() map[string]any {
	fragment := map[string]any{}
	for key, resource := range s {
		if key.Kind != Credentials {
			section(fragment, string(key.Kind))[key.ID] = resource.Spec
		}
	}
	for key, resource := range s {
		if key.Kind == Credentials {
			s.nest(fragment, key, resource)
		}
	}
	return fragment
}

// nest puts a credential into a copy of its consumer: the state itself must not change.
func (s State) nest(fragment map[string]any, key Key, resource Resource) {
	username, id, _ := strings.Cut(key.ID, "/")
	consumers := section(fragment, string(Consumers))
	consumer, _ := consumers[username].(map[string]any)
	copied := map[string]any{}
	maps.Copy(copied, consumer)
	credentials := map[string]any{id: resource.Spec}
	if others, ok := copied["credentials"].(map[string]any); ok {
		maps.Copy(credentials, others)
	}
	copied["credentials"] = credentials
	consumers[username] = copied
}

func section(m map[string]any, name string) map[string]any {
	inner, ok := m[name].(map[string]any)
	if !ok {
		inner = map[string]any{}
		m[name] = inner
	}
	return inner
}
