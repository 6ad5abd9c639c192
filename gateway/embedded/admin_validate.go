package embedded

import (
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// validateSchema answers POST /schema/validate/{type}: the schema alone, no plugins, no references.
func (g *Gateway) validateSchema(q *adminRequest) *reply {
	kind, ok := kindOf(q.path[2])
	s := g.catalogue.types[kind.singular]
	if !ok || s == nil || q.method != http.MethodPost {
		return refuse(http.StatusNotFound, "Unsupported resource type: %s", q.path[2]).beforeResource()
	}
	err := s.check(q.body)
	switch {
	case !q.sent:
		return refuse(http.StatusBadRequest, "wrong type: expected object, got nil").beforeResource()
	case err != nil:
		return refuse(http.StatusBadRequest, "%v", err).beforeResource()
	}
	return &reply{status: http.StatusOK, early: true}
}

// validateConfigs answers POST /configs/validate: schemas, plugins and duplicate ids of a whole document, all faults at
// once. References between its items are not looked up.
func (g *Gateway) validateConfigs(q *adminRequest) *reply {
	document, ok := q.body.(map[string]any)
	if list, empty := q.body.([]any); !ok && !(empty && len(list) == 0) {
		if !q.sent {
			return refuse(http.StatusBadRequest, "invalid request body: empty request body").beforeResource()
		}
		return refuse(http.StatusBadRequest, "Configuration validation failed").beforeResource()
	}
	var faults []any
	for _, kind := range kindInfos {
		faults = append(faults, g.validateKind(kind, document)...)
	}
	if len(faults) == 0 {
		return &reply{status: http.StatusOK, body: map[string]any{}, early: true}
	}
	return &reply{status: http.StatusBadRequest, early: true, body: map[string]any{
		"error_msg": "Configuration validation failed", "errors": faults,
	}}
}

func (g *Gateway) validateKind(kind kindInfo, document map[string]any) []any {
	plural := string(kind.kind)
	if version, ok := document[plural+"_conf_version"]; ok && luaType(version) != "number" {
		return []any{map[string]any{
			"resource_type": plural, "error": fmt.Sprintf("%s_conf_version must be a number, got %s", plural, luaType(version)),
		}}
	}
	if _, isText := document[plural].(string); isText {
		return []any{map[string]any{"resource_type": plural, "error": "table expected, got string"}}
	}
	list, _ := document[plural].([]any)
	seen := map[string]bool{}
	var faults []any
	for i, item := range list {
		id, err := g.validateItem(kind, item, seen)
		if err != "" {
			faults = append(faults, map[string]any{"resource_type": plural, "resource_id": id, "index": i, "error": err})
		}
	}
	return faults
}

// validateItem returns the item's id and its first fault.
func (g *Gateway) validateItem(kind kindInfo, item any, seen map[string]bool) (id, fault string) {
	value, ok := item.(map[string]any)
	if !ok {
		return "", "invalid configuration: wrong type: expected object, got " + luaType(item)
	}
	t := target{kindInfo: kind, id: idText(value["id"])}
	field := "id"
	if kind.kind == gateway.Consumers {
		if username, credential, ok := strings.Cut(t.id, "/credentials/"); ok && value["username"] == nil {
			t.kindInfo, _ = kindOf(string(gateway.Credentials))
			t.parent, t.id, field = username, credential, "credential id"
		} else {
			t.id, field = textOr(value["username"], ""), "username"
		}
	}
	if fault := wantID(&t); fault != "" {
		return t.id, fault
	}
	id = idText(value["id"])
	if field == "username" {
		id = t.id
	}
	if id != "" && seen[id] {
		return id, fmt.Sprintf("found duplicate %s %s in %s", field, id, kind.kind)
	}
	seen[id] = true
	return id, g.validateValue(t, value)
}

// wantID takes the ids apart that have more than one part.
func wantID(t *target) string {
	switch t.kind {
	case gateway.Secrets:
		manager, name, ok := strings.Cut(t.id, "/")
		if !ok {
			if t.id == "" {
				return "invalid secret id: nil"
			}
			return "invalid secret id: " + t.id
		}
		t.parent, t.id = manager, name
	case gateway.PluginMetadata:
		if t.id == "" {
			return "missing plugin name"
		}
	}
	return ""
}

func (g *Gateway) validateValue(t target, value map[string]any) string {
	value = maps.Clone(value)
	if _, ok := value["id"]; !ok && t.kind != gateway.Consumers {
		// An id may be left out of a document; the schemas of some kinds want one.
		value["id"] = "1"
	}
	if _, fault := g.checked(t, value, false); fault != nil {
		return fmt.Sprint(fault.body.(map[string]any)["error_msg"])
	}
	return ""
}
