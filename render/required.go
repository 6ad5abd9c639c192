package render

import (
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// has reports whether a body has one of the fields.
func has(spec map[string]any, fields ...string) bool {
	for _, field := range fields {
		if _, ok := spec[field]; ok {
			return true
		}
	}
	return false
}

// oneOf demands that a body has one of the fields.
func (c *checker) oneOf(spec map[string]any, fields ...string) {
	if !has(spec, fields...) {
		c.fault(nil, "missing-field", "add it", "%s needs %s", c.key, strings.Join(fields, " or "))
	}
}

// notBoth refuses the singular and the plural of one field together.
func (c *checker) notBoth(spec map[string]any, one, many string) {
	if has(spec, one) && has(spec, many) {
		path := gateway.Path{gateway.Field(one)}
		c.fault(path, "field-conflict", "keep one of them; !reset removes an inherited one", "%s has both %s and %s", c.key, one, many)
	}
}

// required checks that a body has what the gateway demands.
func (c *checker) required(spec map[string]any) {
	switch c.key.Kind {
	case gateway.Routes:
		c.oneOf(spec, "uri", "uris")
		c.oneOf(spec, "service_id", "upstream_id", "upstream", "plugins", "script")
		c.notBoth(spec, "uri", "uris")
		c.notBoth(spec, "host", "hosts")
		c.notBoth(spec, "remote_addr", "remote_addrs")
	case gateway.Upstreams:
		if !has(spec, "nodes") {
			c.oneOf(spec, "nodes", "service_name")
			if has(spec, "service_name") {
				c.oneOf(spec, "discovery_type")
			}
		}
	case gateway.PluginConfigs, gateway.ConsumerGroups, gateway.GlobalRules:
		c.oneOf(spec, "plugins")
	case gateway.Protos:
		c.oneOf(spec, "content")
	case gateway.SSLs:
		c.certificate(spec)
	case gateway.Credentials:
		if plugins, _ := spec["plugins"].(map[string]any); len(plugins) > 1 {
			c.fault(gateway.Path{gateway.Field("plugins")}, "too-many-plugins", "make one credential of each",
				"%s has %d plugins, and a credential takes one", c.key, len(plugins))
		}
	}
}

func (c *checker) certificate(spec map[string]any) {
	c.oneOf(spec, "cert")
	c.oneOf(spec, "key")
	if spec["type"] != "client" {
		c.oneOf(spec, "sni", "snis")
		c.notBoth(spec, "sni", "snis")
	}
}
