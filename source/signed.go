package source

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Signed returns what the signature of a commit stands under, and the signature: armored OpenPGP or SSH. The signature is empty when
// there is none. The payload is made of the stored bytes, not of parsed fields: what was not understood was signed all the same.
func (r *Repository) Signed(hash string) (payload []byte, signature string, err error) {
	full, err := r.objects.resolve(hash)
	if err != nil {
		return nil, "", err
	}
	data, err := r.objects.read(plumbing.CommitObject, full)
	if err != nil {
		return nil, "", fmt.Errorf("read commit %s: %w", hash, err)
	}
	payload, signature = splitSignature(data)
	return payload, signature, nil
}

// splitSignature takes the signature headers out of a commit, as git does before it verifies one: "gpgsig", and "gpgsig-sha256",
// which only a repository of the other hash reads. A header goes on in lines that begin with a space.
func splitSignature(data []byte) (payload []byte, signature string) {
	header, message, found := bytes.Cut(data, []byte("\n\n"))
	var text strings.Builder
	name := ""
	for _, line := range bytes.SplitAfter(header, []byte("\n")) {
		if !bytes.HasPrefix(line, []byte(" ")) {
			name, _, _ = strings.Cut(string(line), " ")
		}
		switch name {
		case "gpgsig":
			_, rest, _ := strings.Cut(string(line), " ")
			text.WriteString(strings.TrimRight(rest, "\n") + "\n")
		case "gpgsig-sha256":
		default:
			payload = append(payload, line...)
		}
	}
	if found {
		payload = append(append(bytes.TrimRight(payload, "\n"), "\n\n"...), message...)
	}
	return payload, text.String()
}
