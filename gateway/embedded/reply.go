package embedded

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
)

// reply is the answer of the Admin API and of the control API.
type reply struct {
	status int
	body   any  // JSON; a string is sent as it stands, nil is no body
	html   bool // the server's own error page instead of the body
	early  bool // the request did not reach a resource: without X-API-VERSION
	header http.Header
	kind   string // the content type, when it is not JSON's
	server string // who answers, when it is not the gateway
}

func refuse(status int, format string, args ...any) *reply {
	return &reply{status: status, body: map[string]any{"error_msg": fmt.Sprintf(format, args...)}}
}

func (r *reply) beforeResource() *reply {
	r.early = true
	return r
}

var keyNotFound = &reply{status: http.StatusNotFound, body: map[string]any{"message": "Key not found"}}

func (g *Gateway) writeReply(w http.ResponseWriter, r *reply) {
	header := w.Header()
	header.Set("Server", cmp.Or(r.server, "APISIX/"+g.cfg.Version))
	if r.html {
		writePage(w, r.status)
		return
	}
	if !r.early {
		header.Set("X-API-VERSION", "v3")
	}
	maps.Copy(header, r.header)
	if r.status != http.StatusNoContent {
		header.Set("Content-Type", cmp.Or(r.kind, "application/json"))
	}
	w.WriteHeader(r.status)
	text := encoded(nil)
	switch body := r.body.(type) {
	case nil:
	case string:
		text = encoded(body)
	case encoded:
		text = body
	default:
		text = append(encode(body), '\n')
	}
	// The client is gone when this fails: there is nobody to tell.
	_, _ = w.Write(text)
}

// encoded is a body that is JSON already.
type encoded []byte

func encode(v any) encoded {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	// What comes from JSON goes to JSON.
	_ = encoder.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func writePage(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(page(status)))
}

// page is the error page of the server that the real gateway runs in.
func page(status int) string {
	title := fmt.Sprintf("%d %s", status, statusText(status))
	return "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
		"</h1></center>\r\n<hr><center>openresty</center>\r\n" +
		"<p><em>Powered by <a href=\"https://apisix.apache.org/\">APISIX</a>.</em></p></body>\r\n</html>\r\n"
}

// statusText names a status as nginx does.
func statusText(status int) string {
	switch status {
	case http.StatusFound:
		return "Found"
	case http.StatusMethodNotAllowed:
		return "Not Allowed"
	case http.StatusServiceUnavailable:
		return "Service Temporarily Unavailable"
	case http.StatusGatewayTimeout:
		return "Gateway Time-out"
	}
	return http.StatusText(status)
}
