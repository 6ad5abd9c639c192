package api7test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
)

// mostBytes is the largest body that a validation takes.
const mostBytes = 1572864

// validate checks many resources at once and writes nothing. What they refer to is not looked for.
func (s *Server) validate(r *http.Request) answer {
	if !s.newer(9, 10) || r.Method != http.MethodPost {
		return refuse(http.StatusNotFound, "no such path")
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, mostBytes+1))
	if err != nil || len(text) > mostBytes {
		return refuse(http.StatusBadRequest, "the body is too large")
	}
	var body map[string][]map[string]any
	if err := json.Unmarshal(text, &body); err != nil {
		return refuse(http.StatusBadRequest, "the body is no JSON object of lists")
	}
	errors := []map[string]any{}
	for _, kind := range slices.Sorted(maps.Keys(body)) {
		for i, item := range body[kind] {
			id := identity(kind, item)
			if what := wrong(nil, kind, id, item); what != "" {
				errors = append(errors, map[string]any{"resource_type": kind, "index": i, "error": what})
			}
		}
	}
	if len(errors) > 0 {
		return answer{http.StatusBadRequest, map[string]any{"error_msg": "validation failed", "errors": errors}}
	}
	return single(map[string]any{})
}

// identity is the id of an item of a validation; a global rule has none and is named after its plugin.
func identity(kind string, item map[string]any) string {
	if kind == "global_rules" {
		plugins, _ := item["plugins"].(map[string]any)
		for name := range plugins {
			return name
		}
	}
	id, _ := item["id"].(string)
	return id
}
