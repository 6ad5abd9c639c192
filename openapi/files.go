package openapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// fileSize is how large the files of a layer get: a fragment may have 1 MiB.
const fileSize = 900 << 10

// Files returns the files of the layer by their names: service.yaml, and service-2.yaml and so on for what one fragment can't hold.
// The same document and options give the same bytes, in whatever order the document says it.
func (l Layer) Files() map[string][]byte {
	files := map[string][]byte{}
	var b bytes.Buffer
	b.WriteString("upstreams:\n")
	b.Write(resourceText(l.service, l.upstream))
	b.WriteString("\nservices:\n")
	b.Write(resourceText(l.service, l.body))
	b.WriteString("\nroutes:\n")
	for _, r := range l.routes {
		text := resourceText(r.id, r.spec)
		if b.Len()+len(text) > fileSize {
			l.close(files, &b)
			b.WriteString("routes:\n")
		}
		b.Write(text)
	}
	l.close(files, &b)
	return files
}

// close puts a file away and empties the buffer.
func (l Layer) close(files map[string][]byte, b *bytes.Buffer) {
	name := "service.yaml"
	if len(files) > 0 {
		name = fmt.Sprintf("service-%d.yaml", len(files)+1)
	}
	of := "an OpenAPI document"
	if l.title != "" {
		of = fmt.Sprintf("the OpenAPI document %q", cut(l.title, longestName))
	}
	files[name] = fmt.Appendf(nil, "# Imported from %s. Import it again rather than change this by hand: what differs belongs\n"+
		"# into a later layer, or into x-sluice-… of the document.\n%s%s\n%s", of, digestMark, digest(b.Bytes()), b.Bytes())
	b.Reset()
}

// digestMark stands before the digest of what an import wrote.
const digestMark = "# imported: "

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

var madeName = regexp.MustCompile(`^service(-[2-9]|-[1-9][0-9]+)?\.yaml$`)

// Made reports whether a file of a layer has a name that an import gives.
func Made(name string) bool { return madeName.MatchString(name) }

// Untouched reports whether a file is as an import wrote it: nobody changed it by hand.
func Untouched(data []byte) bool {
	head, rest, found := strings.Cut(string(data), digestMark)
	said, body, whole := strings.Cut(rest, "\n")
	for _, written := range strings.Split(strings.TrimSuffix(head, "\n"), "\n") {
		found = found && strings.HasPrefix(written, "#")
	}
	return found && whole && said == digest([]byte(body))
}
