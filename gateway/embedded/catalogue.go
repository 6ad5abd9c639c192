package embedded

import (
	_ "embed"
	"fmt"
	"maps"
	"sync"

	"github.com/sluice-gitops/sluice/gateway"
)

//go:embed schemas/core.json
var coreSchemas []byte

// catalogue holds what the gateway knows of kinds and plugins. It is read-only.
type catalogue struct {
	types    map[string]*schema // by the singular name: "route", "secret/vault"
	plugins  map[string]*about
	stream   map[string]*about  // the plugins of stream routes
	metadata map[string]*schema // of plugins that no route takes
	anything *schema            // of metadata that has no schema
}

var (
	newestCatalogue = sync.OnceValues(func() (*catalogue, error) { return readCatalogue(false) })
	olderCatalogue  = sync.OnceValues(func() (*catalogue, error) { return readCatalogue(true) })
)

func readCatalogue(older bool) (*catalogue, error) {
	core, sections, err := sections(coreSchemas)
	if err != nil {
		return nil, fmt.Errorf("read core schemas: %w", err)
	}
	if older {
		maps.Copy(core.definitions, sections["older"])
	}
	c := &catalogue{}
	if c.types, err = compileAll(core, sections["types"]); err != nil {
		return nil, err
	}
	if c.metadata, err = compileAll(core, sections["metadata"]); err != nil {
		return nil, err
	}
	if c.anything, err = core.compile(map[string]any{"type": "object"}); err != nil {
		return nil, err
	}
	if err := c.readPlugins(older); err != nil {
		return nil, fmt.Errorf("read plugin schemas: %w", err)
	}
	return c, c.addPlugins(core, sections["plugins"])
}

func compileAll(c compiler, section map[string]any) (map[string]*schema, error) {
	out := map[string]*schema{}
	for name, raw := range section {
		s, err := c.compile(raw)
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", name, err)
		}
		out[name] = s
	}
	return out, nil
}

// plugin returns the schema of a plugin's configuration; false when no plugin has the name.
func (c *catalogue) plugin(name string, of gateway.Kind) (*schema, bool) {
	if of == gateway.StreamRoutes {
		known, ok := c.stream[name]
		if !ok {
			return nil, false
		}
		return known.schema, true
	}
	known, ok := c.plugins[name]
	switch {
	case !ok:
		return nil, false
	case known.consumer != nil && (of == gateway.Consumers || of == gateway.Credentials):
		return known.consumer, true
	}
	return known.schema, true
}

// metadataOf returns the schema of a plugin's metadata; false when no plugin has the name.
func (c *catalogue) metadataOf(name string) (*schema, bool) {
	known, ok := c.plugins[name]
	if !ok {
		known, ok = c.stream[name]
	}
	if ok && known.metadata != nil {
		return known.metadata, true
	}
	if s, ok := c.metadata[name]; ok {
		return s, true
	}
	return c.anything, ok
}

// isAuth reports whether a credential may hold the plugin.
func (c *catalogue) isAuth(name string) bool {
	known, ok := c.plugins[name]
	return ok && known.kind == "auth"
}

// priority is the plugin's place in the order of execution: the higher runs first.
func (c *catalogue) priority(name string) int {
	if known, ok := c.plugins[name]; ok {
		return known.priority
	}
	return 0
}
