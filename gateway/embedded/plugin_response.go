package embedded

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"

	"github.com/sluice-gitops/sluice/gateway"
)

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
