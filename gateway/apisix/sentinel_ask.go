package apisix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// shownBySentinel asks one worker for the marks.
func (g *Gateway) shownBySentinel(
	ctx context.Context, client *http.Client, instance Instance, nonces map[gateway.Kind]string,
) (gateway.Key, error) {
	resp, body, err := g.askSentinel(ctx, client, instance)
	if err != nil {
		return sentinelKey(gateway.Routes), err
	}
	if resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden {
		return sentinelKey(gateway.Routes), errShut
	}
	shown := map[gateway.Kind]bool{
		gateway.Routes:        body == nonces[gateway.Routes],
		gateway.Services:      resp.Header.Get(serviceMark) == nonces[gateway.Services],
		gateway.PluginConfigs: resp.Header.Get(pluginConfigMark+nonces[gateway.PluginConfigs]) != "",
	}
	for _, kind := range sentinelKinds {
		if nonces[kind] != "" && !shown[kind] {
			return sentinelKey(kind), fmt.Errorf("does not show the newest mark of %s yet (it answers %s)", sentinelKey(kind), resp.Status)
		}
	}
	return gateway.Key{}, nil
}

// errShut says that something in front of the sentinel keeps requests out, as a global rule that asks for a key.
var errShut = errors.New("something keeps requests for the sentinel out")

func (g *Gateway) askSentinel(ctx context.Context, client *http.Client, instance Instance) (*http.Response, string, error) {
	address := strings.TrimRight(instance.ProxyURL, "/") + g.cfg.Sentinel.Path
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", err
	}
	req.Host = g.cfg.Sentinel.host()
	resp, err := client.Do(req)
	if err != nil {
		return nil, "", errors.New(admin.WithoutURL(err))
	}
	defer resp.Body.Close()
	const enough = 1 << 10
	body, err := io.ReadAll(io.LimitReader(resp.Body, enough))
	if err != nil {
		return nil, "", fmt.Errorf("read answer: %w", err)
	}
	return resp, strings.TrimSpace(string(body)), nil
}
