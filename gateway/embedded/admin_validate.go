package embedded

import (
	"fmt"
	"net/http"
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
func (g *Gateway) validateConfigs(body any) *reply {
	document, ok := body.(map[string]any)
	if list, empty := body.([]any); !ok && !(empty && len(list) == 0) {
		return invalidConfigs([]any{misshapen("body", body)})
	}
	var faults []any
	for _, kind := range kindInfos {
		faults = append(faults, g.validateKind(kind, document)...)
	}
	if len(faults) == 0 {
		return &reply{status: http.StatusOK, body: map[string]any{}, early: true}
	}
	return invalidConfigs(faults)
}

func invalidConfigs(faults []any) *reply {
	return &reply{status: http.StatusBadRequest, early: true, body: map[string]any{
		"error_msg": "Configuration validation failed", "errors": faults,
	}}
}

// misshapen is the fault of a part that is no table: without a place, as the real gateway tells it.
func misshapen(part string, v any) map[string]any {
	return map[string]any{"error": fmt.Sprintf("%s: table expected, got %s", part, luaType(v))}
}

func (g *Gateway) validateKind(kind kindInfo, document map[string]any) []any {
	plural := string(kind.kind)
	if version, ok := document[plural+"_conf_version"]; ok && luaType(version) != "number" {
		return []any{map[string]any{
			"resource_type": plural, "error": fmt.Sprintf("%s_conf_version must be a number, got %s", plural, luaType(version)),
		}}
	}
	if _, isText := document[plural].(string); isText {
		return []any{misshapen(plural, document[plural])}
	}
	list, _ := document[plural].([]any)
	seen := map[string]bool{}
	var faults []any
	for i, raw := range list {
		if raw == nil {
			return append(faults, misshapen(fmt.Sprintf("%s[%d]", plural, i), raw))
		}
		it, fault := readItem(kind, raw)
		if fault == "" {
			fault = g.validateItem(it, seen)
		}
		if fault != "" {
			faults = append(faults, map[string]any{"resource_type": plural, "resource_id": it.shown, "index": i, "error": fault})
		}
	}
	return faults
}
