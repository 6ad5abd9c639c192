package environments

import (
	"path"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// read checks the guard as it is written.
func (g guardFile) read(faults *diag.List) Guard {
	guard := Guard{MaxDeletes: g.MaxDeletes, MaxDeletePercent: g.MaxDeletePercent}
	if guard.MaxDeletes != nil && *guard.MaxDeletes < 0 {
		faults.Add(diag.Errorf(g.Pos, "wrong-value", "maxDeletes can't be negative").WithHint("write 0 to refuse every delete"))
	}
	if percent := guard.MaxDeletePercent; percent != nil && (*percent < 0 || *percent > 100) {
		faults.Add(diag.Errorf(g.Pos, "wrong-value", "maxDeletePercent can't be %d", *percent).WithHint("write 0 to 100"))
	}
	if g.Protect == nil {
		return guard
	}
	for _, item := range scalars(g.Protect, "protect", faults) {
		faults.Add(checkPattern(item)...)
		guard.Protect = append(guard.Protect, item.text)
	}
	return guard
}

func checkPattern(item placed) diag.List {
	kind, glob, _ := strings.Cut(item.text, "/")
	if !gateway.Kind(kind).Valid() {
		var kinds []string
		for _, known := range gateway.Kinds() {
			kinds = append(kinds, string(known))
		}
		return diag.List{diag.Errorf(item.pos, "wrong-value", "%q names no kind of resource", item.text).
			WithHint("%s", diag.DidYouMean(kind, kinds, "write kind/id, as routes/login or global_rules/*"))}
	}
	if _, err := path.Match(glob, ""); err != nil || glob == "" {
		return diag.List{diag.Errorf(item.pos, "wrong-value", "%q is not a pattern", item.text).
			WithHint("write kind/id, as routes/login or global_rules/*")}
	}
	return nil
}
