package api7

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// groupCache holds the id of the gateway group once it was found.
type groupCache struct {
	mu sync.Mutex
	id string
}

func (c *groupCache) get() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.id
}

func (c *groupCache) set(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.id = id
}

// impliesGroup reports whether a token is the admin key of one gateway group.
func impliesGroup(token gateway.Secret) bool { return strings.HasPrefix(token.Reveal(), "a7adm-") }

// group returns the id to send along, "" when the token implies it. Errors are *gateway.Error.
func (l *link) group(ctx context.Context) (string, error) {
	c := admin.Call{Op: "find gateway group"}
	token, err := l.cfg.Token()
	if err != nil {
		return "", c.Fail(gateway.Denied, 0, "read token: "+err.Error(), err).Error
	}
	if impliesGroup(token) {
		return "", nil
	}
	if id := l.groups.get(); id != "" {
		return id, nil
	}
	if l.cfg.Group == "" {
		return "", c.Fail(gateway.Denied, 0, "the token of a user needs the name of a gateway group", nil).Error
	}
	id, err := l.findGroup(ctx)
	if err == nil {
		l.groups.set(id)
	}
	return id, err
}

// groupID is the group's id even where the token implies the group, for calls that have it in their path.
func (l *link) groupID(ctx context.Context) (string, error) {
	id, err := l.group(ctx)
	if err != nil || id != "" {
		return id, err
	}
	if id := l.groups.get(); id != "" {
		return id, nil
	}
	if id, err = l.findGroup(ctx); err == nil {
		l.groups.set(id)
	}
	return id, err
}

// findGroup looks for the exact name first, and then, over all groups, for the id: the API's own search takes any part of a name.
func (l *link) findGroup(ctx context.Context) (string, error) {
	found, err := l.groupsLike(ctx, url.Values{"search": {l.cfg.Group}, "name": {l.cfg.Group}}, "name")
	if err == nil && len(found) == 0 {
		found, err = l.groupsLike(ctx, url.Values{}, "id")
	}
	c := admin.Call{Op: "find gateway group"}
	switch {
	case err != nil:
		return "", err
	case len(found) == 0:
		reason := fmt.Sprintf("there is no gateway group %q, or the token lacks gateway:GetGatewayGroup on it", l.cfg.Group)
		return "", c.Fail(gateway.Denied, 0, reason, nil).Error
	case len(found) > 1:
		reason := fmt.Sprintf("%d gateway groups are named %q: write the id in place of the name", len(found), l.cfg.Group)
		return "", c.Fail(gateway.Denied, 0, reason, nil).Error
	}
	return found[0], nil
}

// groupsLike returns the ids of the groups whose field is exactly what was configured.
func (l *link) groupsLike(ctx context.Context, query url.Values, field string) ([]string, error) {
	c := admin.Call{Op: "find gateway group", Method: http.MethodGet, URL: l.base + "/api/gateway_groups"}
	items, err := l.pages(ctx, c, query)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, item := range items {
		if id := text(item["id"]); id != "" && text(item[field]) == l.cfg.Group {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// text returns a value that is a text, and "" for anything else.
func text(v any) string {
	s, _ := v.(string)
	return s
}
