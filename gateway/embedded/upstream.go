package embedded

import (
	"cmp"
	"crypto/tls"
	"hash/fnv"
	"net"
	"slices"
	"sync"
	"time"
)

// upstream is a set of nodes and how to choose among them. One instance serves all workers, so that weights hold exactly.
type upstream struct {
	scheme      string
	passHost    string
	host        string // for pass_host rewrite
	retries     int    // -1: as many as there are other nodes
	timeout     *timeouts
	hashOn, key string // for chash
	hashed      bool
	clientCert  *tls.Certificate
	clientID    string // the ssl that holds the client certificate
	nodes       []node // those with the highest priority first

	mu      sync.Mutex
	current []float64 // the smooth weighted round robin's state
}

type node struct {
	address  string
	host     string
	weight   float64
	priority float64
}

type timeouts struct{ connect, read time.Duration }

func timeoutsOf(v any) *timeouts {
	m, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	seconds := func(field string) time.Duration {
		n, _ := m[field].(float64)
		return time.Duration(n * float64(time.Second))
	}
	return &timeouts{connect: seconds("connect"), read: seconds("read")}
}

func (g *Gateway) compileUpstream(value map[string]any) *upstream {
	u := &upstream{
		scheme: textOr(value["scheme"], "http"), passHost: textOr(value["pass_host"], "pass"),
		host: textOr(value["upstream_host"], ""), retries: -1, timeout: timeoutsOf(value["timeout"]),
		hashed: value["type"] == "chash", hashOn: textOr(value["hash_on"], "vars"), key: textOr(value["key"], ""),
	}
	if retries, ok := value["retries"].(float64); ok {
		u.retries = int(retries)
	}
	if settings, ok := value["tls"].(map[string]any); ok {
		u.clientID = idText(settings["client_cert_id"])
		pair, err := tls.X509KeyPair([]byte(textOr(settings["client_cert"], "")), []byte(textOr(settings["client_key"], "")))
		if err == nil {
			u.clientCert = &pair
		}
	}
	u.nodes = nodesOf(value["nodes"], u.scheme)
	u.current = make([]float64, len(u.nodes))
	return u
}

// nodesOf reads the hash form and the list form.
func nodesOf(v any, scheme string) []node {
	var nodes []node
	byAddress, _ := v.(map[string]any)
	for _, address := range sortedNames(byAddress) {
		weight, _ := byAddress[address].(float64)
		host, port := splitAddress(address)
		nodes = append(nodes, newNode(host, port, scheme, weight, 0))
	}
	for _, item := range objects(v) {
		weight, _ := item["weight"].(float64)
		priority, _ := item["priority"].(float64)
		host, _ := splitAddress(textOr(item["host"], ""))
		nodes = append(nodes, newNode(host, idText(item["port"]), scheme, weight, priority))
	}
	if !slices.ContainsFunc(nodes, func(n node) bool { return n.weight > 0 }) {
		for i := range nodes {
			nodes[i].weight = 1
		}
	}
	slices.SortStableFunc(nodes, func(a, b node) int { return cmp.Compare(b.priority, a.priority) })
	return nodes
}

func newNode(host, port, scheme string, weight, priority float64) node {
	shown := net.JoinHostPort(host, port)
	if port == "" {
		port, shown = "80", host
		if scheme == "https" || scheme == "grpcs" {
			port = "443"
		}
	}
	return node{address: net.JoinHostPort(host, port), host: shown, weight: weight, priority: priority}
}

// pick returns the next node that was not tried yet, -1 when none is left.
func (u *upstream) pick(x *exchange, tried []int) int {
	candidates := u.candidates(tried)
	if len(candidates) == 0 {
		return -1
	}
	if u.hashed {
		return u.pickHashed(candidates, x.hashKey(u))
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	best, total := -1, 0.0
	for _, i := range candidates {
		u.current[i] += u.nodes[i].weight
		total += u.nodes[i].weight
		if best < 0 || u.current[i] > u.current[best] {
			best = i
		}
	}
	u.current[best] -= total
	return best
}

// candidates are the nodes of the highest priority that has one left.
func (u *upstream) candidates(tried []int) []int {
	var out []int
	for i, n := range u.nodes {
		if len(out) > 0 && n.priority < u.nodes[out[0]].priority {
			break
		}
		if n.weight > 0 && !slices.Contains(tried, i) {
			out = append(out, i)
		}
	}
	return out
}

// pickHashed gives each node its share of the hash's range. It is stable while the nodes stay, which is all that is asked
// here; the real gateway's ring moves less when they change.
func (u *upstream) pickHashed(candidates []int, key string) int {
	total := 0.0
	for _, i := range candidates {
		total += u.nodes[i].weight
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(key))
	at := float64(hash.Sum32()) / (1 << 32) * total
	for _, i := range candidates {
		if at -= u.nodes[i].weight; at < 0 {
			return i
		}
	}
	return candidates[len(candidates)-1]
}

func (x *exchange) hashKey(u *upstream) string {
	var key string
	switch u.hashOn {
	case "header":
		key = x.r.Header.Get(u.key)
	case "cookie":
		key = x.variable("cookie_" + u.key)
	case "consumer":
		key = x.variable("consumer_name")
	case "vars_combinations":
		key = x.expand(u.key)
	default:
		key = x.variable(u.key)
	}
	if key == "" {
		key = x.remoteAddress()
	}
	return key
}

// attempts is how many nodes a request may try.
func (u *upstream) attempts() int {
	if u.retries < 0 {
		return max(1, len(u.nodes))
	}
	return u.retries + 1
}
