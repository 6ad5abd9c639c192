package gateway

import (
	"maps"
	"reflect"
	"strings"
)

// Seal returns spec with every text that is known to be sensitive turned into a Secret: private keys, passwords, API keys and
// tokens, by kind and by the encrypt_fields of the plugin schemas. Spec itself is not changed; what holds nothing
// sensitive is shared. Desired and live are sealed alike, so that neither can be printed.
func Seal(key Key, spec map[string]any) map[string]any {
	sealed := spec
	for _, rule := range sealRules[key.Kind] {
		sealed = sealAt(sealed, strings.Split(rule, ".")).(map[string]any)
	}
	if key.Kind == PluginMetadata {
		return sealPlugin(sealed, key.ID)
	}
	return sealPlugins(sealed)
}

// sealRules names the sensitive fields of each kind outside its plugins; "*" is every item of a list.
var sealRules = map[Kind][]string{
	SSLs:         {"key", "keys.*"},
	Upstreams:    {"tls.client_key"},
	Services:     {"upstream.tls.client_key", "upstreams.*.tls.client_key"},
	Routes:       {"upstream.tls.client_key"},
	StreamRoutes: {"upstream.tls.client_key"},
	Secrets: {
		"token", "access_key_id", "secret_access_key", "session_token", "auth_config.private_key",
	},
}

// pluginSecrets names the sensitive fields of plugins, in a route's, a consumer's or the metadata's configuration: those that
// the gateway encrypts at rest, and those of what stands inside a plugin.
var pluginSecrets = map[string][]string{
	"key-auth":             {"key"},
	"basic-auth":           {"password"},
	"jwt-auth":             {"secret", "private_key"},
	"hmac-auth":            {"secret_key"},
	"ldap-auth-advanced":   {"ldap_password"},
	"jwe-decrypt":          {"key", "secret"},
	"openid-connect":       {"client_secret", "client_rsa_private_key", "dpop.private_key", "session.secret", "session.redis.password"},
	"saml-auth":            {"sp_private_key", "secret", "secret_fallbacks.*"},
	"cas-auth":             {"cookie.secret"},
	"authz-casdoor":        {"client_secret"},
	"authz-keycloak":       {"client_secret"},
	"dingtalk-auth":        {"app_secret", "secret", "secret_fallbacks.*"},
	"feishu-auth":          {"app_secret", "secret", "secret_fallbacks.*"},
	"csrf":                 {"key"},
	"limit-count":          {"redis_password", "sentinel_password"},
	"limit-req":            {"redis_password"},
	"limit-conn":           {"redis_password"},
	"graphql-limit-count":  {"redis_password", "sentinel_password"},
	"kafka-proxy":          {"sasl.password"},
	"ai-rate-limiting":     {"redis_password", "sentinel_password"},
	"ai-cache":             {"redis_password", "semantic.embedding.openai.api_key", "semantic.embedding.azure_openai.api_key"},
	"ai-rag":               {"embeddings_provider.azure_openai.api_key", "vector_search_provider.azure_ai_search.api_key"},
	"http-logger":          {"auth_header"},
	"kafka-logger":         {"brokers.*.sasl_config.password"},
	"rocketmq-logger":      {"secret_key"},
	"clickhouse-logger":    {"password"},
	"elasticsearch-logger": {"auth.password", "headers.*"},
	"loki-logger":          {"headers.*"},
	"splunk-hec-logging":   {"endpoint.token"},
	"google-cloud-logging": {"auth_config.private_key"},
	"sls-logger":           {"access_key_secret"},
	"tencent-cloud-cls":    {"secret_key"},
	"loggly":               {"customer_token"},
	"lago":                 {"token"},
	"error-log-logger":     {"clickhouse.password"},
	"aws-lambda":           {"authorization.apikey", "authorization.iam.secretkey", "authorization.iam.accesskey"},
	"azure-functions":      {"authorization.apikey", "master_apikey"},
	"openwhisk":            {"service_token"},
	"openfunction":         {"authorization.service_token"},
	"ai-lakera-guard":      {"api_key"},
	"ai-request-rewrite":   {"auth.header.*", "auth.query.*"},
	"ai-proxy": {
		"auth.header.*", "auth.query.*", "auth.aws.secret_access_key", "auth.aws.session_token", "auth.gcp.service_account_json",
	},
	"ai-proxy-multi": {
		"instances.*.auth.header.*", "instances.*.auth.query.*", "instances.*.auth.aws.secret_access_key",
		"instances.*.auth.aws.session_token", "instances.*.auth.gcp.service_account_json",
		"semantic_opts.embeddings.auth.header.*", "semantic_opts.embeddings.auth.query.*",
	},
	"ai-aliyun-content-moderation": {"access_key_secret"},

	// These hold an upstream or other plugins. The gateway does not encrypt what is sensitive in there; it is no less so.
	"traffic-split": {"rules.*.weighted_upstreams.*.upstream.tls.client_key"},
	"workflow":      {"rules.*.actions.*.*.redis_password", "rules.*.actions.*.*.sentinel_password"},
	"multi-auth": {
		"auth_plugins.*.*.client_secret", "auth_plugins.*.*.client_rsa_private_key", "auth_plugins.*.*.dpop.private_key",
		"auth_plugins.*.*.session.secret", "auth_plugins.*.*.session.redis.password", "auth_plugins.*.jwe-decrypt.secret",
		"auth_plugins.*.*.ldap_password",
	},
}

func sealPlugins(spec map[string]any) map[string]any {
	plugins, ok := spec["plugins"].(map[string]any)
	if !ok {
		return spec
	}
	sealed := spec
	for name, conf := range plugins {
		before, ok := conf.(map[string]any)
		if !ok || len(pluginSecrets[name]) == 0 {
			continue
		}
		if after := sealPlugin(before, name); !isSame(before, after) {
			sealed = replaced(sealed, "plugins", replaced(sealed["plugins"].(map[string]any), name, after))
		}
	}
	return sealed
}

// isSame reports whether both are one map.
func isSame(a, b map[string]any) bool {
	return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}

func sealPlugin(conf map[string]any, name string) map[string]any {
	for _, rule := range pluginSecrets[name] {
		conf = sealAt(conf, strings.Split(rule, ".")).(map[string]any)
	}
	return conf
}

// sealAt copies only the maps and lists on the way to what it seals.
func sealAt(v any, path []string) any {
	if len(path) == 0 {
		return sealText(v)
	}
	switch v := v.(type) {
	case map[string]any:
		if path[0] != "*" {
			return sealField(v, path[0], path[1:])
		}
		out := v
		for field := range v {
			out = sealField(out, field, path[1:])
		}
		return out
	case []any:
		if path[0] != "*" {
			return v
		}
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = sealAt(item, path[1:])
		}
		return out
	}
	return v
}

func sealField(m map[string]any, field string, rest []string) map[string]any {
	value, ok := m[field]
	if !ok {
		return m
	}
	return replaced(m, field, sealAt(value, rest))
}

// sealText leaves the gateway's own references readable: they name a secret and are none.
func sealText(v any) any {
	text, ok := v.(string)
	if !ok || isReference(text) {
		return v
	}
	return NewSecret("", text)
}

func replaced(m map[string]any, field string, value any) map[string]any {
	out := maps.Clone(m)
	out[field] = value
	return out
}
