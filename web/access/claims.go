package access

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// errNoRole says that somebody has logged in who may do nothing here.
var errNoRole = errors.New("none of your groups has a role here: ask whoever looks after the daemon's file (access.oidc)")

// who returns who has logged in, by the claims of the ID token and, for a claim that it lacks, of the provider's answer about the user.
func (p *provider) who(ctx context.Context, found *oidc.Provider, id *oidc.IDToken, token *oauth2.Token) (Who, error) {
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return Who{}, fmt.Errorf("read the ID token: %w", err)
	}
	if _, told := claim(claims, p.config.GroupsClaim); !told && found.UserInfoEndpoint() != "" {
		more, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
		switch {
		case err != nil:
			return Who{}, fmt.Errorf("ask the identity provider about the user: %w", err)
		case more.Subject != id.Subject:
			return Who{}, errors.New("ask the identity provider about the user: it told of another one")
		}
		var rest map[string]any
		if err := more.Claims(&rest); err != nil {
			return Who{}, fmt.Errorf("read what the identity provider says of the user: %w", err)
		}
		if _, known := claims[top(p.config.GroupsClaim)]; !known {
			claims[top(p.config.GroupsClaim)] = rest[top(p.config.GroupsClaim)]
		}
	}
	who := Who{Name: p.name(claims), Via: ViaLogin}
	who.Role, who.Operates = p.role(groups(claims, p.config.GroupsClaim))
	if who.Role == Nobody {
		return who, errNoRole
	}
	return who, nil
}

// claim returns what stands at a path: a claim of that name, or else one inside maps.
func claim(claims map[string]any, path string) (any, bool) {
	if value, found := claims[path]; found && value != nil {
		return value, true
	}
	first, rest, deeper := strings.Cut(path, ".")
	inner, isMap := claims[first].(map[string]any)
	if !deeper || !isMap {
		return nil, false
	}
	return claim(inner, rest)
}

func top(path string) string {
	first, _, _ := strings.Cut(path, ".")
	return first
}

func groups(claims map[string]any, path string) []string {
	value, _ := claim(claims, path)
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		var names []string
		for _, name := range value {
			if text, ok := name.(string); ok {
				names = append(names, text)
			}
		}
		return names
	}
	return nil
}

// everybody stands for all who can log in.
const everybody = "*"

// role returns the highest role that the groups give and, for a viewer, the environments in which they make an operator.
func (p *provider) role(groups []string) (Role, []string) {
	in := func(listed []string) bool {
		return slices.ContainsFunc(listed, func(name string) bool { return name == everybody || slices.Contains(groups, name) })
	}
	if in(p.config.Operators) {
		return Operator, nil
	}
	var operates []string
	for _, environment := range slices.Sorted(maps.Keys(p.config.OperatorsOf)) {
		if in(p.config.OperatorsOf[environment]) {
			operates = append(operates, environment)
		}
	}
	if len(operates) > 0 || in(p.config.Viewers) {
		return Viewer, operates
	}
	return Nobody, nil
}

// name returns how the record calls who has logged in: in one line, and not too long.
func (p *provider) name(claims map[string]any) string {
	text := func(key string) string {
		value, _ := claim(claims, key)
		name, _ := value.(string)
		return name
	}
	name := text("sub")
	if p.config.NameClaim != "" {
		name = cmp.Or(text(p.config.NameClaim), name)
	} else {
		email := text("email")
		if claims["email_verified"] == false {
			email = ""
		}
		name = cmp.Or(text("preferred_username"), email, name)
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, name)
	return strings.ToValidUTF8(name[:min(len(name), longestName)], "")
}
