package embedded

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

func buildProxyRewrite(_ *Gateway, _ gateway.Key, conf map[string]any, p *plugin) {
	rewrites := regexPairs(texts(conf["regex_uri"]))
	change := headerChange(conf["headers"])
	p.rewrite = func(x *exchange) *answer {
		if uri, ok := conf["uri"].(string); ok {
			x.rewriteTo(x.expand(uri))
		} else if uri, ok := rewritten(rewrites, x.path); ok {
			x.rewriteTo(uri)
		}
		if host, ok := conf["host"].(string); ok {
			x.host = host
		}
		if method, ok := conf["method"].(string); ok {
			x.header()
			x.r.Method = method
		}
		if change != nil {
			change(x, x.header())
		}
		return nil
	}
}

// rewriteTo keeps the query of the request.
func (x *exchange) rewriteTo(uri string) {
	if query := x.r.URL.RawQuery; query != "" {
		separator := "?"
		if strings.Contains(uri, "?") {
			separator = "&"
		}
		uri += separator + query
	}
	x.uri = uri
}

type regexPair struct {
	from *regexp.Regexp
	to   string
}

var group = regexp.MustCompile(`\$([0-9]+)`)

// regexPairs compiles [pattern, template, …]. Templates name groups as $1, which Go would read as $1x in $1x.
func regexPairs(list []string) []regexPair {
	var pairs []regexPair
	for i := 0; i+1 < len(list); i += 2 {
		// What the check let through compiles.
		if from, err := regexp.Compile(list[i]); err == nil {
			pairs = append(pairs, regexPair{from, group.ReplaceAllString(list[i+1], "$${$1}")})
		}
	}
	return pairs
}

func rewritten(pairs []regexPair, path string) (string, bool) {
	for _, pair := range pairs {
		if at := pair.from.FindStringSubmatchIndex(path); at != nil {
			var out []byte
			out = append(out, path[:at[0]]...)
			out = pair.from.ExpandString(out, pair.to, path, at)
			return string(append(out, path[at[1]:]...)), true
		}
	}
	return "", false
}

// headerChange compiles {set, add, remove}, or the older form that only sets; nil when there is nothing to do.
func headerChange(v any) func(*exchange, http.Header) {
	conf, _ := v.(map[string]any)
	if len(conf) == 0 {
		return nil
	}
	set, _ := conf["set"].(map[string]any)
	add := conf["add"]
	remove := texts(conf["remove"])
	if set == nil && add == nil && conf["remove"] == nil {
		set = conf
	}
	return func(x *exchange, header http.Header) {
		for name, value := range added(add) {
			for _, text := range value {
				header.Add(name, x.expand(text))
			}
		}
		for name, value := range set {
			header.Set(name, x.expand(luaText(value)))
		}
		for _, name := range remove {
			header.Del(name)
		}
	}
}

// added reads {name: value} and ["name: value"].
func added(v any) map[string][]string {
	out := map[string][]string{}
	if m, ok := v.(map[string]any); ok {
		for name, value := range m {
			out[name] = append(out[name], luaText(value))
		}
	}
	for _, line := range texts(v) {
		name, value, _ := strings.Cut(line, ":")
		out[name] = append(out[name], strings.TrimSpace(value))
	}
	return out
}
