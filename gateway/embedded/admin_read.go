package embedded

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

func (g *Gateway) read(q *adminRequest, t target) *reply {
	if t.id == "" {
		return g.list(q, t)
	}
	o := g.store.get(t.key())
	if o == nil && t.kind == gateway.PluginMetadata && g.storesDefaults() {
		// The older version stumbles over metadata that is not there.
		return &reply{status: http.StatusInternalServerError, html: true}
	}
	if o == nil {
		return keyNotFound
	}
	return &reply{status: http.StatusOK, body: g.envelope(o, false)}
}

// envelope is an object as a GET answers it.
func (g *Gateway) envelope(o *object, listed bool) map[string]any {
	return map[string]any{
		"key": storePath(o.key), "value": g.shown(o, listed), "createdIndex": o.created, "modifiedIndex": o.modified,
	}
}

func (g *Gateway) list(q *adminRequest, t target) *reply {
	var found []*object
	if t.kind == gateway.Credentials {
		if found = g.store.credentials(t.parent); len(found) == 0 {
			return keyNotFound
		}
	} else {
		found = g.store.list(t.kind)
	}
	empty := len(found) == 0
	found, err := filtered(found, q.query)
	if err != nil {
		return refuse(http.StatusBadRequest, "%v", err)
	}
	total := len(found)
	found, fault := paged(found, q.query)
	if fault != nil {
		return fault
	}
	// A name, label or page that leaves nothing gives an object: an empty Lua table is one.
	if len(found) == 0 && !empty && q.query.Get("filter") == "" && q.query.Get("uri") == "" {
		return &reply{status: http.StatusOK, body: map[string]any{"list": map[string]any{}, "total": total}}
	}
	return &reply{status: http.StatusOK, body: g.listing(found, total)}
}

// listing is the answer of a list. Each object is encoded once and then kept, since lists are long and asked for often.
func (g *Gateway) listing(found []*object, total int) encoded {
	size := 64
	for _, o := range found {
		o.listing.Do(func() { o.listed = encode(g.envelope(o, true)) })
		size += len(o.listed) + 1
	}
	out := append(make([]byte, 0, size), `{"list":[`...)
	for i, o := range found {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, o.listed...)
	}
	return fmt.Appendf(out, "],\"total\":%d}\n", total)
}

// filtered keeps what the query's name, uri, label and filter let through.
func filtered(list []*object, query url.Values) ([]*object, error) {
	if text := query.Get("name"); text != "" {
		name, err := regexp.Compile(text)
		if err != nil {
			return nil, err
		}
		list = keep(list, func(o *object) bool { return name.MatchString(textOr(o.value["name"], "nil")) })
	}
	if text := query.Get("uri"); text != "" {
		uri, err := regexp.Compile(text)
		if err != nil {
			return nil, err
		}
		list = keep(list, func(o *object) bool { return slices.ContainsFunc(urisOf(o.value), uri.MatchString) })
	}
	if label := query.Get("label"); label != "" {
		list = keep(list, func(o *object) bool {
			labels, _ := o.value["labels"].(map[string]any)
			_, ok := labels[label]
			return ok
		})
	}
	wanted, _ := url.ParseQuery(query.Get("filter"))
	for _, field := range []string{"service_id", "upstream_id"} {
		if id := wanted.Get(field); id != "" {
			list = keep(list, func(o *object) bool { return idText(o.value[field]) == id })
		}
	}
	return list, nil
}

func keep(list []*object, wanted func(*object) bool) []*object {
	return slices.DeleteFunc(list, func(o *object) bool { return !wanted(o) })
}

func textOr(v any, otherwise string) string {
	if text, ok := v.(string); ok {
		return text
	}
	return otherwise
}

func urisOf(value map[string]any) []string {
	if uri, ok := value["uri"].(string); ok {
		return []string{uri}
	}
	return texts(value["uris"])
}

// paged cuts a page out, in order of creation. Unless both page and page_size are numbers, everything is one page.
func paged(list []*object, query url.Values) ([]*object, *reply) {
	page, noPage := strconv.Atoi(query.Get("page"))
	size, noSize := strconv.Atoi(query.Get("page_size"))
	if noPage != nil || noSize != nil {
		return list, nil
	}
	if size < 10 || size > 500 {
		return nil, &reply{status: http.StatusBadRequest, body: "page_size must be between 10 and 500"}
	}
	slices.SortFunc(list, func(a, b *object) int { return cmp.Compare(a.created, b.created) })
	// No list has more pages than items: a page beyond that must not overflow.
	before := min(max(page, 1)-1, len(list))
	from := min(before*size, len(list))
	return list[from:min(from+size, len(list))], nil
}

func (g *Gateway) remove(q *adminRequest, t target) *reply {
	if t.id == "" {
		return refuse(http.StatusBadRequest, "missing %s id", t.spoken())
	}
	key := t.key()
	if user := firstUser(g.usersOf(key), key); user != "" && q.query.Get("force") != "true" {
		return refuse(http.StatusBadRequest, "can not delete this %s, %s is still using it now", directly(t), user)
	}
	if !g.store.delete(key) {
		return keyNotFound
	}
	return &reply{status: http.StatusOK, body: map[string]any{"key": strings.TrimSuffix(storePath(key), "/"), "deleted": "1"}}
}

func (g *Gateway) usersOf(key gateway.Key) []*object {
	if g.cfg.LaggingInUse {
		return g.anyWorker().usersOf(key)
	}
	return g.store.usersOf(key)
}

// directly says "service directly": the real gateway says so of services only.
func directly(t target) string {
	if t.kind == gateway.Services {
		return "service directly"
	}
	return t.spoken()
}
