package embedded

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

func buildKeyAuth(_ *Gateway, _ gateway.Key, conf map[string]any, p *plugin) {
	header, query := textOr(conf["header"], ""), textOr(conf["query"], "")
	challenge := fmt.Sprintf("apikey realm=%q", conf["realm"])
	p.rewrite = func(x *exchange) *answer {
		key, sent := keyOf(x.r, header, query)
		if !sent {
			return x.anonymous(conf, challenge, "Missing API key in request")
		}
		holder := x.w.holder("key-auth", key)
		if holder == nil {
			return x.anonymous(conf, challenge, "Invalid API key in request")
		}
		if conf["hide_credentials"] == true {
			x.header().Del(header)
			values := x.r.URL.Query()
			values.Del(query)
			x.r.URL.RawQuery = values.Encode()
		}
		x.identified(holder)
		return nil
	}
}

func keyOf(r *http.Request, header, query string) (string, bool) {
	if values, ok := r.Header[http.CanonicalHeaderKey(header)]; ok {
		return values[0], true
	}
	values, ok := r.URL.Query()[query]
	if !ok {
		return "", false
	}
	return values[0], true
}

// anonymous lets the request through as the anonymous consumer, or refuses it when there is none.
func (x *exchange) anonymous(conf map[string]any, challenge, message string) *answer {
	if name, ok := conf["anonymous_consumer"].(string); ok {
		if found := x.w.get(gateway.Consumers, name); found != nil {
			x.identified(found)
			return nil
		}
		message = "Invalid user authorization"
	}
	refusal := refused(http.StatusUnauthorized, message)
	refusal.header = http.Header{"Www-Authenticate": {challenge}}
	return refusal
}

func buildBasicAuth(_ *Gateway, _ gateway.Key, conf map[string]any, p *plugin) {
	challenge := fmt.Sprintf("Basic realm=%q", conf["realm"])
	p.rewrite = func(x *exchange) *answer {
		sent := x.r.Header.Get("Authorization")
		if sent == "" {
			return x.anonymous(conf, challenge, "Missing authorization in request")
		}
		username, password, ok := basicCredentials(sent)
		if !ok {
			return x.anonymous(conf, challenge, "Invalid authorization in request")
		}
		holder := x.w.holder("basic-auth", username)
		if holder == nil || !hasPassword(holder, password) {
			return x.anonymous(conf, challenge, "Invalid user authorization")
		}
		if conf["hide_credentials"] == true {
			x.header().Del("Authorization")
		}
		x.identified(holder)
		return nil
	}
}

func basicCredentials(header string) (username, password string, ok bool) {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", "", false
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return "", "", false
	}
	return strings.Cut(string(text), ":")
}

func hasPassword(holder *object, password string) bool {
	plugins, _ := holder.value["plugins"].(map[string]any)
	conf, _ := plugins["basic-auth"].(map[string]any)
	return subtle.ConstantTimeCompare([]byte(textOr(conf["password"], "")), []byte(password)) == 1
}

func buildConsumerRestriction(_ *Gateway, _ gateway.Key, conf map[string]any, p *plugin) {
	by := textOr(conf["type"], "")
	status := int(number(conf["rejected_code"]))
	p.access = func(x *exchange) *answer {
		name := x.variable(by)
		if name == "" {
			return refused(http.StatusUnauthorized,
				fmt.Sprintf("The request is rejected, please check the %s for this request", by))
		}
		if allowed(conf, name, x.r.Method) {
			return nil
		}
		return refused(status, textOr(conf["rejected_msg"], fmt.Sprintf("The %s is forbidden.", by)))
	}
}

func allowed(conf map[string]any, name, method string) bool {
	if slices.Contains(texts(conf["blacklist"]), name) {
		return false
	}
	if list := texts(conf["whitelist"]); list != nil && !slices.Contains(list, name) {
		return false
	}
	for _, rule := range objects(conf["allowed_by_methods"]) {
		if rule["user"] == name {
			return slices.Contains(texts(rule["methods"]), method)
		}
	}
	return true
}

func buildIPRestriction(_ *Gateway, _ gateway.Key, conf map[string]any, p *plugin) {
	// What the schema let through parses.
	allow, _ := prefixesOf(texts(conf["whitelist"]))
	deny, _ := prefixesOf(texts(conf["blacklist"]))
	p.access = func(x *exchange) *answer {
		address := x.remoteAddress()
		if within(deny, address) || len(allow) > 0 && !within(allow, address) {
			return refused(int(number(conf["response_code"])), textOr(conf["message"], ""))
		}
		return nil
	}
}

func number(v any) float64 {
	n, _ := v.(float64)
	return n
}
