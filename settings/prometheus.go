package settings

import (
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// Prometheus says where metrics are read, by Prometheus's HTTP API. The zero value reads none.
type Prometheus struct {
	URL       string `yaml:"url"`       // https://prometheus:9090; Prometheus is used when it is set
	TokenFile string `yaml:"tokenFile"` // sent as Bearer; empty: nobody logs in
	CAFile    string `yaml:"caFile"`    // PEM, trusted instead of the system's authorities
}

// Token reads the token from its file, which must be set. Each call reads afresh, so that it can be rotated. An empty token is an
// error.
func (p Prometheus) Token() (gateway.Secret, error) {
	text, err := readSecret(p.TokenFile)
	if err != nil {
		return gateway.Secret{}, fmt.Errorf("read the token of Prometheus: %w", err)
	}
	if text = strings.TrimSpace(text); text == "" {
		return gateway.Secret{}, fmt.Errorf("read the token of Prometheus: %s is empty", p.TokenFile)
	}
	return gateway.NewSecret("", text), nil
}

func (c *checker) prometheus(p Prometheus) {
	at := func(key string) []string { return []string{"prometheus", key} }
	if p == (Prometheus{}) {
		return
	}
	if p.URL == "" {
		c.missing("write url: https://HOST:9090", at("url")...)
	} else {
		c.web(c.place(at("url")...), p.URL)
	}
	c.key(p.TokenFile, at("tokenFile")...)
	c.exists(p.CAFile, at("caFile")...)
}
