package embedded

import (
	"fmt"
	"maps"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// item is one entry of a document's list.
type item struct {
	target
	shown    string         // the id as faults tell it
	field    string         // what duplicates are told by: "id", "username", "credential id"
	value    map[string]any // without modifiedIndex
	modified *float64       // the modifiedIndex, nil without
}

// readItem finds out what an item is. Consumers and credentials share a list, secrets carry their manager in the id.
func readItem(kind kindInfo, raw any) (it item, fault string) {
	value, ok := raw.(map[string]any)
	if !ok {
		return item{}, "invalid configuration: wrong type: expected object, got " + luaType(raw)
	}
	it = item{target: target{kindInfo: kind, id: idText(value["id"])}, field: "id", value: maps.Clone(value)}
	if index, ok := value["modifiedIndex"].(float64); ok {
		it.modified = &index
		delete(it.value, "modifiedIndex")
	}
	it.shown = it.id
	if kind.kind == gateway.Consumers {
		it.readConsumer()
	}
	return it, it.readParts()
}

func (it *item) readConsumer() {
	username, credential, ok := strings.Cut(it.id, "/credentials/")
	if ok && it.value["username"] == nil {
		it.kindInfo, _ = kindOf(string(gateway.Credentials))
		it.parent, it.id, it.field = username, credential, "credential id"
		return
	}
	it.id, it.field = textOr(it.value["username"], ""), "username"
	it.shown = it.id
}

// readParts takes the ids apart that have more than one part.
func (it *item) readParts() string {
	switch it.kind {
	case gateway.Secrets:
		manager, name, ok := strings.Cut(it.id, "/")
		if !ok {
			if it.id == "" {
				return "invalid secret id: nil"
			}
			return "invalid secret id: " + it.id
		}
		it.parent, it.id = manager, name
	case gateway.PluginMetadata:
		if it.id == "" {
			return "missing plugin name"
		}
	}
	return ""
}

// validateItem returns the item's first fault, "" when there is none. References are not looked up.
func (g *Gateway) validateItem(it item, seen map[string]bool) string {
	if it.shown != "" && seen[it.shown] {
		plural := it.kind
		if plural == gateway.Credentials {
			plural = gateway.Consumers
		}
		return fmt.Sprintf("found duplicate %s %s in %s", it.field, it.shown, plural)
	}
	seen[it.shown] = true
	value := maps.Clone(it.value)
	if _, ok := value["id"]; !ok && it.kind != gateway.Consumers {
		// An id may be left out of a document; the schemas of some kinds want one.
		value["id"] = "1"
	}
	if _, fault := g.checked(it.target, value, false); fault != nil {
		return fmt.Sprint(fault.body.(map[string]any)["error_msg"])
	}
	return ""
}
