package importer

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

var (
	privateKey = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`)
	bearer     = regexp.MustCompile(`^(?i:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}$`)
	webToken   = regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}`)
	// A login in a URL: a user with a password, or a token by itself.
	passwordInURL = regexp.MustCompile(`://[^/?#\s:@]*:([^\s@]+)@`)
	tokenInURL    = regexp.MustCompile(`://[^/?#\s:@]{16,}@`)
	portAndPath   = regexp.MustCompile(`^[0-9]{1,5}[/?#]`)
	parameter     = regexp.MustCompile(`[?&]([^=&#\s?]+)=([^&#\s]+)`)
	headerLine    = regexp.MustCompile(`^([A-Za-z0-9_-]+):\s*(\S.*)$`)
)

// suspectText reports whether a text holds a secret whatever its name is: a private key, a header that logs in, a URL with a login
// or a token in it, or JSON with a secret.
func suspectText(text string) bool {
	return privateKey.MatchString(text) || bearer.MatchString(text) || webToken.MatchString(text) || suspectURL(text) || suspectJSON(text)
}

func suspectURL(text string) bool {
	absolute := strings.Contains(text, "://")
	if !absolute && !strings.HasPrefix(text, "/") {
		return false
	}
	for _, m := range passwordInURL.FindAllStringSubmatch(text, -1) {
		if !portAndPath.MatchString(m[1]) {
			return true
		}
	}
	for _, m := range parameter.FindAllStringSubmatch(text, -1) {
		named := sensitiveName(m[1]) || absolute && (m[1] == "key" || m[1] == "sig" || m[1] == "code")
		if named && !variablesOnly(m[2]) && !harmless(m[1], m[2]) {
			return true
		}
	}
	return tokenInURL.MatchString(text)
}

// suspectJSON looks into a text that is JSON, as plugins outside of the gateway are configured with.
func suspectJSON(text string) bool {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return false
	}
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return false
	}
	return holdsSecret(suspects(value, ""))
}

func holdsSecret(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, value := range v {
			if holdsSecret(value) {
				return true
			}
		}
	case []any:
		for _, item := range v {
			if holdsSecret(item) {
				return true
			}
		}
	case gateway.Secret:
		return true
	}
	return false
}

// suspectLine looks at an item of a list that is a header with its name: "X-Api-Key: …".
func suspectLine(line string) bool {
	m := headerLine.FindStringSubmatch(line)
	return m != nil && suspect(m[1], m[2])
}

var (
	// reference is the name of a secret that the gateway looks up by itself.
	reference = regexp.MustCompile(`^\$(?i:secret|env)://`)
	// variable is a variable of the gateway, or what a regular expression has caught. Other texts behind a dollar are plain ones.
	variable = regexp.MustCompile(`\$(?:[0-9]\b|\{?(?:(?:arg|http|cookie|post_arg|sent_http|upstream|request|remote|server|ssl|proxy|route|` +
		`service|consumer|balancer|graphql|uri_param|geoip2?|time|content|mqtt|llm)_[a-z0-9_]+|` +
		`host|hostname|uri|scheme|args|status|is_args|msec|pid|connection|https|binary_remote_addr|bytes_sent|body_bytes_sent)\b\}?)`)
	between = regexp.MustCompile(`(?i)bearer|basic|token|[\s,;:/|.&=_-]`)
)

// variablesOnly reports whether a text says nothing but variables of the gateway.
func variablesOnly(text string) bool {
	return variable.MatchString(text) && between.ReplaceAllString(variable.ReplaceAllString(text, ""), "") == ""
}
