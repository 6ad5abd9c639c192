package plan

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// certificate looks at the names that no certificate has any more, and at certificates that clients must show from now on.
func (b *breaks) certificate(c Change) {
	if c.Old == nil {
		return
	}
	var gone []string
	for _, name := range namesOf(*c.Old) {
		if !b.hasCertificate(name) {
			gone = append(gone, name)
		}
	}
	if len(gone) > 0 {
		slices.Sort(gone)
		b.note("no certificate is left for "+several(gone), c.Key.String(), c.Key)
	}
	if c.New != nil && c.Old.Spec["client"] == nil && c.New.Spec["client"] != nil && len(namesOf(*c.New)) > 0 {
		b.note("asks for a client certificate", c.Key.String(), c.Key)
	}
}

func (b *breaks) hasCertificate(name string) bool {
	for key, r := range b.next {
		if key.Kind != gateway.SSLs {
			continue
		}
		if slices.ContainsFunc(namesOf(r), func(wide string) bool { return takesHost(wide, name) }) {
			return true
		}
	}
	return false
}

// namesOf are the names that a certificate is shown for: none when it is switched off, or is one that upstreams are shown.
func namesOf(r gateway.Resource) []string {
	if r.Spec["type"] == "client" || gateway.Equal(r.Spec["status"], int64(0)) {
		return nil
	}
	names := texts(r.Spec, "sni", "snis")
	for i, name := range names {
		names[i] = strings.ToLower(name)
	}
	return names
}

// streamRoute looks for a stream route that takes the connections of one as it was.
func (b *breaks) streamRoute(c Change) {
	if c.Old == nil {
		return
	}
	for key, r := range b.next {
		if key.Kind == gateway.StreamRoutes && takesConnections(r.Spec, c.Old.Spec) {
			return
		}
	}
	b.note("no longer takes all its connections", c.Key.String(), c.Key)
}

func takesConnections(wide, narrow map[string]any) bool {
	for _, field := range []string{"server_addr", "server_port"} {
		if value, ok := wide[field]; ok && !gateway.Equal(value, narrow[field]) {
			return false
		}
	}
	sni, _ := wide["sni"].(string)
	other, _ := narrow["sni"].(string)
	from, limited := wide["remote_addr"].(string)
	before, _ := narrow["remote_addr"].(string)
	return takesHost(sni, other) && (!limited || takesAddress(from, before))
}
