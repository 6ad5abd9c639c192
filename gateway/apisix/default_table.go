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
	types    map[gateway.Kind]*schema.Presets
	plugins  map[string]*schema.Presets // in routes, services, global rules …
	consumer map[string]*schema.Presets // in consumers and credentials
	stream   map[string]*schema.Presets // in stream routes
	metadata map[string]*schema.Presets
	secrets  map[string]*schema.Presets // by manager; the Admin API doesn't tell their schemas
}

func newDefaultTable(set *schema.Set) (*defaultTable, error) {
	table := &defaultTable{
		set: set, types: map[gateway.Kind]*schema.Presets{}, plugins: map[string]*schema.Presets{}, consumer: map[string]*schema.Presets{},
		stream: map[string]*schema.Presets{}, metadata: map[string]*schema.Presets{}, secrets: secretDefaults(),
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

func enter[K comparable](into map[K]*schema.Presets, name K, text map[string]any) error {
	read, err := schema.ReadPresets(text)
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
	limits := schema.Over(t.plugins["limit-count"], schema.Over(t.plugins["limit-conn"], t.plugins["limit-req"]))
	if limits != nil {
		// An action is ["limit-count", {…}]; both are items.
		actions := schema.PresetItems(schema.PresetItems(limits))
		rules := schema.PresetItems(schema.PresetFields(map[string]*schema.Presets{"actions": actions}))
		t.plugins["workflow"] = schema.Over(t.plugins["workflow"], schema.PresetFields(map[string]*schema.Presets{"rules": rules}))
	}
	auth := map[string]*schema.Presets{}
	for _, name := range []string{"key-auth", "basic-auth", "jwt-auth", "hmac-auth", "ldap-auth", "jwe-decrypt", "openid-connect"} {
		auth[name] = t.plugins[name]
	}
	several := schema.PresetItems(schema.PresetFields(auth))
	t.plugins["multi-auth"] = schema.Over(t.plugins["multi-auth"], schema.PresetFields(map[string]*schema.Presets{"auth_plugins": several}))
}

// secretDefaults are the defaults of the secret managers in APISIX 3.13 and earlier.
func secretDefaults() map[string]*schema.Presets {
	type fields = map[string]*schema.Presets
	return fields{
		"aws": schema.PresetFields(fields{"region": schema.Preset("us-east-1")}),
		"gcp": schema.PresetFields(fields{
			"ssl_verify": schema.Preset(true),
			"auth_config": schema.PresetFields(fields{
				"token_uri":   schema.Preset("https://oauth2.googleapis.com/token"),
				"entries_uri": schema.Preset("https://secretmanager.googleapis.com/v1"),
				"scope":       schema.Preset([]any{"https://www.googleapis.com/auth/cloud-platform"}),
			}),
		}),
	}
}

// at is a gateway.Defaults.
func (t *defaultTable) at(key gateway.Key, path gateway.Path) []any {
	switch {
	case key.Kind == gateway.PluginMetadata:
		return t.metadata[key.ID].At(path).Values()
	case key.Kind == gateway.Secrets:
		manager, _, _ := strings.Cut(key.ID, "/")
		return t.secrets[manager].At(path).Values()
	case len(path) > 1 && path[0].Key == "plugins":
		return t.pluginsOf(key.Kind)[path[1].Key].At(path[2:]).Values()
	}
	return t.types[key.Kind].At(path).Values()
}

func (t *defaultTable) pluginsOf(kind gateway.Kind) map[string]*schema.Presets {
	switch kind {
	case gateway.Consumers, gateway.Credentials:
		return t.consumer
	case gateway.StreamRoutes:
		return t.stream
	}
	return t.plugins
}
