package embedded

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
)

// serveStandalone is the Admin API of standalone mode. Of the paths of the other mode it knows the bare HEAD only.
func (g *Gateway) serveStandalone(w http.ResponseWriter, r *http.Request, path string) {
	var serve func(*http.Request) *reply
	switch path = strings.TrimSuffix(path, "/"); {
	case r.Method == http.MethodOptions, r.Method == http.MethodHead && path == "":
		g.writeReply(w, &reply{status: http.StatusOK, early: true})
		return
	case path == "/configs" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		serve = g.readDocument
	case path == "/configs" && r.Method == http.MethodPut:
		serve = g.putDocument
	case path == "/configs/validate" && r.Method == http.MethodPost:
		serve = g.validateDocument
	default:
		g.writeReply(w, &reply{status: http.StatusNotFound, html: true})
		return
	}
	answer := g.authenticate(r)
	if answer == nil {
		answer = serve(r)
	}
	answer.early = true
	g.writeReply(w, answer)
}

// readDocument shows the document as it was put, secrets and all. A client that asks for YAML gets JSON, which is YAML too.
func (g *Gateway) readDocument(r *http.Request) *reply {
	g.document.mu.Lock()
	now := g.document.content
	g.document.mu.Unlock()
	answer := &reply{status: http.StatusOK, header: now.header()}
	if strings.HasPrefix(r.Header.Get("Accept"), "application/yaml") {
		answer.kind = "application/yaml"
	}
	if r.Method == http.MethodGet {
		answer.body = now.body()
	}
	return answer
}

// validateDocument answers POST /configs/validate.
func (g *Gateway) validateDocument(r *http.Request) *reply {
	body, fault := g.documentIn(r, maxBody)
	if fault != nil {
		return fault.beforeResource()
	}
	return g.validateConfigs(body)
}

// documentIn reads the body of a request, JSON or YAML. Largest is its greatest size, 0 for any.
func (g *Gateway) documentIn(r *http.Request, largest int64) (any, *reply) {
	text, fault := readBody(r, cmp.Or(largest, 1<<40))
	if fault != nil {
		return nil, fault
	}
	if len(text) == 0 {
		return nil, refuse(http.StatusBadRequest, "invalid request body: empty request body")
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/yaml") {
		body, err := parseJSON(text)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "invalid request body: %v", err)
		}
		return body, nil
	}
	if g.cfg.ReadYAML == nil {
		return nil, refuse(http.StatusBadRequest, "invalid request body: this gateway reads no yaml")
	}
	body, err := g.cfg.ReadYAML(text)
	if _, ok := body.(map[string]any); !ok || err != nil {
		return nil, refuse(http.StatusBadRequest, "invalid request body: invalid yaml request body")
	}
	return asJSON(body)
}

// asJSON makes of what YAML gave what JSON would have given: one type of number.
func asJSON(v any) (any, *reply) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "invalid request body: %v", err)
	}
	body, err := parseJSON(text)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "invalid request body: %v", err)
	}
	return body, nil
}
