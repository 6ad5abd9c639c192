package api7

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// directories are the kinds that the API has, and where it keeps them; credentials stand below their consumer.
var directories = map[gateway.Kind]string{
	gateway.Secrets: "secret_providers", gateway.PluginMetadata: "plugin_metadata", gateway.SSLs: "ssls", gateway.Protos: "protos",
	gateway.Consumers: "consumers", gateway.Credentials: "consumers", gateway.Services: "services", gateway.Routes: "routes",
	gateway.StreamRoutes: "stream_routes", gateway.GlobalRules: "global_rules",
}

// admin returns the URL below the API for the resources of a gateway group.
func (l *link) admin(segments ...string) string {
	escaped := make([]string, len(segments))
	for i, segment := range segments {
		escaped[i] = url.PathEscape(segment)
	}
	return l.base + "/apisix/admin/" + strings.Join(escaped, "/")
}

// address returns the URL of one resource.
func (l *link) address(key gateway.Key) (string, error) {
	directory, ok := directories[key.Kind]
	if !ok {
		return "", fmt.Errorf("API7 Enterprise has no %s", key.Kind)
	}
	segments := strings.Split(key.ID, "/")
	want := 1
	if key.Kind == gateway.Credentials || key.Kind == gateway.Secrets {
		want = 2
	}
	if len(segments) != want {
		return "", fmt.Errorf("%q can't be the id of %s", key.ID, key.Kind)
	}
	for _, segment := range segments {
		if err := plainSegment(segment); err != nil {
			return "", err
		}
	}
	if key.Kind == gateway.Credentials {
		return l.admin(directory, segments[0], "credentials", segments[1]), nil
	}
	return l.admin(append([]string{directory}, segments...)...), nil
}

// plainSegment refuses what would name the list, or another resource, once a server has cleaned the path.
func plainSegment(segment string) error {
	if segment == "" || segment == "." || segment == ".." || strings.Contains(segment, "/") {
		return fmt.Errorf("%q can't be an id", segment)
	}
	return nil
}
