package embedded

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// checkUpstream holds what the schema of an upstream can't say.
func (g *Gateway) checkUpstream(upstream map[string]any) error {
	if upstream["pass_host"] == "rewrite" && textOr(upstream["upstream_host"], "") == "" {
		return errors.New("`upstream_host` can't be empty when `pass_host` is `rewrite`")
	}
	if err := checkNodes(upstream["nodes"], g.storesDefaults()); err != nil {
		return err
	}
	tls, _ := upstream["tls"].(map[string]any)
	if id := idText(tls["client_cert_id"]); id != "" {
		if err := g.checkClientCertificate(id); err != nil {
			return err
		}
	}
	if upstream["type"] == "chash" {
		return checkHashKey(upstream)
	}
	return nil
}

func (g *Gateway) checkClientCertificate(id string) error {
	ssl := g.store.get(gateway.Key{Kind: gateway.SSLs, ID: id})
	// In standalone mode nothing is ever found: the real gateway asks a store that it hasn't got.
	if ssl == nil || g.cfg.Standalone {
		return fmt.Errorf("failed to fetch ssl info by ssl id [%s], response code: 404", id)
	}
	if ssl.value["type"] != "client" {
		return fmt.Errorf("failed to fetch ssl info by ssl id [%s], wrong ssl type", id)
	}
	return nil
}

func checkNodes(nodes any, older bool) error {
	byAddress, _ := nodes.(map[string]any)
	for _, address := range sortedNames(byAddress) {
		_, port := splitAddress(address)
		if n, err := strconv.Atoi(port); err == nil && (n < 1 || n > 65535) {
			return fmt.Errorf("invalid port %s", port)
		}
	}
	for _, node := range objects(nodes) {
		host := textOr(node["host"], "")
		if strings.Count(host, ":") > 1 && !strings.HasPrefix(host, "[") && !older {
			return errors.New("invalid configuration: IPv6 address must be enclosed with '[' and ']'")
		}
	}
	return nil
}

// splitAddress takes "host", "host:port" and "[v6]:port" apart; the port may be empty.
func splitAddress(address string) (host, port string) {
	if end := strings.LastIndex(address, "]"); end > 0 {
		return address[1:end], strings.TrimPrefix(address[end+1:], ":")
	}
	if strings.Count(address, ":") > 1 {
		return address, ""
	}
	host, port, _ = strings.Cut(address, ":")
	return host, port
}

var (
	hashVar = regexp.MustCompile(`^((uri|server_name|server_addr|request_uri|remote_port|remote_addr|query_string|host|hostname|mqtt_client_id)|` +
		`arg_[0-9a-zA-z_-]+)$`)
	hashName = regexp.MustCompile(`^[a-zA-Z0-9-_]+$`)
)

func checkHashKey(upstream map[string]any) error {
	on := textOr(upstream["hash_on"], "vars")
	key, ok := upstream["key"].(string)
	if !ok && on != "consumer" {
		return errors.New("missing key")
	}
	want := hashName
	switch on {
	case "vars":
		want = hashVar
	case "consumer", "vars_combinations":
		return nil
	}
	if !want.MatchString(key) {
		return fmt.Errorf("invalid configuration: failed to match pattern %s with %s", luaQuote(want.String()), luaQuote(key))
	}
	return nil
}
