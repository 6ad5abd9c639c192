package main

import (
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/importer"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/render"
)

// proof says what a gateway group would see of the config repo that was written for it.
type proof struct {
	group     importer.Group
	digest    string // of the desired state
	resources int
	adopts    int // resources that would only get the label of ownership
	content   []plan.Change
	unproven  string // why nothing could be compared; empty when it was
}

// proveRepo proves what was written. Files that are known not to tell everything are not compared: the faults of the import say
// what is wrong, each once.
func proveRepo(fsys fs.FS, groups []importer.Group, repo importer.Repo) ([]proof, diag.List) {
	if !repo.Faults.HasErrors() {
		proofs, faults := prove(fsys, groups, repo.Secrets)
		return proofs, append(faults, repo.Faults...)
	}
	var proofs []proof
	for _, group := range groups {
		proofs = append(proofs, proof{group: group, unproven: "not all that the gateways hold could be written; the faults say what"})
	}
	return proofs, repo.Faults
}

// prove renders the config repo as the daemon would, and plans each group against what was read of it. The list has what keeps the
// repo from being rendered.
func prove(fsys fs.FS, groups []importer.Group, secrets []importer.SecretUse) ([]proof, diag.List) {
	tree := environments.Load(fsys)
	renderer := render.New()
	known := map[string]gateway.Secret{}
	for _, use := range secrets {
		known["${secret("+use.Name+")}"] = use.Value
	}
	faults := slices.Clone(tree.Faults)
	var proofs []proof
	for _, group := range groups {
		env, ok := tree.Find(group.Environment)
		if !ok {
			why := fmt.Sprintf("there is no environment %q in what was written", group.Environment)
			proofs = append(proofs, proof{group: group, unproven: why})
			continue
		}
		faults.Add(env.Faults...)
		desired, found := renderer.Render(fsys, tree, env, group.Name, nil)
		faults.Add(found...)
		if found.HasErrors() {
			proofs = append(proofs, proof{group: group, unproven: "faults keep the files from being rendered"})
			continue
		}
		proofs = append(proofs, proveGroup(group, resolved(desired, known), env.Empty))
	}
	return proofs, faults.Sorted()
}

// report says what is proven of a group, and reports whether all is.
func (p proof) report(w io.Writer) bool {
	where := p.group.Environment + "/" + p.group.Name
	switch {
	case p.unproven != "":
		fmt.Fprintf(w, "  %s: NOT proven: %s\n", where, p.unproven)
	case len(p.content) > 0:
		fmt.Fprintf(w, "  %s: NOT proven, and not the same: %s would differ\n", where, count(len(p.content), "resource"))
		p.differences(w)
	default:
		fmt.Fprintf(w, "  %s: %s, digest %s\n    proven: %s to adopt, and nothing changes but the label of ownership\n",
			where, count(p.resources, "resource"), p.digest[:16], count(p.adopts, "resource"))
		return true
	}
	return false
}

func proveGroup(group importer.Group, desired gateway.State, empty bool) proof {
	live := gateway.Align(desired, group.Live, group.Defaults)
	p := proof{group: group, digest: desired.Digest(), resources: len(desired)}
	planned := plan.New(desired, live, plan.Policy{Adopt: true, Empty: empty})
	for _, change := range planned.Changes() {
		if onlyOwnership(change) {
			p.adopts++
		} else {
			p.content = append(p.content, change)
		}
	}
	for key := range live {
		// What is not owned is left alone by a plan; an import has to have it all the same.
		if _, there := desired[key]; !there && !live[key].Labelled() {
			old := live[key]
			p.content = append(p.content, plan.Change{Op: plan.Delete, Key: key, Old: &old})
		}
	}
	return p
}

// onlyOwnership reports whether a change takes a resource over as it is.
func onlyOwnership(c plan.Change) bool {
	if c.Op != plan.Adopt {
		return false
	}
	for _, field := range c.Fields {
		labels, _ := field.New.(map[string]any)
		// Old labels may be an empty list: a gateway written in Lua can't tell one from an empty map.
		none := field.Old == nil || gateway.Show(field.Old) == "[]" || gateway.Show(field.Old) == "{}"
		whole := len(field.Path) == 1 && none && len(labels) == 1 && labels[gateway.ManagedBy] != nil
		one := len(field.Path) == 2 && field.Path[1].Key == gateway.ManagedBy
		if field.Path[0].Key != "labels" || !whole && !one {
			return false
		}
	}
	return true
}

// resolved puts the values that the gateways showed in the place of their references.
func resolved(state gateway.State, known map[string]gateway.Secret) gateway.State {
	out := make(gateway.State, len(state))
	for key, resource := range state {
		resource.Spec, _ = resolve(resource.Spec, known).(map[string]any)
		out[key] = resource
	}
	return out
}

func resolve(v any, known map[string]gateway.Secret) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for field, value := range v {
			out[field] = resolve(value, known)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = resolve(item, known)
		}
		return out
	case gateway.Secret:
		if value, ok := known[v.Ref()]; ok && value.Resolved() {
			return gateway.NewSecret(v.Ref(), value.Reveal())
		}
	}
	return v
}

// mostDifferences is how many of them are told in full.
const mostDifferences = 20

// differences tells what the repo would change.
func (p proof) differences(w io.Writer) {
	for i, change := range p.content {
		if i == mostDifferences {
			fmt.Fprintf(w, "    and %d more\n", len(p.content)-i)
			return
		}
		fmt.Fprintf(w, "    %s %s\n", change.Op, change.Key)
		for _, field := range change.Fields {
			fmt.Fprintf(w, "        %s  %s → %s  %s\n", field.Path, gateway.Show(field.Old), gateway.Show(field.New), field.From)
		}
	}
}
