package embedded

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
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

func buildResponseRewrite(_ *Gateway, _ gateway.Key, conf map[string]any, p *plugin) {
	vars, _ := conf["vars"].([]any)
	holds, err := parseVars(vars)
	change := headerChange(conf["headers"])
	filters := bodyFilters(conf["filters"])
	p.finish = func(x *exchange, resp *http.Response) {
		if err != nil || !holds(x.variable) {
			return
		}
		if status := number(conf["status_code"]); status > 0 {
			resp.StatusCode = int(status)
		}
		if body, ok := conf["body"].(string); ok {
			if conf["body_base64"] == true {
				decoded, _ := base64.StdEncoding.DecodeString(body)
				body = string(decoded)
			}
			replaceBody(resp, []byte(x.expand(body)))
		} else if filters != nil {
			filterBody(resp, filters)
		}
		if change != nil {
			change(x, resp.Header)
		}
	}
}

type bodyFilter struct {
	regexPair
	once bool
}

func bodyFilters(v any) []bodyFilter {
	var filters []bodyFilter
	for _, rule := range objects(v) {
		for _, pair := range regexPairs([]string{textOr(rule["regex"], ""), textOr(rule["replace"], "")}) {
			filters = append(filters, bodyFilter{pair, rule["scope"] != "global"})
		}
	}
	return filters
}

// maxFiltered is the size of the largest body that filters look at.
const maxFiltered = 64 << 20

// unfiltered is a body of which the beginning was read already.
type unfiltered struct {
	io.Reader
	io.Closer
}

func filterBody(resp *http.Response, filters []bodyFilter) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxFiltered+1))
	if err != nil || len(body) > maxFiltered {
		// The client gets what the upstream sends, and where that breaks off it sees it break off.
		resp.Body = unfiltered{io.MultiReader(bytes.NewReader(body), resp.Body), resp.Body}
		return
	}
	text := string(body)
	for _, filter := range filters {
		if filter.once {
			if replaced, ok := rewritten([]regexPair{filter.regexPair}, text); ok {
				text = replaced
			}
		} else {
			text = filter.from.ReplaceAllString(text, filter.to)
		}
	}
	replaceBody(resp, []byte(text))
}

func replaceBody(resp *http.Response, body []byte) {
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
	resp.Header.Del("Content-Encoding")
}

func buildRedirect(_ *Gateway, _ gateway.Key, conf map[string]any, p *plugin) {
	pairs := regexPairs(texts(conf["regex_uri"]))
	p.rewrite = func(x *exchange) *answer {
		status := int(number(conf["ret_code"]))
		location := ""
		switch {
		case conf["http_to_https"] == true:
			if x.r.TLS != nil {
				return nil
			}
			location = "https://" + x.secureHost() + x.r.URL.RequestURI()
			status = http.StatusPermanentRedirect
			if x.r.Method == http.MethodGet || x.r.Method == http.MethodHead {
				status = http.StatusMovedPermanently
			}
		case len(pairs) > 0:
			uri, ok := rewritten(pairs, x.path)
			if !ok {
				return nil
			}
			location = uri
		case conf["uri"] != nil:
			location = x.expand(textOr(conf["uri"], ""))
		default:
			return nil
		}
		if conf["append_query_string"] == true && x.r.URL.RawQuery != "" {
			location += "?" + x.r.URL.RawQuery
		}
		return &answer{status: status, header: http.Header{"Location": {location}}}
	}
}

// secureHost is the request's host with the port of the TLS listener, when that is not the usual one.
func (x *exchange) secureHost() string {
	host := hostName(x.r.Host)
	if _, port := splitAddress(x.g.TLSAddr()); port != "" && port != "443" {
		return host + ":" + port
	}
	return host
}

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
