package importer

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// secretsPage lists the secrets by name and place, and never by value.
func secretsPage(secrets []SecretUse, env []string) []byte {
	var b bytes.Buffer
	b.WriteString("# Secrets\n\nThis config repo names these secrets and holds none of them. The daemon's own file has to allow the names " +
		"(`allow.secrets`)\nand say where the values are: one file for each name in `secrets.dir`, or variables (`secrets.envPrefix`).\n")
	if len(secrets) > 0 {
		b.WriteString("\n| name | stands in | of | value |\n|---|---|---|---|\n")
	}
	for _, use := range secrets {
		fmt.Fprintf(&b, "| `%s` | `%s` `%s` | %s | %s |\n", use.Name, cell(use.Places[0].Key.String()), cell(use.Places[0].Path.String()),
			strings.Join(groupsOf(use), ", "), use.status())
	}
	if len(env) > 0 {
		b.WriteString("\nIt also names these environment variables of the daemon, which `allow.env` has to allow: `" + strings.Join(env, "`, `") + "`.\n")
	}
	return b.Bytes()
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func (s SecretUse) status() string {
	if s.Value.Resolved() {
		return "known"
	}
	return "to be supplied: no gateway shows it"
}

func groupsOf(use SecretUse) []string {
	var names []string
	for _, place := range use.Places {
		if place.Group != "" && !slices.Contains(names, place.Group) {
			names = append(names, place.Group)
		}
	}
	return names
}

var envCall = regexp.MustCompile(`\$\{env\(([A-Za-z_][A-Za-z0-9_]*)`)

// variables lists the environment variables that references name.
func variables(fragments []map[string]any) []string {
	found := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, value := range v {
				walk(value)
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		case gateway.Secret:
			for _, m := range envCall.FindAllStringSubmatch(v.Ref(), -1) {
				found[m[1]] = true
			}
		}
	}
	for _, fragment := range fragments {
		walk(fragment)
	}
	return sorted(found)
}
