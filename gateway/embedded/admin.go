package embedded

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

const adminRoot = "/apisix/admin"

// adminRequest is a request to the Admin API, taken apart.
type adminRequest struct {
	method string
	path   []string // after the root, without empty parts
	query  url.Values
	body   any  // the parsed body
	sent   bool // whether there was a body
}

// AdminHandler returns the Admin API as a handler, with Config.Intercept around it.
func (g *Gateway) AdminHandler() http.Handler {
	var handler http.Handler = http.HandlerFunc(g.serveAdmin)
	if g.cfg.Intercept != nil {
		handler = g.cfg.Intercept(handler)
	}
	return handler
}

func (g *Gateway) serveAdmin(w http.ResponseWriter, r *http.Request) {
	allowOrigin(w.Header())
	path, inside := strings.CutPrefix(r.URL.Path, adminRoot)
	switch {
	case !inside || path == "" && r.Method != http.MethodHead || r.Method == http.MethodHead && path != "":
		g.writeReply(w, &reply{status: http.StatusNotFound, html: true})
		return
	case r.Method == http.MethodTrace:
		g.writeReply(w, &reply{status: http.StatusMethodNotAllowed, html: true})
		return
	}
	if path == "" || r.Method == http.MethodOptions {
		g.writeReply(w, &reply{status: http.StatusOK, early: true})
		return
	}
	g.writeReply(w, g.admin(r, path))
}

func allowOrigin(header http.Header) {
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Allow-Credentials", "true")
	header.Set("Access-Control-Expose-Headers", "*")
	header.Set("Access-Control-Max-Age", "3600")
}

// admin checks in the real gateway's order: key, type, body, ttl; the rest is the resource's.
func (g *Gateway) admin(r *http.Request, path string) *reply {
	if fault := g.authenticate(r); fault != nil {
		return fault
	}
	q := &adminRequest{
		method: r.Method, query: r.URL.Query(),
		path: strings.FieldsFunc(path, func(c rune) bool { return c == '/' }),
	}
	if len(q.path) == 0 {
		return refuse(http.StatusNotFound, "Unsupported resource type: ").beforeResource()
	}
	serve, fault := g.find(q)
	if fault != nil {
		return fault
	}
	if fault := q.read(r); fault != nil {
		return fault
	}
	if ttl := q.query.Get("ttl"); ttl != "" {
		if _, err := strconv.ParseFloat(ttl, 64); err != nil {
			return refuse(http.StatusBadRequest, "invalid argument ttl: should be a number").beforeResource()
		}
	}
	return serve()
}

func (g *Gateway) authenticate(r *http.Request) *reply {
	key, sent := sentKey(r)
	description := "wrong apikey"
	switch {
	case !sent:
		description = "missing apikey"
	case key != "" && subtle.ConstantTimeCompare([]byte(key), []byte(g.cfg.AdminKey)) == 1:
		return nil
	}
	return &reply{status: http.StatusUnauthorized, early: true, body: map[string]any{
		"error_msg": "failed to check token", "description": description,
	}}
}

// sentKey looks for the key in the header, in the query and in a cookie.
func sentKey(r *http.Request) (key string, sent bool) {
	if values := r.Header.Values("X-API-KEY"); len(values) > 0 {
		return values[0], true
	}
	if query := r.URL.Query(); query.Has("api_key") {
		return query.Get("api_key"), true
	}
	if cookie, err := r.Cookie("x_api_key"); err == nil {
		return cookie.Value, true
	}
	return "", false
}

// find picks what answers the request by its path.
func (g *Gateway) find(q *adminRequest) (func() *reply, *reply) {
	switch first := q.path[0]; {
	case first == "plugins":
		return func() *reply { return g.adminPlugins(q) }, nil
	case first == "schema" && len(q.path) > 2 && q.path[1] == "validate":
		return func() *reply { return g.validateSchema(q) }, nil
	case first == "schema":
		return func() *reply { return g.adminSchema(q) }, nil
	case first == "configs" && !g.storesDefaults() && q.method == http.MethodPost && len(q.path) == 2 && q.path[1] == "validate":
		return func() *reply { return g.validateConfigs(q) }, nil
	}
	kind, ok := kindOf(q.path[0])
	if !ok || kind.kind == gateway.Credentials {
		return nil, refuse(http.StatusNotFound, "Unsupported resource type: %s", q.path[0]).beforeResource()
	}
	return func() *reply { return g.resource(q, kind) }, nil
}

// resource takes the id out of the path and does what the method says.
func (g *Gateway) resource(q *adminRequest, kind kindInfo) *reply {
	target := target{kindInfo: kind}
	rest := q.path[1:]
	switch {
	case kind.kind == gateway.Consumers && len(rest) > 1 && rest[1] == "credentials":
		target.kindInfo, _ = kindOf(string(gateway.Credentials))
		target.parent, rest = rest[0], rest[2:]
	case kind.kind == gateway.Secrets && len(rest) > 0:
		target.parent, rest = rest[0], rest[1:]
	}
	if len(rest) > 0 {
		target.id, target.sub = rest[0], rest[1:]
	}
	switch q.method {
	case http.MethodGet:
		return g.read(q, target)
	case http.MethodDelete:
		return g.remove(q, target)
	case http.MethodPut:
		return g.put(q, target)
	case http.MethodPost:
		if target.post {
			return g.put(q, target)
		}
	case http.MethodPatch:
		if target.patch {
			return g.patch(q, target)
		}
	}
	return refuse(http.StatusMethodNotAllowed, "not supported `%s` method for %s", q.method, target.spoken())
}

// target is the resource that a request is about. Parent is the consumer of a credential, or the manager of a secret.
type target struct {
	kindInfo
	parent, id string
	sub        []string
}

func (t target) key() gateway.Key {
	if t.parent != "" {
		return gateway.Key{Kind: t.kind, ID: t.parent + "/" + t.id}
	}
	return gateway.Key{Kind: t.kind, ID: t.id}
}

// storePath is the key under which the real gateway stores the resource.
func storePath(key gateway.Key) string {
	if key.Kind == gateway.Credentials {
		username, id, _ := strings.Cut(key.ID, "/")
		return "/apisix/consumers/" + username + "/credentials/" + id
	}
	return "/apisix/" + string(key.Kind) + "/" + key.ID
}
