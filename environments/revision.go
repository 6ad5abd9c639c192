package environments

import (
	"errors"
	"io/fs"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/source"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// badRevision refuses what is not the hash of a commit. Its text counts, since a hash of digits alone reads as a number.
func badRevision(pin *strictyaml.Node) *diag.Diagnostic {
	what, hint := "a pin needs the hash of a commit", "write revision: 9d8e7f6, as `git log --oneline` shows it"
	switch hash := pin.Kind == strictyaml.Scalar && hashDigits.MatchString(pin.Text); {
	case hash && len(pin.Text) >= leastDigits:
		return nil
	case hash:
		what, hint = "a pin needs at least 7 digits of a hash", "`git rev-parse "+pin.Text+"` prints all of them"
	case pin.Kind == strictyaml.Scalar && pin.Text != "":
		what += ", and branches and tags can move"
		hint = "write the hash that it means now: `git rev-parse " + pin.Text + "^{commit}` prints it"
	}
	fault := diag.Errorf(pin.Pos, "bad-revision", "%s", what).WithHint("%s", hint)
	return &fault
}

// pinsAreText drops what was found wrong with numbers where pins stand: a hash is text, be it 0123456 or 12e34567.
func pinsAreText(node *strictyaml.Node, faults diag.List) diag.List {
	extends := node.Get("extends")
	if extends == nil {
		return faults
	}
	pins := map[diag.Pos]bool{}
	for _, item := range append(slices.Clone(extends.Items), extends) {
		if revision := item.Get("revision"); revision != nil {
			pins[revision.Pos] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(faults), func(d diag.Diagnostic) bool {
		return pins[d.Pos] && (d.Code == "ambiguous-number" || d.Code == "number-too-large")
	})
}

func noHistory(pin *strictyaml.Node, why string) diag.Diagnostic {
	return diag.Errorf(pin.Pos, "no-history", "commit %s can't be read: %s", pin.Text, why).
		WithHint("use a clone with its whole history: git fetch --unshallow; in GitHub Actions fetch-depth: 0, in GitLab CI GIT_DEPTH: 0")
}

// notOpened says why the commit of a pin can't be had.
func notOpened(pin *strictyaml.Node, err error) diag.Diagnostic {
	switch {
	case errors.Is(err, source.ErrNoRepository):
		return noHistory(pin, "the config repo is in no Git repository here")
	case errors.Is(err, source.ErrShallow):
		return noHistory(pin, "this clone is shallow and does not hold it")
	case errors.Is(err, source.ErrAmbiguous):
		fault := diag.Errorf(pin.Pos, "ambiguous-revision", "several commits begin with %s", pin.Text)
		if known, ok := errors.AsType[*source.Error](err); ok {
			return fault.WithHint("%s", known.Hint)
		}
		return fault.WithHint("write more digits")
	case errors.Is(err, source.ErrNotAncestor):
		return diag.Errorf(pin.Pos, "revision-not-in-history", "commit %s is no earlier commit of this branch", pin.Text).
			WithHint("pin to a commit that `git log` of the branch shows; after a rewrite, to the one that took its place")
	case errors.Is(err, source.ErrUnknownCommit):
		return diag.Errorf(pin.Pos, "unknown-revision", "there is no commit %s", pin.Text).
			WithHint("check the hash: it must be on the followed branch, where `git log` shows it")
	case errors.Is(err, fs.ErrNotExist):
		return diag.Errorf(pin.Pos, "missing-layer", "there is no config repo at commit %s", pin.Text).
			WithHint("pin to a later commit, whose sluice.yaml stands where it stands now")
	}
	return Unreadable(pin.Pos, err)
}
