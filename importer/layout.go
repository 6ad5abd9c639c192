package importer

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
)

// layout lays fragments out in directories.
type layout struct {
	repo      *Repo
	options   Options
	groups    []Group
	fragments []map[string]any // of each group
}

const baseLayer = "base"

func (l layout) write() {
	l.repo.Files["sluice.yaml"] = []byte("# Marks the root of a config repo.\nversion: 1\n")
	inherited, extends := l.base()
	for _, name := range l.environments() {
		members := l.members(func(g Group) bool { return g.Environment == name })
		below := map[string]any{}
		var layers []string
		if l.isCommon(l.groups[members[0]]) {
			below, layers = inherited, extends
		}
		l.environment(name, members, below, layers)
	}
}

// base writes the layers that environments inherit, and returns what they come to and their names. A single group that is split
// has all it holds there.
func (l layout) base() (map[string]any, []string) {
	members := l.members(l.isCommon)
	if len(members) == 0 {
		return nil, nil
	}
	shared := common(nil, l.pick(members))
	var layers []string
	rest := shared
	if l.options.Split {
		services, others := split(shared)
		rest = others
		for _, name := range sorted(services) {
			dir := "services/" + name
			layers = append(layers, dir)
			l.file(dir, "service", services[name])
		}
	}
	if len(rest) > 0 {
		layers = append([]string{baseLayer}, layers...)
		l.kinds(baseLayer, rest)
	}
	return shared, layers
}

// environment writes one environment: what its groups share in its own directory, what differs in that of each group.
func (l layout) environment(name string, members []int, below map[string]any, layers []string) {
	dir := "environments/" + name
	shared := common(below, l.pick(members))
	empty := len(shared) == 0
	if len(shared) > 0 || len(below) > 0 {
		l.parts(dir, overlay(below, shared), len(below) == 0)
	}
	for _, i := range members {
		l.kinds(dir+"/groups/"+l.groups[i].Name, overlay(shared, l.fragments[i]))
		empty = empty && len(l.fragments[i]) == 0
	}
	l.repo.Files[dir+"/environment.yaml"] = l.environmentFile(members, layers, empty)
}

// parts writes the own layer of an environment, with a file for each service where that is wanted and nothing is inherited.
func (l layout) parts(dir string, fragment map[string]any, whole bool) {
	if !l.options.Split || !whole {
		l.kinds(dir, fragment)
		return
	}
	services, rest := split(fragment)
	l.kinds(dir, rest)
	for _, name := range sorted(services) {
		l.file(dir+"/services/"+name, "service", services[name])
	}
}

func (l layout) environmentFile(members []int, layers []string, empty bool) []byte {
	var names []any
	for _, i := range members {
		names = append(names, l.groups[i].Name)
	}
	var b bytes.Buffer
	b.WriteString(l.head())
	if len(layers) > 0 {
		list := make([]any, len(layers))
		for i, layer := range layers {
			list[i] = layer
		}
		w := writer{}
		w.field(0, "extends", list)
		b.Write(w.buf.Bytes())
	}
	w := writer{}
	w.field(0, "groups", names)
	b.Write(w.buf.Bytes())
	if empty {
		b.WriteString("empty: true # the gateway held nothing when it was imported\n")
	}
	return b.Bytes()
}

// head says where a file comes from.
func (l layout) head() string {
	if l.options.Source == "" {
		return ""
	}
	return "# Imported from " + l.options.Source + ".\n"
}

// kinds writes a file for each kind.
func (l layout) kinds(dir string, fragment map[string]any) {
	for _, kind := range sorted(fragment) {
		l.file(dir, kind, map[string]any{kind: fragment[kind]})
	}
}

// fullest is how much goes into one file: one of more than 1 MiB is not read.
const fullest = 900 << 10

// file writes one fragment, in several files when it is large.
func (l layout) file(dir, name string, fragment map[string]any) {
	number := 1
	w := writer{}
	w.buf.WriteString(l.head())
	flush := func() {
		file := path.Join(dir, name+".yaml")
		if number > 1 {
			file = path.Join(dir, fmt.Sprintf("%s-%d.yaml", name, number))
		}
		l.repo.Files[file] = slices.Clone(w.buf.Bytes())
		l.repo.Faults.Add(w.faults(file)...)
		number++
		w = writer{}
		w.buf.WriteString(l.head())
	}
	for _, kind := range inKindOrder(fragment) {
		section := fragment[kind].(map[string]any)
		begun := false
		for _, id := range sorted(section) {
			body := resourceText(id, section[id])
			if w.buf.Len()+len(body.buf.Bytes()) > fullest && w.resources > 0 {
				flush()
				begun = false
			}
			if !begun {
				w.section(kind)
				begun = true
			}
			w.add(kind+"/"+id, body)
		}
	}
	flush()
}

// environments returns the names of the environments, in order of their first group.
func (l layout) environments() []string {
	var names []string
	for _, group := range l.groups {
		if !slices.Contains(names, group.Environment) {
			names = append(names, group.Environment)
		}
	}
	return names
}

// members returns the numbers of the groups that are wanted.
func (l layout) members(wanted func(Group) bool) []int {
	var members []int
	for i, group := range l.groups {
		if wanted(group) {
			members = append(members, i)
		}
	}
	return members
}

func (l layout) pick(members []int) []map[string]any {
	picked := make([]map[string]any, len(members))
	for i, member := range members {
		picked[i] = l.fragments[member]
	}
	return picked
}

// isCommon reports whether a group inherits. A group that is alone and split does: then every service is a layer.
func (l layout) isCommon(group Group) bool {
	alone := l.options.Split && len(l.groups) == 1
	return alone || slices.Contains(l.options.Common, group.Name)
}

// Title names several groups in one text: the gateway groups a, b and c.
func Title(groups []Group) string {
	names := make([]string, len(groups))
	for i, group := range groups {
		names[i] = group.Name
	}
	if len(names) == 1 {
		return "the gateway group " + names[0]
	}
	last := len(names) - 1
	return "the gateway groups " + strings.Join(names[:last], ", ") + " and " + names[last]
}
