package daemon

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/settings"
)

// made says what a client was made from. Admin keys are not in it: they are read at each use.
type made struct {
	group settings.GatewayGroup
	files [3][sha256.Size]byte // of TLS, which are read once
}

func madeFrom(group settings.GatewayGroup) (made, error) {
	group.Pos = diag.Pos{}
	group.Instances = slices.Clone(group.Instances)
	for i := range group.Instances {
		group.Instances[i].Pos = diag.Pos{}
	}
	from := made{group: group}
	for i, file := range []string{group.TLS.CAFile, group.TLS.CertFile, group.TLS.KeyFile} {
		if file == "" {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return made{}, err
		}
		from.files[i] = sha256.Sum256(data)
	}
	return from, nil
}

// reopen makes the gateway groups of a new reading of the daemon's file. Those that have not changed stay as they are, with all that
// they know. One that is embedded can't be exchanged while it runs: its name is among those that need a restart, and it stays too.
func (g *Groups) reopen(s settings.Settings, lag time.Duration) (next *Groups, restart []string, err error) {
	next = newGroups(g.log)
	next.fence, next.watched, next.tables = g.fence, g.watched, g.tables
	for _, name := range slices.Sorted(maps.Keys(s.GatewayGroups)) {
		group := s.GatewayGroups[name]
		from, err := madeFrom(group)
		_, known := g.made[name]
		switch {
		case err == nil && known && reflect.DeepEqual(from, g.made[name]):
			next.take(g, name)
		case err == nil && g.embedded[name] != nil:
			restart = append(restart, "gatewayGroups."+name)
			next.take(g, name)
		case err == nil:
			err = next.open(name, group, &lag)
		}
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("gateway group %q: %w", name, err), next.closeAllBut(g))
		}
	}
	return next, restart, nil
}

// take shares a group with the groups from before.
func (g *Groups) take(before *Groups, name string) {
	i := slices.IndexFunc(before.list, func(group reconciler.Group) bool { return group.Name == name })
	g.list = append(g.list, before.list[i])
	g.made[name] = before.made[name]
	if gw := before.embedded[name]; gw != nil {
		g.embedded[name] = gw
	}
	if watch := before.watchers[name]; watch != nil {
		g.watchers[name] = watch
	}
	if configured := before.configured[name]; configured != nil {
		g.configured[name] = configured
	}
}

// closeAllBut stops the embedded gateways that are not shared with other.
func (g *Groups) closeAllBut(other *Groups) error {
	var errs []error
	for name, gw := range g.embedded {
		if other.embedded[name] != gw {
			errs = append(errs, gw.Close())
		}
	}
	return errors.Join(errs...)
}

// changed lists the groups that are not shared with those from before, and those that are gone.
func (g *Groups) changed(before *Groups) []string {
	var names []string
	for name, from := range g.made {
		if was, known := before.made[name]; !known || !reflect.DeepEqual(was, from) {
			names = append(names, name)
		}
	}
	for name := range before.made {
		if _, stays := g.made[name]; !stays {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
