package standalone

import (
	"fmt"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// certificates finds what looks up a certificate by its id: a gateway in this mode refuses it, wherever the certificate stands.
func certificates(r gateway.Resource) []gateway.Fault {
	var faults []gateway.Fault
	for _, ref := range gateway.Refs(r) {
		if ref.To.Kind == gateway.SSLs {
			faults = append(faults, gateway.Fault{
				Key: r.Key, Path: ref.Path, What: "a gateway in standalone mode can't look up a client certificate by its id",
				Hint: "write the certificate and its key here, as client_cert and client_key",
			})
		}
	}
	return faults
}

// pluginOwners tells which global rule has which plugin.
func pluginOwners(rules []item) (map[string]gateway.Key, error) {
	owners := map[string]gateway.Key{}
	for _, one := range rules {
		spec, err := one.spec()
		if err != nil {
			return nil, err
		}
		plugins, _ := spec["plugins"].(map[string]any)
		for plugin := range plugins {
			owners[plugin] = one.key
		}
	}
	return owners, nil
}

// rivals finds global rules with a plugin that another rule has, or had before this write. The gateway would take two such rules
// in one document, and from then on refuse every document with that plugin in any rule.
func (e *edit) rivals(d *document) ([]gateway.Fault, error) {
	owners, err := pluginOwners(d.sections[string(gateway.GlobalRules)])
	if err != nil {
		return nil, err
	}
	keys := make([]gateway.Key, 0, len(e.puts))
	for key := range e.puts {
		if key.Kind == gateway.GlobalRules {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, gateway.Key.Compare)
	var faults []gateway.Fault
	for _, key := range keys {
		plugins, _ := e.puts[key].spec["plugins"].(map[string]any)
		for plugin := range plugins {
			if owner, taken := owners[plugin]; taken && owner != key {
				faults = append(faults, rivalry(key, owner, plugin))
				continue
			}
			owners[plugin] = key
		}
	}
	return faults, nil
}

func rivalry(key, owner gateway.Key, plugin string) gateway.Fault {
	return gateway.Fault{
		Key: key, Path: gateway.Path{gateway.Field("plugins"), gateway.Field(plugin)},
		What: fmt.Sprintf("%s has this plugin, and only one global rule may", owner),
		Hint: "take it out of one of them; to move it, first commit its removal",
	}
}
