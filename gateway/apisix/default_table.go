package apisix

import (
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// defaultTable holds the defaults of one version of the gateway. It is read-only once made.
type defaultTable struct {
	set      *schema.Set // what it was made of
	types    map[gateway.Kind]*presets
	plugins  map[string]*presets // in routes, services, global rules …
	consumer map[string]*presets // in consumers and credentials
	stream   map[string]*presets // in stream routes
	metadata map[string]*presets
	secrets  map[string]*presets // by manager; the Admin API doesn't tell their schemas
}

func newDefaultTable(set *schema.Set) (*defaultTable, error) {
	table := &defaultTable{
		set: set, types: map[gateway.Kind]*presets{}, plugins: map[string]*presets{}, consumer: map[string]*presets{},
		stream: map[string]*presets{}, metadata: map[string]*presets{}, secrets: secretDefaults(),
	}
	for kind, text := range set.Kinds {
		if err := enter(table.types, kind, text); err != nil {
			return nil, fmt.Errorf("schema of %s: %w", kind, err)
		}
	}
	for name, told := range set.Plugins {
		if err := table.addPlugin(name, told); err != nil {
			return nil, fmt.Errorf("schema of plugin %s: %w", name, err)
		}
	}
	for name, told := range set.Stream {
		if err := enter(table.stream, name, told.Schema); err != nil {
			return nil, fmt.Errorf("schema of stream plugin %s: %w", name, err)
		}
	}
	table.nest()
	return table, nil
}

func enter[K comparable](into map[K]*presets, name K, text map[string]any) error {
	read, err := newPresets(text)
	if read != nil {
		into[name] = read
	}
	return err
}

func (t *defaultTable) addPlugin(name string, told schema.Plugin) error {
	inConsumer := told.Consumer
	if inConsumer == nil {
		inConsumer = told.Schema
	}
	if err := enter(t.plugins, name, told.Schema); err != nil {
		return err
	}
	if err := enter(t.consumer, name, inConsumer); err != nil {
		return err
	}
	return enter(t.metadata, name, told.Metadata)
}

// nest gives the plugins that hold others' configurations the defaults of those: their schemas don't say.
func (t *defaultTable) nest() {
	// An action is ["limit-count", {…}]; both are items.
	action := &presets{items: &presets{items: merged(t.plugins["limit-count"], merged(t.plugins["limit-conn"], t.plugins["limit-req"]))}}
	if action.items.items != nil {
		rules := &presets{items: &presets{fields: map[string]*presets{"actions": action}}}
		t.plugins["workflow"] = merged(t.plugins["workflow"], &presets{fields: map[string]*presets{"rules": rules}})
	}
	one := &presets{}
	for _, name := range []string{"key-auth", "basic-auth", "jwt-auth", "hmac-auth", "ldap-auth", "jwe-decrypt", "openid-connect"} {
		one.setField(name, t.plugins[name])
	}
	if one.fields != nil {
		several := &presets{fields: map[string]*presets{"auth_plugins": {items: one}}}
		t.plugins["multi-auth"] = merged(t.plugins["multi-auth"], several)
	}
}

// secretDefaults are the defaults of the secret managers in APISIX 3.13 and earlier.
func secretDefaults() map[string]*presets {
	set := func(values ...any) *presets { return &presets{values: values} }
	return map[string]*presets{
		"aws": {fields: map[string]*presets{"region": set("us-east-1")}},
		"gcp": {fields: map[string]*presets{
			"ssl_verify": set(true),
			"auth_config": {fields: map[string]*presets{
				"token_uri":   set("https://oauth2.googleapis.com/token"),
				"entries_uri": set("https://secretmanager.googleapis.com/v1"),
				"scope":       set([]any{"https://www.googleapis.com/auth/cloud-platform"}),
			}},
		}},
	}
}

// at is a gateway.Defaults.
func (t *defaultTable) at(key gateway.Key, path gateway.Path) []any {
	switch {
	case key.Kind == gateway.PluginMetadata:
		return t.metadata[key.ID].at(path)
	case key.Kind == gateway.Secrets:
		manager, _, _ := strings.Cut(key.ID, "/")
		return t.secrets[manager].at(path)
	case len(path) > 1 && path[0].Key == "plugins":
		return t.pluginsOf(key.Kind)[path[1].Key].at(path[2:])
	}
	return t.types[key.Kind].at(path)
}

func (t *defaultTable) pluginsOf(kind gateway.Kind) map[string]*presets {
	switch kind {
	case gateway.Consumers, gateway.Credentials:
		return t.consumer
	case gateway.StreamRoutes:
		return t.stream
	}
	return t.plugins
}
