package embedded

import (
	"net/http"

	"github.com/sluice-gitops/sluice/gateway"
)

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
