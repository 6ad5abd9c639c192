package apisix

import (
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// defaultTable holds the defaults of one version of the gateway. It is read-only once made.
type defaultTable struct {
	types    map[gateway.Kind]*schema
	plugins  map[string]*schema // in routes, services, global rules …
	consumer map[string]*schema // in consumers and credentials
	stream   map[string]*schema // in stream routes
	metadata map[string]*schema
	secrets  map[string]*schema // by manager; the Admin API doesn't tell their schemas
}

func newDefaultTable(types map[gateway.Kind]map[string]any, plugins, stream map[string]plugin) (*defaultTable, error) {
	table := &defaultTable{
		types: map[gateway.Kind]*schema{}, plugins: map[string]*schema{}, consumer: map[string]*schema{},
		stream: map[string]*schema{}, metadata: map[string]*schema{}, secrets: secretDefaults(),
	}
	for kind, text := range types {
		if err := enter(table.types, kind, text); err != nil {
			return nil, fmt.Errorf("schema of %s: %w", kind, err)
		}
	}
	for name, told := range plugins {
		if err := table.addPlugin(name, told); err != nil {
			return nil, fmt.Errorf("schema of plugin %s: %w", name, err)
		}
	}
	for name, told := range stream {
		if err := enter(table.stream, name, told.Schema); err != nil {
			return nil, fmt.Errorf("schema of stream plugin %s: %w", name, err)
		}
	}
	table.nest()
	return table, nil
}

func enter[K comparable](into map[K]*schema, name K, text map[string]any) error {
	read, err := newSchema(text)
	if read != nil {
		into[name] = read
	}
	return err
}

func (t *defaultTable) addPlugin(name string, told plugin) error {
	inConsumer := told.ConsumerSchema
	if inConsumer == nil {
		inConsumer = told.Schema
	}
	if err := enter(t.plugins, name, told.Schema); err != nil {
		return err
	}
	if err := enter(t.consumer, name, inConsumer); err != nil {
		return err
	}
	return enter(t.metadata, name, told.MetadataSchema)
}

// nest gives the plugins that hold others' configurations the defaults of those: their schemas don't say.
func (t *defaultTable) nest() {
	// An action is ["limit-count", {…}]; both are items.
	action := &schema{items: &schema{items: merged(t.plugins["limit-count"], merged(t.plugins["limit-conn"], t.plugins["limit-req"]))}}
	if action.items.items != nil {
		rules := &schema{items: &schema{fields: map[string]*schema{"actions": action}}}
		t.plugins["workflow"] = merged(t.plugins["workflow"], &schema{fields: map[string]*schema{"rules": rules}})
	}
	one := &schema{}
	for _, name := range []string{"key-auth", "basic-auth", "jwt-auth", "hmac-auth", "ldap-auth", "jwe-decrypt", "openid-connect"} {
		one.setField(name, t.plugins[name])
	}
	if one.fields != nil {
		several := &schema{fields: map[string]*schema{"auth_plugins": {items: one}}}
		t.plugins["multi-auth"] = merged(t.plugins["multi-auth"], several)
	}
}

// secretDefaults are the defaults of the secret managers in APISIX 3.13 and earlier.
func secretDefaults() map[string]*schema {
	set := func(values ...any) *schema { return &schema{values: values} }
	return map[string]*schema{
		"aws": {fields: map[string]*schema{"region": set("us-east-1")}},
		"gcp": {fields: map[string]*schema{
			"ssl_verify": set(true),
			"auth_config": {fields: map[string]*schema{
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

func (t *defaultTable) pluginsOf(kind gateway.Kind) map[string]*schema {
	switch kind {
	case gateway.Consumers, gateway.Credentials:
		return t.consumer
	case gateway.StreamRoutes:
		return t.stream
	}
	return t.plugins
}
