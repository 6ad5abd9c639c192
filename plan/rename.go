package plan

import "github.com/sluice-gitops/sluice/gateway"

// renames counts the deletes that are half of a rename: a resource of the same kind is created that says the same. Each one that is
// created carries on one that goes.
func (d *diff) renames(deletes []Change) int {
	created := map[string]int{}
	for _, c := range d.creates {
		created[substance(*c.New)]++
	}
	renamed := 0
	for _, c := range deletes {
		if said := substance(*c.Old); created[said] > 0 {
			created[said]--
			renamed++
		}
	}
	return renamed
}

// substance is what a resource says, but for its own name and the names of what it refers to: they are renamed too.
func substance(r gateway.Resource) string {
	var spec any = unnamed(r.Spec)
	for _, ref := range gateway.Refs(r) {
		if len(ref.Path) > 0 {
			spec = withValue(spec, ref.Path, "")
		}
	}
	body, _ := spec.(map[string]any)
	delete(body, "id")
	delete(body, "username")
	return string(gateway.AppendCanonical([]byte(r.Key.Kind+" "), body))
}
