package embedded

import (
	"maps"
	"net/http"
	"strconv"
	"sync"

	"github.com/sluice-gitops/sluice/gateway"
)

// document is what a gateway in standalone mode has instead of resources: everything in one. The lock is held for a whole
// write, so that documents follow each other as a whole.
type document struct {
	mu sync.Mutex
	content
}

// content is a document as it was put. The zero value is that of a gateway that was never configured. It is never changed: a
// PUT makes another.
type content struct {
	configured bool
	digest     string
	modified   int64              // unix seconds
	versions   map[string]float64 // by section
	sections   map[string][]any   // the items as they were sent; sections that are empty have no place here
}

// sectionNames are the lists that a document may hold. The names of plugins are kept and followed by nobody: which plugins run
// is fixed here.
func sectionNames() []string {
	names := []string{"plugins"}
	for _, kind := range kindInfos {
		if kind.kind != gateway.Credentials {
			names = append(names, string(kind.kind))
		}
	}
	return names
}

// header tells which document is there, for GET, HEAD and PUT alike.
func (c content) header() http.Header {
	header := http.Header{}
	if c.configured {
		header.Set("X-Last-Modified", strconv.FormatInt(c.modified, 10))
	}
	if c.digest != "" {
		header.Set("X-Digest", c.digest)
	}
	return header
}

func (c content) body() map[string]any {
	body := map[string]any{}
	for _, name := range sectionNames() {
		body[name+"_conf_version"] = c.versions[name]
		if items, ok := c.sections[name]; ok {
			body[name] = items
		}
	}
	if c.configured {
		body["X-Digest"], body["X-Last-Modified"] = c.digest, c.modified
	}
	return body
}

// next is the content that a put document makes of this one, and the sections that it changes. A section with the version that
// it has already is left as it is.
func (c content) next(body map[string]any) (content, []string, *reply) {
	next := content{configured: true, versions: map[string]float64{}, sections: maps.Clone(c.sections)}
	if next.sections == nil {
		next.sections = map[string][]any{}
	}
	var changed []string
	for _, name := range sectionNames() {
		version, fault := nextVersion(name, c.versions[name], body[name+"_conf_version"])
		if fault != nil {
			return content{}, nil, fault
		}
		next.versions[name] = version
		if version == c.versions[name] {
			continue
		}
		changed = append(changed, name)
		items, fault := itemsOf(name, body)
		if fault != nil {
			return content{}, nil, fault
		}
		if next.sections[name] = items; len(items) == 0 {
			delete(next.sections, name)
		}
	}
	return next, changed, nil
}

func nextVersion(name string, now float64, sent any) (float64, *reply) {
	if sent == nil {
		return now + 1, nil
	}
	version, ok := sent.(float64)
	if !ok {
		return 0, refuse(http.StatusBadRequest, "%s_conf_version must be a number", name)
	}
	if version < now {
		return 0, refuse(http.StatusBadRequest, "%s_conf_version must be greater than or equal to (%s)", name, luaText(now))
	}
	return version, nil
}

// itemsOf returns the items of a section. A map in the place of the list is taken, and is an empty one: the real gateway's
// trap for those who write fragments by id.
func itemsOf(name string, body map[string]any) ([]any, *reply) {
	switch sent := body[name].(type) {
	case []any:
		return sent, nil
	case map[string]any:
		return nil, nil
	case nil:
		if _, present := body[name]; !present {
			return nil, nil
		}
	}
	return nil, refuse(http.StatusBadRequest, "%s: table expected, got %s", name, luaType(body[name]))
}
