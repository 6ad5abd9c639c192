package api7

import (
	"context"
	"fmt"
	"net/http"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// isOffline reports whether a service was taken offline: by hand, or by a delete of which the rest failed.
func isOffline(service map[string]any) bool {
	status, written := service["status"]
	return written && fmt.Sprint(status) == "0"
}

// offline is the request that takes a service offline, which must come before it is deleted.
func offline(k gateway.Key, address string) admin.Call {
	return switched(k, address, "take offline", 0)
}

// online puts a service back that was taken offline.
func (g *Gateway) online(ctx context.Context, k gateway.Key) error {
	address, err := g.atGroup(ctx, k.ID)
	if err != nil {
		return err
	}
	return g.do(ctx, switched(k, address, "put online", 1))
}

func switched(k gateway.Key, address, op string, status int) admin.Call {
	return admin.Call{Op: op, Key: k, Method: http.MethodPatch, URL: address + "/runtime_configuration", Take: readDeleted,
		Body: fmt.Appendf(nil, `[{"op":"replace","path":"/status","value":%d}]`, status)}
}
