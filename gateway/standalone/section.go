package standalone

import (
	"maps"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// sectionOf returns the list of a document that resources of a kind stand in: the kind's own name, and consumers for the
// credentials.
func sectionOf(kind gateway.Kind) string {
	if kind == gateway.Credentials {
		return string(gateway.Consumers)
	}
	return string(kind)
}

// hasIndex reports whether items of a kind may carry a modifiedIndex: the schemas of the others refuse it or would take it for
// configuration.
func hasIndex(kind gateway.Kind) bool {
	switch kind {
	case gateway.StreamRoutes, gateway.PluginMetadata, gateway.Secrets:
		return false
	}
	return kind.Valid()
}

const versionSuffix = "_conf_version"

// versions are those of the sections, by the section's name.
type versions map[string]int64

// raise takes the higher version of each section.
func (v versions) raise(other versions) {
	for section, version := range other {
		v[section] = max(v[section], version)
	}
}

// never reports whether no document was ever put.
func (v versions) never() bool {
	for version := range maps.Values(v) {
		if version != 0 {
			return false
		}
	}
	return true
}

// newer compares two vectors: 1 when no section of v is older and one is newer, -1 the other way, 0 when they tell nothing.
func (v versions) newer(other versions) int {
	up, down := false, false
	for section := range maps.Keys(union(v, other)) {
		up = up || v[section] > other[section]
		down = down || v[section] < other[section]
	}
	switch {
	case up && !down:
		return 1
	case down && !up:
		return -1
	}
	return 0
}

// agree reports whether two vectors are equal in the sections that both have: instances of two releases may differ in the others.
func (v versions) agree(other versions) bool {
	for section, version := range v {
		if theirs, both := other[section]; both && theirs != version {
			return false
		}
	}
	return true
}

func union(a, b versions) versions {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}

const credentialsPart = "/credentials/"

// keyOf names an item of a section; false when it is none that a config repo could name.
func keyOf(section, id, username string) (gateway.Key, bool) {
	kind := gateway.Kind(section)
	if kind == gateway.Consumers {
		if owner, name, ok := strings.Cut(id, credentialsPart); ok && username == "" {
			return gateway.Key{Kind: gateway.Credentials, ID: owner + "/" + name}, owner != "" && name != ""
		}
		return gateway.Key{Kind: kind, ID: username}, username != ""
	}
	if kind == gateway.Secrets {
		manager, name, _ := strings.Cut(id, "/")
		return gateway.Key{Kind: kind, ID: id}, manager != "" && name != ""
	}
	return gateway.Key{Kind: kind, ID: id}, kind.Valid() && id != ""
}
