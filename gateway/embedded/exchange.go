package embedded

import (
	"context"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// exchange is one request on its way through the data plane. One goroutine owns it.
type exchange struct {
	g        *Gateway
	w        *worker
	r        *http.Request
	cloned   bool // whether r's header is this exchange's own
	path     string
	route    *route
	service  *service
	consumer *consumer
	// credential is the credential by which the consumer was found; "" when by its own plugin.
	credential string
	plugins    []*plugin // in order of execution
	global     []*plugin
	response   http.Header // what plugins add to the answer
	upstream   *upstream
	broken     *answer // what a missing reference of the consumer answers
	uri        string  // the rewritten path, with its query; "" for the request's own
	host       string  // the rewritten host
	statuses   []string
}

// answer is what the gateway itself answers, without an upstream.
type answer struct {
	status int
	body   any // nil: an error page; a string: plain text; else JSON
	header http.Header
	kind   string // the content type, when it is another than the body's
}

func refused(status int, message string) *answer {
	return &answer{status: status, body: map[string]any{"message": message}}
}

// header returns the request's header for a change.
func (x *exchange) header() http.Header {
	if !x.cloned {
		x.r, x.cloned = x.r.Clone(x.r.Context()), true
	}
	return x.r.Header
}

func (x *exchange) remoteAddress() string {
	host, _, err := net.SplitHostPort(x.r.RemoteAddr)
	if err != nil {
		return x.r.RemoteAddr
	}
	return host
}

// variable returns a variable by the name that nginx or APISIX gives it; "" when it is not set or not known.
func (x *exchange) variable(name string) string {
	switch {
	case strings.HasPrefix(name, "arg_"):
		return x.r.URL.Query().Get(name[len("arg_"):])
	case strings.HasPrefix(name, "http_"):
		return x.r.Header.Get(strings.ReplaceAll(name[len("http_"):], "_", "-"))
	case strings.HasPrefix(name, "cookie_"):
		if cookie, err := x.r.Cookie(name[len("cookie_"):]); err == nil {
			return cookie.Value
		}
		return ""
	}
	return x.fixedVariable(name)
}

func (x *exchange) fixedVariable(name string) string {
	switch name {
	case "uri":
		return x.path
	case "request_uri":
		return x.r.URL.RequestURI()
	case "host", "hostname", "server_name":
		return hostName(x.r.Host)
	case "request_method":
		return x.r.Method
	case "remote_addr":
		return x.remoteAddress()
	case "remote_port":
		_, port, _ := net.SplitHostPort(x.r.RemoteAddr)
		return port
	case "scheme":
		return schemeOf(x.r)
	case "args", "query_string":
		return x.r.URL.RawQuery
	case "server_port":
		return x.serverPort()
	}
	return x.foundVariable(name)
}

// foundVariable names what was found for the request.
func (x *exchange) foundVariable(name string) string {
	switch {
	case name == "route_id" && x.route != nil:
		return x.route.id
	case name == "service_id" && x.service != nil:
		return x.service.id
	case name == "consumer_name" && x.consumer != nil:
		return x.consumer.username
	case name == "consumer_group_id" && x.consumer != nil:
		return x.consumer.groupID
	}
	return ""
}

func (x *exchange) serverPort() string {
	if address, ok := x.r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		return portText(address)
	}
	return "80"
}

// forwardedPort is the port of the plain listener, over TLS too: so the real gateway was seen to do.
func (x *exchange) forwardedPort() string {
	if plain := x.g.listeners.proxy; plain != nil {
		return portText(plain.Addr())
	}
	return x.serverPort()
}

func schemeOf(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// hostName is the host of a request as routes name it: without the port, in lower case.
func hostName(host string) string {
	name, _ := splitAddress(strings.ToLower(host))
	return name
}

var placeholder = regexp.MustCompile(`\\?\$(\{[0-9a-zA-Z_]+\}|[0-9a-zA-Z_]+)`)

// expand puts variables in the place of $name and ${name}; \$ stays a dollar.
func (x *exchange) expand(text string) string {
	if !strings.Contains(text, "$") {
		return text
	}
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		if strings.HasPrefix(found, `\`) {
			return found[1:]
		}
		return x.variable(strings.Trim(found[1:], "{}"))
	})
}

// identified notes who the client is, and takes in the plugins of the consumer and its group.
func (x *exchange) identified(holder *object) {
	username, credential, _ := strings.Cut(holder.key.ID, "/")
	found, ok := parts[*consumer](x.w.get(gateway.Consumers, username))
	if !ok {
		return
	}
	x.consumer, x.credential = found, credential
	header := x.header()
	header.Set("X-Consumer-Username", username)
	if credential != "" {
		header.Set("X-Credential-Identifier", credential)
	}
	sets := []pluginSet{found.plugins}
	if found.groupID != "" {
		group, ok := parts[pluginSet](x.w.get(gateway.ConsumerGroups, found.groupID))
		if !ok {
			x.broken = &answer{status: http.StatusServiceUnavailable}
		}
		sets = append(sets, group)
	}
	x.plugins = combined(append(sets, setOf(x.plugins))...)
}

type exchangeKey struct{}

func withExchange(ctx context.Context, x *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

func exchangeOf(r *http.Request) *exchange { return r.Context().Value(exchangeKey{}).(*exchange) }

// portText is the port of an address, for the headers that name it.
func portText(address net.Addr) string {
	if tcp, ok := address.(*net.TCPAddr); ok {
		return strconv.Itoa(tcp.Port)
	}
	return ""
}
