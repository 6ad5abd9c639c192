package strictyaml

import (
	"errors"
	"fmt"
	"io"

	"gopkg.in/yaml.v3"

	"github.com/sluice-gitops/sluice/diag"
)

// maxSize is the size of the largest file that Parse reads, in bytes.
const maxSize = mebibyte

const mebibyte = 1 << 20

// Parse reads one YAML document. File is the name that positions carry. The node is nil for an empty document and when the
// text can't be read at all; with other faults it holds what could be read, so that more faults can be found in it.
func Parse(file string, data []byte) (*Node, diag.List) {
	return parse(diag.Pos{File: file}, data, maxSize)
}

// ParseLarge is Parse for a file of another kind than fragments, which may have up to limit bytes: a whole number of MiB.
func ParseLarge(limit int, file string, data []byte) (*Node, diag.List) {
	return parse(diag.Pos{File: file}, data, limit)
}

// ParseAt is Parse for a file of an earlier commit, which positions carry as well.
func ParseAt(revision, file string, data []byte) (*Node, diag.List) {
	node, faults := parse(diag.Pos{File: file, Revision: revision}, data, maxSize)
	return node, faults.At(revision)
}

func parse(at diag.Pos, data []byte, limit int) (*Node, diag.List) {
	file := at.File
	data, faults := checkText(file, data, limit)
	if faults.HasErrors() {
		return nil, faults
	}
	root, fault := decodeText(file, data)
	if fault != nil {
		return nil, diag.List{*fault}
	}
	if root == nil {
		return nil, nil
	}
	c := converter{at: at, open: map[*yaml.Node]bool{}}
	node := c.convert(root, 0)
	c.untag(node)
	if node.IsNull() {
		return nil, c.faults.AtMost(maxFaults)
	}
	return node, c.faults.AtMost(maxFaults)
}

// decodeText returns the content of the only document, nil when there is none.
func decodeText(file string, data []byte) (*yaml.Node, *diag.Diagnostic) {
	reader := &lineReader{rest: data}
	decoder := yaml.NewDecoder(reader)
	document, err := decodeNext(decoder)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, syntaxFault(file, data, err, reader.lines)
	}
	second, err := decodeNext(decoder)
	if errors.Is(err, io.EOF) {
		return document.Content[0], nil
	}
	pos := diag.Pos{File: file, Line: reader.lines, Col: 1}
	if err == nil {
		pos = diag.Pos{File: file, Line: second.Line, Col: second.Column}
	}
	fault := diag.Errorf(pos, "second-document", "a second document begins here").
		WithHint("keep one document in a file: move what follows --- to a file of its own")
	return nil, &fault
}

// decodeNext turns a panic of the library, which has happened on broken input, into an error.
func decodeNext(decoder *yaml.Decoder) (node *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	node = &yaml.Node{}
	if err := decoder.Decode(node); err != nil {
		return nil, err
	}
	if len(node.Content) == 0 {
		return nil, io.EOF
	}
	return node, nil
}

// lineReader hands out one line at a read. The library reads no further than it must, so the number of lines says how far it
// had come when it gave up: the lines in its own messages are often wrong.
type lineReader struct {
	rest  []byte
	lines int
}

func (r *lineReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	end := 0
	for end < len(r.rest) && end < len(p) {
		end++
		if r.rest[end-1] == '\n' {
			break
		}
	}
	if r.rest[end-1] == '\n' || end == len(r.rest) {
		r.lines++
	}
	n := copy(p, r.rest[:end])
	r.rest = r.rest[end:]
	return n, nil
}
