package embedded

import (
	"context"
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

const adminRoot = "/apisix/admin"

// adminRequest is a request to the Admin API, taken apart.
type adminRequest struct {
	method string
	path   []string // after the root, without empty parts
	query  url.Values
	body   any           // the parsed body
	sent   bool          // whether there was a body
	lease  time.Duration // after which what is written is gone again; 0 for never
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
	if r.Method == http.MethodTrace {
		// The server answers this before the gateway sees it.
		g.writeReply(w, &reply{status: http.StatusMethodNotAllowed, html: true, server: "openresty"})
		return
	}
	allowOrigin(w.Header())
	path, inside := strings.CutPrefix(r.URL.Path, adminRoot)
	switch {
	case inside && g.cfg.Standalone:
		g.serveStandalone(w, r, path)
		return
	case !inside || path == "" && r.Method != http.MethodHead || r.Method == http.MethodHead && path != "":
		g.writeReply(w, &reply{status: http.StatusNotFound, html: true})
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
	q := &adminRequest{
		method: r.Method, query: r.URL.Query(),
		path: strings.FieldsFunc(path, func(c rune) bool { return c == '/' }),
	}
	if fault := g.authenticate(r); fault != nil && !g.isOpen(q) {
		return fault
	}
	if len(q.path) == 0 {
		return refuse(http.StatusNotFound, "Unsupported resource type: ").beforeResource()
	}
	if g.isValidation(q) {
		return g.validateDocument(r)
	}
	serve, fault := g.find(q)
	if fault != nil {
		return fault
	}
	if fault := q.read(r); fault != nil {
		return fault
	}
	if fault := q.readLease(); fault != nil {
		return fault
	}
	if _, ok := kindOf(q.path[0]); ok && q.method != http.MethodGet {
		g.spend(r.Context())
	}
	return serve()
}

// spend waits for as long as a write is to take, or until the client has gone.
func (g *Gateway) spend(ctx context.Context) {
	if g.cfg.WriteCost != nil {
		pause(ctx, g.cfg.WriteCost())
	}
}

// isOpen reports whether the request needs no key: the older version validates for everybody.
func (g *Gateway) isOpen(q *adminRequest) bool {
	return g.storesDefaults() && len(q.path) > 1 && q.path[0] == "schema" && q.path[1] == "validate"
}

func (g *Gateway) authenticate(r *http.Request) *reply {
	key, sent := sentKey(r)
	description := "wrong apikey"
	switch {
	case !sent:
		description = "missing apikey"
	case sameKey(key, g.cfg.AdminKey):
		return nil
	case sameKey(key, g.cfg.ViewerKey):
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			return nil
		}
		description = "invalid method for role viewer"
	}
	return &reply{status: http.StatusUnauthorized, early: true, body: map[string]any{
		"error_msg": "failed to check token", "description": description,
	}}
}

func sameKey(sent, key string) bool {
	return key != "" && subtle.ConstantTimeCompare([]byte(sent), []byte(key)) == 1
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

// isValidation reports whether the request is for configs/validate, which the older version does not have.
func (g *Gateway) isValidation(q *adminRequest) bool {
	return !g.storesDefaults() && q.method == http.MethodPost && slices.Equal(q.path, []string{"configs", "validate"})
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
	}
	kind, ok := kindOf(q.path[0])
	if !ok || kind.kind == gateway.Credentials {
		return nil, refuse(http.StatusNotFound, "Unsupported resource type: %s", q.path[0]).beforeResource()
	}
	if kind.kind == gateway.StreamRoutes && g.cfg.NoStream {
		return nil, refuse(http.StatusBadRequest, "stream mode is disabled, can not add stream routes").beforeResource()
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
