package embedded

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

func buildUARestriction(_ *Gateway, _ gateway.Key, conf map[string]any, p *plugin) {
	allow, deny := expressions(texts(conf["allowlist"]), "", nil), expressions(texts(conf["denylist"]), "", everything)
	message := textOr(conf["message"], "Not allowed")
	p.access = func(x *exchange) *answer {
		agents := x.r.Header.Values("User-Agent")
		if len(agents) == 0 {
			if conf["bypass_missing"] == true {
				return nil
			}
			return refused(http.StatusForbidden, message)
		}
		matches := func(e *regexp.Regexp) bool { return slices.ContainsFunc(agents, e.MatchString) }
		if conf["allowlist"] != nil && !slices.ContainsFunc(allow, matches) || slices.ContainsFunc(deny, matches) {
			return refused(http.StatusForbidden, message)
		}
		return nil
	}
}

// everything stands for a rule that denies and that can't be read: it keeps out rather than lets in.
var everything = regexp.MustCompile("")

// expressions compiles regular expressions. In the place of what Go can't read stands otherwise, or nothing when that is nil.
func expressions(list []string, flags string, otherwise *regexp.Regexp) []*regexp.Regexp {
	out := make([]*regexp.Regexp, 0, len(list))
	for _, text := range list {
		expression, err := regexp.Compile(flags + text)
		if err != nil {
			expression = otherwise
		}
		if expression != nil {
			out = append(out, expression)
		}
	}
	return out
}

func buildRefererRestriction(_ *Gateway, _ gateway.Key, conf map[string]any, p *plugin) {
	allow, deny := texts(conf["whitelist"]), texts(conf["blacklist"])
	message := textOr(conf["message"], "Your referer host is not allowed")
	p.access = func(x *exchange) *answer {
		sent := x.r.Header.Get("Referer")
		parsed, err := url.Parse(sent)
		if sent == "" || err != nil || parsed.Hostname() == "" {
			if conf["bypass_missing"] == true {
				return nil
			}
			return refused(http.StatusForbidden, message)
		}
		host := strings.ToLower(parsed.Hostname())
		if len(allow) > 0 && !namesHost(allow, host) || namesHost(deny, host) {
			return refused(http.StatusForbidden, message)
		}
		return nil
	}
}

// namesHost reports whether a list of hosts, some as *.example.com, names the host.
func namesHost(list []string, host string) bool {
	return slices.ContainsFunc(list, func(name string) bool {
		if suffix, ok := strings.CutPrefix(name, "*"); ok {
			return strings.HasSuffix(host, suffix)
		}
		return name == host
	})
}

func buildURIBlocker(_ *Gateway, _ gateway.Key, conf map[string]any, p *plugin) {
	flags := ""
	if conf["case_insensitive"] == true {
		flags = "(?i)"
	}
	rules := expressions(texts(conf["block_rules"]), flags, everything)
	p.rewrite = func(x *exchange) *answer {
		if !slices.ContainsFunc(rules, func(e *regexp.Regexp) bool { return e.MatchString(x.r.URL.RequestURI()) }) {
			return nil
		}
		refusal := &answer{status: int(number(conf["rejected_code"]))}
		if message, ok := conf["rejected_msg"].(string); ok {
			refusal.body = map[string]any{"error_msg": message}
		}
		return refusal
	}
}
