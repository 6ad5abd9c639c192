package settings

import (
	"fmt"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/notify"
	"github.com/sluice-gitops/sluice/record"
)

// Notification says who is told how commits end, and of which.
type Notification struct {
	Type         string         `yaml:"type"`         // one of notify.Types
	URLFile      string         `yaml:"urlFile"`      // the address that messages go to
	SecretFile   string         `yaml:"secretFile"`   // webhook: what messages are signed with
	Environments []string       `yaml:"environments"` // globs; none: all
	States       []record.State `yaml:"states"`       // none: notify.DefaultStates
}

// URL reads the address anew at each call. One that is not https or http is an error, which doesn't show it.
func (n Notification) URL() (gateway.Secret, error) {
	address, err := secretIn(n.URLFile, "the address of a notification")
	if err != nil {
		return gateway.Secret{}, err
	}
	u, err := url.Parse(address.Reveal())
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return gateway.Secret{}, fmt.Errorf("read the address of a notification: %s does not hold https://HOST/PATH", n.URLFile)
	}
	return address, nil
}

// Secret reads what messages are signed with anew at each call. An empty one is an error.
func (n Notification) Secret() (gateway.Secret, error) {
	return secretIn(n.SecretFile, "the secret of a notification")
}

// plainName is what a notification may be called: its name stands in the journal and in the log.
var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

func (c *checker) notifications(all map[string]Notification) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		c.notification(all[name], func(keys ...string) []string { return slices.Concat([]string{"notifications", name}, keys) })
		if !plainName.MatchString(name) {
			c.fault("bad-name", "use letters, digits, dots, _ and -, up to 63", "a notification can't be called "+quote(name), "notifications", name)
		}
	}
}

func (c *checker) notification(n Notification, at func(...string) []string) {
	if !slices.Contains(notify.Types(), n.Type) {
		hint := diag.DidYouMean(n.Type, notify.Types(), "the types are "+strings.Join(notify.Types(), ", "))
		c.fault("unknown-type", hint, "unknown type of notification "+quote(n.Type), at("type")...)
		return
	}
	if n.URLFile == "" {
		c.missing("name the file that holds the address", at("urlFile")...)
	}
	switch {
	case n.Type == notify.Webhook && n.SecretFile == "":
		c.missing("name the file that holds what messages are signed with", at("secretFile")...)
	case n.Type != notify.Webhook && n.SecretFile != "":
		c.fault("wrong-type-key", "leave it out: nothing is signed there", `"secretFile" belongs to type webhook`, at("secretFile")...)
	}
	c.key(n.URLFile, at("urlFile")...)
	c.key(n.SecretFile, at("secretFile")...)
	c.told(n, at)
}

// told checks which ends a notification is about.
func (c *checker) told(n Notification, at func(...string) []string) {
	for _, glob := range n.Environments {
		if _, err := path.Match(glob, ""); err != nil {
			c.fault("bad-glob", "globs have *, ? and [a-z]", quote(glob)+" is not a glob", at("environments")...)
		}
	}
	for _, state := range n.States {
		if !state.Final() {
			c.fault("unknown-state", "the ends are applied, unchanged, held, failed, rolled-back, superseded", quote(string(state))+" is not how a commit ends", at("states")...)
		}
	}
}
