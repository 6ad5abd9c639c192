package importer

import (
	"crypto/sha1"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// ADC reads an ADC file and returns the state that it stands for, with the ids that ADC gives: a gateway that ADC filled holds
// the same resources. ${VAR} becomes ${env(VAR)}. File is the name that faults carry. With a fault of severity Error the state
// is not whole.
func ADC(file string, data []byte) (gateway.State, diag.List) {
	root, faults := strictyaml.Parse(file, data)
	r := adcReader{state: gateway.State{}, places: map[gateway.Key]diag.Pos{}, faults: faults}
	switch {
	case faults.HasErrors() || root == nil:
	case root.Kind != strictyaml.Map:
		r.wrongType(root, "an ADC file", "a map")
	default:
		r.root(root)
	}
	r.notes(file)
	return r.state, r.faults.Sorted()
}

// adcReader collects resources and faults.
type adcReader struct {
	state  gateway.State
	places map[gateway.Key]diag.Pos
	faults diag.List
	marked int // resources that carried ADC's own label of ownership
}

// adcSections are the keys at the top of an ADC file.
var adcSections = []string{"services", "consumers", "ssls", "global_rules", "plugin_metadata"}

func (r *adcReader) root(root *strictyaml.Node) {
	for _, section := range root.Fields {
		switch section.Key {
		case "services":
			r.each(section, r.service)
		case "consumers":
			r.each(section, r.consumer)
		case "ssls":
			r.each(section, r.ssl)
		case "global_rules":
			r.plugins(section, gateway.GlobalRules)
		case "plugin_metadata":
			r.plugins(section, gateway.PluginMetadata)
		case "consumer_groups", "routes", "upstreams", "stream_routes", "plugin_configs":
			r.notImported(section, "ADC writes no "+section.Key+" of their own to a gateway")
		case "$schema":
		default:
			r.unknown(section, "an ADC file", adcSections)
		}
	}
}

// each reads the items of a list.
func (r *adcReader) each(section strictyaml.Field, read func(*strictyaml.Node)) {
	if section.Value.Kind != strictyaml.List {
		r.wrongType(section.Value, section.Key, "a list")
		return
	}
	for _, item := range section.Value.Items {
		if item.Kind != strictyaml.Map {
			r.wrongType(item, "an item of "+section.Key, "a map")
			continue
		}
		read(item)
	}
}

// plugins reads a map from plugin to configuration: global rules and plugin metadata are named after the plugin.
func (r *adcReader) plugins(section strictyaml.Field, kind gateway.Kind) {
	if section.Value.Kind != strictyaml.Map {
		r.wrongType(section.Value, section.Key, "a map")
		return
	}
	for _, plugin := range section.Value.Fields {
		conf, ok := r.value(plugin.Value).(map[string]any)
		if !ok {
			r.wrongType(plugin.Value, plugin.Key, "a map")
			continue
		}
		if kind == gateway.GlobalRules {
			conf = map[string]any{"plugins": map[string]any{plugin.Key: conf}}
		}
		r.add(kind, plugin.Key, plugin.Pos, conf)
	}
}

// add takes in one resource.
func (r *adcReader) add(kind gateway.Kind, id string, pos diag.Pos, spec map[string]any) {
	key := gateway.Key{Kind: kind, ID: id}
	if first, twice := r.places[key]; twice {
		r.faults.Add(diag.Errorf(pos, "duplicate-id", "%s is defined twice", key).
			WithHint("give one of them another name or id").WithAlso(first, "first defined at"))
		return
	}
	r.places[key] = pos
	if labels, ok := spec["labels"].(map[string]any); ok && labels[gateway.ManagedBy] != nil {
		r.marked++
	}
	r.state[key] = gateway.Resource{Key: key, Spec: gateway.Seal(key, spec)}
}

// identity is the id that ADC gives: the one that is written, else a hash of what names the resource.
func (r *adcReader) identity(n *strictyaml.Node, names ...string) string {
	if id := n.Get("id"); id != nil && id.Kind == strictyaml.Scalar && id.Text != "" {
		return id.Text
	}
	name := strings.Join(names, ".")
	if adcVariable.MatchString(name) {
		r.faults.Add(diag.Errorf(n.Pos, "not-imported", "the id comes of a name that holds a variable").
			WithHint("write the id that the gateway shows: id: …"))
	}
	sum := sha1.Sum([]byte(name))
	return hex.EncodeToString(sum[:])
}

// name reads the field that names a resource.
func (r *adcReader) name(n *strictyaml.Node, field string) (string, bool) {
	named := n.Get(field)
	if named == nil || named.Kind != strictyaml.Scalar || named.Text == "" {
		r.missing(n, field)
		return "", false
	}
	return named.Text, true
}

func (r *adcReader) missing(n *strictyaml.Node, what string) {
	r.faults.Add(diag.Errorf(n.Pos, "missing-field", "%s is missing", what).WithHint("write it as ADC's documentation shows"))
}

// fields reads a body: known says which field of the gateway each field becomes, taken are those that are read elsewhere.
func (r *adcReader) fields(n *strictyaml.Node, what string, known map[string]string, taken ...string) map[string]any {
	body := map[string]any{}
	for _, field := range n.Fields {
		into, ok := known[field.Key]
		switch {
		case slices.Contains(taken, field.Key):
		case ok && into == "labels":
			body[into] = r.labels(field.Value)
		case ok:
			body[into] = r.value(field.Value)
		case field.Key == "path_prefix" || field.Key == "strip_path_prefix":
			r.notImported(field, field.Key+" is of API7 Enterprise, and Apache APISIX has no such field")
		default:
			r.unknown(field, what, slices.Concat(sorted(known), taken))
		}
	}
	return body
}

// labels are texts on a gateway; ADC writes what is none as JSON.
func (r *adcReader) labels(n *strictyaml.Node) any {
	value := r.value(n)
	labels, ok := value.(map[string]any)
	for name, label := range labels {
		switch label.(type) {
		case string, gateway.Secret:
		default:
			labels[name] = string(gateway.AppendCanonical(nil, label))
		}
	}
	if !ok {
		r.wrongType(n, "labels", "a map")
	}
	return value
}

func (r *adcReader) unknown(field strictyaml.Field, what string, known []string) {
	slices.Sort(known)
	r.faults.Add(diag.Errorf(field.Pos, "unknown-key", "%s has no key %q", what, field.Key).
		WithHint("%s", diag.DidYouMean(field.Key, known, "the keys are "+strings.Join(known, ", "))))
}

func (r *adcReader) wrongType(n *strictyaml.Node, what, want string) {
	r.faults.Add(diag.Errorf(n.Pos, "wrong-type", "%s must be %s, not %s", what, want, n.Kind).WithHint("write it as ADC's documentation shows"))
}

func (r *adcReader) notImported(field strictyaml.Field, why string) {
	r.faults.Add(diag.Errorf(field.Pos, "not-imported", "%s", why).WithHint("remove it from the file, and write what it stands for by hand"))
}

// notes tells what was left out on purpose.
func (r *adcReader) notes(file string) {
	if r.marked > 0 {
		r.faults.Add(diag.Warningf(diag.Pos{File: file}, "label-left-out", "the label %s is left out of %d resources", gateway.ManagedBy, r.marked).
			WithHint("Sluice sets its own on what it owns; the ADC file should not be synced any more"))
	}
}
