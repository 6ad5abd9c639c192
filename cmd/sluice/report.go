package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
)

// report is the faults of a config repo as a forge wants them: with paths from the top of the checkout.
type report struct {
	at     string // the config repo in the checkout, with slashes; "" when it is the top
	faults diag.List
}

// pathInCheckout returns where the config repo that dir is in stands in its Git checkout; "" outside of one.
func pathInCheckout(dir string) string {
	root, err := repoRoot(dir)
	if err != nil {
		return ""
	}
	for top := root; ; top = filepath.Dir(top) {
		if _, err := os.Lstat(filepath.Join(top, ".git")); err == nil {
			inside, err := filepath.Rel(top, root)
			if err != nil || inside == "." {
				return ""
			}
			return filepath.ToSlash(inside)
		}
		if top == filepath.Dir(top) {
			return ""
		}
	}
}

// place is where a forge shows a fault. One without a place stands at the file that marks the root.
func (r report) place(pos diag.Pos) diag.Pos {
	if pos.File == "" {
		pos.File = "sluice.yaml"
	}
	pos.File = path.Join(r.at, pos.File)
	return pos
}

// message is a fault in one text, without its place.
func (r report) message(fault diag.Diagnostic) string {
	text := fault.What
	for _, also := range fault.Also {
		text += fmt.Sprintf("\n%s %s", also.What, r.place(also.Pos))
	}
	if fault.Hint != "" {
		text += "\nhint: " + fault.Hint
	}
	return text
}

// fingerprints name the faults so that a forge knows one again that has only moved within its file. Each is there once.
func (r report) fingerprints() []string {
	seen := map[string]int{}
	prints := make([]string, len(r.faults))
	for i, fault := range r.faults {
		print := fingerprint(fault.Code, r.place(fault.Pos).File, fault.What)
		if seen[print]++; seen[print] > 1 {
			print = fingerprint(print, fmt.Sprint(seen[print]))
		}
		prints[i] = print
	}
	return prints
}

func fingerprint(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
