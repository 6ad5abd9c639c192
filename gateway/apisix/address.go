package apisix

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// address returns the URL of one resource.
func (g *Gateway) address(key gateway.Key) (string, error) {
	if !key.Kind.Valid() {
		return "", fmt.Errorf("%q is not a kind", key.Kind)
	}
	segments := strings.Split(key.ID, "/")
	for _, segment := range segments {
		// A dot segment would name the list, or another resource, once a server has cleaned the path.
		if segment == "" || segment == "." || segment == ".." {
			return "", fmt.Errorf("%q can't be an id", key.ID)
		}
	}
	want := 1
	if key.Kind == gateway.Credentials || key.Kind == gateway.Secrets {
		want = 2
	}
	if len(segments) != want {
		return "", fmt.Errorf("%q can't be the id of %s", key.ID, key.Kind)
	}
	if key.Kind == gateway.Credentials {
		return g.credentials(segments[0]) + "/" + url.PathEscape(segments[1]), nil
	}
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	return g.list(key.Kind) + "/" + strings.Join(segments, "/"), nil
}

// list returns the URL of all resources of a kind; credentials have one list for each consumer.
func (g *Gateway) list(kind gateway.Kind) string { return g.base + "/" + string(kind) }

func (g *Gateway) credentials(username string) string {
	return g.list(gateway.Consumers) + "/" + url.PathEscape(username) + "/credentials"
}

// errNested is a stored object that belongs to another one of the list, and is no resource of the kind.
var errNested = errors.New("not a resource of this kind")

// keyOf reads a stored key, as /apisix/routes/r1 or /apisix/consumers/alice/credentials/c1, whatever the prefix.
func keyOf(kind gateway.Kind, stored string) (gateway.Key, error) {
	directory, want := string(kind), 1
	switch kind {
	case gateway.Credentials:
		directory, want = string(gateway.Consumers), 3
	case gateway.Secrets:
		want = 2
	}
	_, rest, found := strings.Cut(stored, "/"+directory+"/")
	segments := strings.Split(rest, "/")
	switch {
	case !found || rest == "":
		return gateway.Key{}, fmt.Errorf("stored key %q: want …/%s/ID", stored, directory)
	case len(segments) > want:
		return gateway.Key{}, errNested
	case len(segments) < want:
		return gateway.Key{}, fmt.Errorf("stored key %q: too short for %s", stored, kind)
	}
	if kind == gateway.Credentials {
		return gateway.Key{Kind: kind, ID: segments[0] + "/" + segments[2]}, nil
	}
	return gateway.Key{Kind: kind, ID: rest}, nil
}
