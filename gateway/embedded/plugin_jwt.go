package embedded

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

func buildJWTAuth(_ *Gateway, _ gateway.Key, conf map[string]any, p *plugin) {
	challenge := `Bearer realm="` + textOr(conf["realm"], "jwt") + `"`
	keyClaim := textOr(conf["key_claim_name"], "key")
	verified := texts(conf["claims_to_verify"])
	p.rewrite = func(x *exchange) *answer {
		text, hide := x.sentToken(conf)
		if text == "" {
			return x.anonymous(conf, challenge, "Missing JWT token in request")
		}
		token, err := parseToken(text)
		if err != nil {
			return x.anonymous(conf, challenge, "JWT token invalid")
		}
		key, ok := token.claims[keyClaim].(string)
		if !ok {
			return x.anonymous(conf, challenge, "missing user key in JWT token")
		}
		holder := x.w.holder("jwt-auth", key)
		if holder == nil {
			return x.anonymous(conf, challenge, "Invalid user key in JWT token")
		}
		if fault := token.verify(authOf(holder, "jwt-auth"), verified); fault != "" {
			return x.anonymous(conf, challenge, fault)
		}
		if conf["hide_credentials"] == true {
			hide()
		}
		x.identified(holder)
		return nil
	}
}

// sentToken looks for the token in the header, the query and a cookie. Hide takes it out of the request.
func (x *exchange) sentToken(conf map[string]any) (token string, hide func()) {
	header, query, cookie := textOr(conf["header"], ""), textOr(conf["query"], ""), textOr(conf["cookie"], "")
	if sent := x.r.Header.Get(header); sent != "" {
		if scheme, rest, ok := strings.Cut(sent, " "); ok && strings.EqualFold(scheme, "Bearer") {
			sent = rest
		}
		return sent, func() { x.header().Del(header) }
	}
	if sent := x.r.URL.Query().Get(query); sent != "" {
		return sent, func() { x.dropQuery(query) }
	}
	sent := x.variable("cookie_" + cookie)
	return sent, func() { x.dropCookie(cookie) }
}

func (x *exchange) dropQuery(name string) {
	x.header() // the request is this exchange's own from here on
	values := x.r.URL.Query()
	values.Del(name)
	x.r.URL.RawQuery = values.Encode()
}

func (x *exchange) dropCookie(name string) {
	cookies := x.r.Cookies()
	x.header().Del("Cookie")
	for _, cookie := range cookies {
		if cookie.Name != name {
			x.r.AddCookie(cookie)
		}
	}
}

// authOf is the configuration by which a consumer or a credential is known to a plugin.
func authOf(holder *object, plugin string) map[string]any {
	plugins, _ := holder.value["plugins"].(map[string]any)
	conf, _ := plugins[plugin].(map[string]any)
	return conf
}

// token is a JSON web token, taken apart and not yet verified.
type token struct {
	algorithm string
	claims    map[string]any
	signed    []byte
	signature []byte
}

func parseToken(text string) (*token, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, errors.New("a token has three parts")
	}
	t := &token{signed: []byte(parts[0] + "." + parts[1])}
	var header struct {
		Algorithm string `json:"alg"`
	}
	if err := decodePart(parts[0], &header); err != nil {
		return nil, err
	}
	t.algorithm = header.Algorithm
	if err := decodePart(parts[1], &t.claims); err != nil {
		return nil, err
	}
	var err error
	t.signature, err = base64.RawURLEncoding.DecodeString(parts[2])
	return t, err
}

func decodePart(text string, into any) error {
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	return json.Unmarshal(decoded, into)
}

// verify returns what is wrong with the token, "" when nothing is. The consumer says by which algorithm and key.
func (t *token) verify(auth map[string]any, claims []string) string {
	algorithm := textOr(auth["algorithm"], "HS256")
	if t.algorithm != algorithm || !t.isSigned(algorithm, auth) {
		return "failed to verify jwt"
	}
	now, grace := float64(time.Now().Unix()), number(auth["lifetime_grace_period"])
	for name, valid := range map[string]func(float64) bool{
		"exp": func(at float64) bool { return now < at+grace },
		"nbf": func(at float64) bool { return now >= at-grace },
	} {
		at, ok := t.claims[name].(float64)
		if !ok && (t.claims[name] != nil || slices.Contains(claims, name)) || ok && !valid(at) {
			return "failed to verify jwt"
		}
	}
	return ""
}

// tokenHashes are the hash functions by what stands behind the family in an algorithm's name; EdDSA does its own hashing.
var tokenHashes = map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512, "DSA": 0}

func (t *token) isSigned(algorithm string, auth map[string]any) bool {
	hash, ok := tokenHashes[strings.TrimLeft(algorithm, "HRPESd")]
	if !ok || len(algorithm) < len("HS256") {
		return false
	}
	if strings.HasPrefix(algorithm, "HS") {
		return t.hasMAC(hash, secretOf(auth))
	}
	return t.isSignedBy(algorithm[:2], hash, textOr(auth["public_key"], ""))
}

func secretOf(auth map[string]any) []byte {
	secret := textOr(auth["secret"], "")
	if auth["base64_secret"] == true {
		decoded, err := base64.StdEncoding.DecodeString(secret)
		if err != nil {
			return nil
		}
		return decoded
	}
	return []byte(secret)
}
