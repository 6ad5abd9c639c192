package embedded

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

func buildRequestID(_ *Gateway, _ gateway.Key, conf map[string]any, p *plugin) {
	name := textOr(conf["header_name"], "")
	p.rewrite = func(x *exchange) *answer {
		id := x.r.Header.Get(name)
		if id == "" {
			id = newRequestID()
			x.header().Set(name, id)
		}
		if conf["include_in_response"] == true {
			x.respond(name, id)
		}
		return nil
	}
}

func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func buildCORS(_ *Gateway, _ gateway.Key, conf map[string]any, p *plugin) {
	origins := strings.Split(textOr(conf["allow_origins"], ""), ",")
	p.rewrite = func(x *exchange) *answer {
		if x.r.Method == http.MethodOptions && x.r.Header.Get("Origin") != "" {
			return &answer{status: http.StatusOK, body: ""}
		}
		return nil
	}
	p.finish = func(x *exchange, resp *http.Response) {
		origin, header := x.r.Header.Get("Origin"), resp.Header
		if origins[0] != "*" {
			header.Add("Vary", "Origin")
			if origins[0] != "**" && !slices.Contains(origins, origin) && !matchesAny(texts(conf["allow_origins_by_regex"]), origin) {
				return
			}
		} else {
			origin = "*"
		}
		header.Set("Access-Control-Allow-Origin", origin)
		header.Set("Access-Control-Allow-Methods", textOr(conf["allow_methods"], ""))
		header.Set("Access-Control-Max-Age", luaText(conf["max_age"]))
		header.Set("Access-Control-Allow-Headers", textOr(conf["allow_headers"], ""))
		if expose, ok := conf["expose_headers"].(string); ok {
			header.Set("Access-Control-Expose-Headers", expose)
		}
		if conf["allow_credential"] == true {
			header.Set("Access-Control-Allow-Credentials", "true")
		}
	}
}

func matchesAny(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		matched, err := regexp.MatchString(pattern, text)
		return err == nil && matched
	})
}
