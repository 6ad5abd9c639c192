package preview

import (
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/forge"
)

// cell is code in a table, where a bar ends a cell even in code.
func cell(text string) string { return strings.ReplaceAll(forge.Code(text), "|", `\|`) }

func short(hash string) string { return hash[:min(7, len(hash))] }

// from is the place that decides a value, in brackets.
func (w writer) from(pos diag.Pos) string {
	if pos.IsZero() {
		return ""
	}
	return " (" + w.place(pos) + ")"
}

func (w writer) at(pos diag.Pos) string {
	if pos.IsZero() {
		return ""
	}
	return w.place(pos) + ": "
}

// place leads to a line where the forge shows it as the merge result has it: at a pin, in the pull request, or on the branch.
func (w writer) place(pos diag.Pos) string {
	text := forge.Code(pos.String())
	commit := w.shownAt(pos)
	if w.previewer.config.File == nil || commit == "" {
		return text
	}
	return fmt.Sprintf("[%s](%s)", text, w.previewer.config.File(commit, w.previewer.inRepository(pos.File), pos.Line))
}

// shownAt is the commit at which a file is as the merge result has it; empty when there is none.
func (w writer) shownAt(pos diag.Pos) string {
	if pos.Revision != "" {
		return pos.Revision
	}
	merged, ok := hashOf(w.preview.files, w.previewer.inRepository(pos.File))
	if !ok {
		return ""
	}
	for _, commit := range []string{w.preview.Pull.Head, w.preview.Into.Hash} {
		at, err := w.previewer.config.Repository.At(commit)
		if err != nil {
			continue
		}
		if hash, ok := hashOf(at.FS, w.previewer.inRepository(pos.File)); ok && hash == merged {
			return commit
		}
	}
	return ""
}
