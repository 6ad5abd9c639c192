package importer

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// split takes a fragment apart: one fragment for each service, by the name of its directory, and the rest. To a service belong
// its routes and all that nothing else uses.
func split(fragment map[string]any) (services map[string]map[string]any, rest map[string]any) {
	owner := owners(resources(fragment))
	dirs := directories(fragment)
	services, rest = map[string]map[string]any{}, map[string]any{}
	for kind, section := range fragment {
		for id, body := range section.(map[string]any) {
			into := rest
			if dir, ok := dirs[owner[gateway.Key{Kind: gateway.Kind(kind), ID: id}]]; ok {
				if services[dir] == nil {
					services[dir] = map[string]any{}
				}
				into = services[dir]
			}
			put(into, kind, id, body)
		}
	}
	return services, rest
}

func put(fragment map[string]any, kind, id string, body any) {
	section, ok := fragment[kind].(map[string]any)
	if !ok {
		section = map[string]any{}
		fragment[kind] = section
	}
	section[id] = body
}

// resources lists what a fragment holds; credentials count as part of their consumer.
func resources(fragment map[string]any) []gateway.Resource {
	var list []gateway.Resource
	for kind, section := range fragment {
		for id, body := range section.(map[string]any) {
			spec, _ := body.(map[string]any)
			list = append(list, gateway.Resource{Key: gateway.Key{Kind: gateway.Kind(kind), ID: id}, Spec: spec})
		}
	}
	return list
}

// several stands for more than one owner.
const several = "\x00"

// owners says to which service each resource belongs, by the service's id; "" or several to none.
func owners(list []gateway.Resource) map[gateway.Key]string {
	owner := map[gateway.Key]string{}
	for _, r := range list {
		switch r.Key.Kind {
		case gateway.Services:
			owner[r.Key] = r.Key.ID
		case gateway.Routes, gateway.StreamRoutes:
			if r.Spec["service_id"] != nil {
				owner[r.Key] = fmt.Sprint(r.Spec["service_id"])
			}
		}
	}
	// An ssl is used by an upstream that is used by a route: each round goes one reference further.
	for range 3 {
		users := map[gateway.Key]string{}
		for _, r := range list {
			for _, ref := range gateway.Refs(r) {
				note(users, ref.To, owner[r.Key])
			}
		}
		for key, user := range users {
			if inService(key.Kind) {
				owner[key] = user
			}
		}
	}
	return owner
}

func note(users map[gateway.Key]string, key gateway.Key, user string) {
	if user == "" {
		user = several
	}
	if before, used := users[key]; used && before != user {
		user = several
	}
	users[key] = user
}

// inService reports whether a resource of a kind can belong to the service that uses it.
func inService(kind gateway.Kind) bool {
	switch kind {
	case gateway.Upstreams, gateway.PluginConfigs, gateway.Protos, gateway.SSLs:
		return true
	}
	return false
}

var (
	goodDirectory = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$`)
	madeID        = regexp.MustCompile(`^([0-9]+|[0-9a-f]{32,}|[0-9a-f]{8}-[0-9a-f-]{27})$`)
)

// directories gives each service a directory: its id, or its name where the id was made by a machine.
func directories(fragment map[string]any) map[string]string {
	dirs, taken := map[string]string{}, map[string]bool{}
	section, _ := fragment[string(gateway.Services)].(map[string]any)
	for _, id := range sorted(section) {
		dir := id
		body, _ := section[id].(map[string]any)
		if name, ok := body["name"].(string); ok && madeID.MatchString(id) {
			if slug := strings.Trim(notInName.ReplaceAllString(name, "-"), "-."); goodDirectory.MatchString(slug) && len(slug) <= 64 {
				dir = slug
			}
		}
		if !goodDirectory.MatchString(dir) {
			dir = "service-" + strings.Trim(notInName.ReplaceAllString(dir, "-"), ".-")
		}
		for base, i := dir, 2; taken[strings.ToLower(dir)]; i++ {
			dir = fmt.Sprintf("%s-%d", base, i)
		}
		taken[strings.ToLower(dir)] = true
		dirs[id] = dir
	}
	return dirs
}
