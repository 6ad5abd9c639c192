package daemon

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway/admin"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/web/access"
)

// accessOf says who may come in, by the daemon's file. What was checked when the file was loaded is not checked again.
func accessOf(s settings.Settings) (access.Config, error) {
	config := access.Config{
		Open: s.IsOpen(), APIToken: s.API.Token, SessionLife: s.Access.Sessions.Life, PublicURL: s.PublicURL, Secure: s.TLS.Used(),
		Hosts: s.Access.Hosts,
	}
	for _, token := range s.Access.Tokens {
		made := access.Token{Name: token.Name, Operates: token.Environments}
		if made.Role, _ = access.ParseRole(token.Role); len(made.Operates) > 0 {
			made.Role = access.Viewer // elsewhere; only operators have environments
		}
		if _, err := hex.Decode(made.Hash[:], []byte(token.SHA256)); err != nil {
			return access.Config{}, fmt.Errorf("read the hash of token %q: %w", token.Name, err)
		}
		config.Tokens = append(config.Tokens, made)
	}
	for _, text := range s.Access.TrustedProxies {
		proxies, err := netip.ParsePrefix(text)
		if err != nil {
			return access.Config{}, fmt.Errorf("read access.trustedProxies: %w", err)
		}
		config.TrustedProxies = append(config.TrustedProxies, proxies)
	}
	var err error
	if config.SessionKey, err = s.Access.Sessions.Key(); err != nil {
		return access.Config{}, err
	}
	config.OIDC, err = oidcOf(s)
	return config, err
}

// providerTime bounds one request to the identity provider.
const providerTime = 10 * time.Second

func oidcOf(s settings.Settings) (access.OIDC, error) {
	from := s.Access.OIDC
	if from.Issuer == "" {
		return access.OIDC{}, nil
	}
	transport, err := admin.NewTransport(admin.TLS{CAFile: from.CAFile}, 1)
	if err != nil {
		return access.OIDC{}, fmt.Errorf("identity provider: %w", err)
	}
	return access.OIDC{
		Issuer: from.Issuer, ClientID: from.ClientID, Secret: from.ClientSecret, Redirect: strings.TrimSuffix(s.PublicURL, "/") + access.CallbackPath,
		Scopes: from.Scopes, NameClaim: from.NameClaim, GroupsClaim: from.GroupsClaim, Viewers: from.Viewers, Operators: from.Operators,
		OperatorsOf: from.OperatorsOf,
		Client:      &http.Client{Transport: transport, Timeout: providerTime},
	}, nil
}
