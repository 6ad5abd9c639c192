package schema

import (
	"fmt"
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// Set is the schemas of one version of a gateway. New, Decode and Core make one; it is read-only afterwards and safe for
// concurrent use.
type Set struct {
	Product string // "apisix", "api7"
	Version string // as the gateway tells it, "3.18.0"; may be empty
	// Kinds holds the schema of each kind that the gateway tells. The built-in one counts for those that are left out.
	Kinds map[gateway.Kind]map[string]any
	// Managers holds the schema of each secret manager, by name. A gateway tells none; the built-in ones count then.
	Managers map[string]map[string]any
	// Plugins and Stream hold the plugins of HTTP and of stream routes, by name. Where there are none, plugins are not
	// checked.
	Plugins, Stream map[string]Plugin

	rules    map[gateway.Kind]*rule
	managers map[string]*rule
	plugins  map[string]pluginRules
	stream   map[string]pluginRules
}

// Plugin is what a gateway tells of one plugin: the schemas of its configuration, in canonical values. A nil one takes
// anything.
type Plugin struct {
	Type     string // "auth" for what can stand in a credential
	Schema   map[string]any
	Consumer map[string]any // of its configuration in consumers and credentials; nil where it is as everywhere
	Metadata map[string]any
}

// pluginRules are the compiled schemas of a plugin.
type pluginRules struct {
	everywhere, consumer, metadata *rule
	auth                           bool
}

// New makes a Set of the exported fields of told, whose schemas are as encoding/json decodes them. Descriptions are left out.
// An error names the schema that is none.
func New(told Set) (*Set, error) {
	s := &Set{Product: told.Product, Version: told.Version, rules: map[gateway.Kind]*rule{}, managers: map[string]*rule{}}
	var err error
	if s.Kinds, err = plainAll("", told.Kinds); err != nil {
		return nil, err
	}
	if s.Managers, err = plainAll("secret manager ", told.Managers); err != nil {
		return nil, err
	}
	c := newCompiler()
	for kind, text := range s.Kinds {
		s.rules[kind] = c.kind(kind, text)
		s.rules[kind].identity = c.identity(kind, text)
	}
	for name, text := range s.Managers {
		s.managers[name] = c.kind(gateway.Secrets, text)
	}
	if s.Plugins, s.plugins, err = c.plugins(told.Plugins); err != nil {
		return nil, err
	}
	s.Stream, s.stream, err = c.plugins(told.Stream)
	return s, err
}

func plainAll[K ~string](noun string, texts map[K]map[string]any) (map[K]map[string]any, error) {
	out := make(map[K]map[string]any, len(texts))
	for name, text := range texts {
		plain, err := plain(text)
		if err != nil {
			return nil, fmt.Errorf("schema of %s%s: %w", noun, name, err)
		}
		out[name] = plain
	}
	return out, nil
}

func (c *compiler) plugins(told map[string]Plugin) (map[string]Plugin, map[string]pluginRules, error) {
	if len(told) == 0 {
		return nil, nil, nil
	}
	all, rules := map[string]Plugin{}, map[string]pluginRules{}
	for name, plugin := range told {
		for _, text := range []*map[string]any{&plugin.Schema, &plugin.Consumer, &plugin.Metadata} {
			if *text == nil {
				continue
			}
			plain, err := plain(*text)
			if err != nil {
				return nil, nil, fmt.Errorf("schema of plugin %s: %w", name, err)
			}
			*text = plain
		}
		all[name], rules[name] = plugin, c.plugin(plugin)
	}
	return all, rules, nil
}

func (c *compiler) plugin(p Plugin) pluginRules {
	rules := pluginRules{everywhere: c.schema(p.Schema), metadata: c.schema(p.Metadata), auth: p.Type == "auth" || p.Consumer != nil}
	rules.consumer = rules.everywhere
	if p.Consumer != nil {
		rules.consumer = c.schema(p.Consumer)
	}
	return rules
}

// Names returns the names of the plugins of HTTP, sorted.
func (s *Set) Names() []string { return slices.Sorted(maps.Keys(s.Plugins)) }
