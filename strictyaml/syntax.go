package strictyaml

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
)

var libraryLine = regexp.MustCompile(`^(?:yaml: )?(?:line ([0-9]+): )?(.*)$`)

// syntaxFault makes a fault of the library's error. Reached is the number of lines that it had read.
func syntaxFault(file string, data []byte, err error, reached int) *diag.Diagnostic {
	m := libraryLine.FindStringSubmatch(strings.ReplaceAll(err.Error(), "\n", " "))
	line, message := max(reached, 1), m[2]
	if tab := tabIndent(data, line); tab > 0 {
		fault := diag.Errorf(diag.Pos{File: file, Line: tab, Col: 1 + tabColumn(data, tab)}, "tab-indentation",
			"a tab indents this line").WithHint("YAML indents with spaces only")
		return &fault
	}
	if name, ok := strings.CutPrefix(message, "unknown anchor '"); ok {
		name, _, _ = strings.Cut(name, "'")
		fault := diag.Errorf(aliasPos(file, data, name, line), "unknown-anchor",
			"no anchor of that name stands before this alias").
			WithHint("anchors hold within one file; quote the text if the * is part of it")
		return &fault
	}
	if at := opening(m[1], message); at > 0 && at < line {
		line = at
	}
	fault := diag.Errorf(diag.Pos{File: file, Line: line}, "syntax", "the YAML can't be read: %s", message).
		WithHint("the line is approximate: look at it and at the lines just above")
	return &fault
}

// opening returns the line where something opens that is never closed, 0 when the message speaks of something else. There the
// opening helps, and not the end of the file. The library counts these lines from 1 in its scanner and from 0 in its parser.
func opening(libraryLine, message string) int {
	line, err := strconv.Atoi(libraryLine)
	if err != nil {
		return 0
	}
	if strings.Contains(message, "expected ',' or") {
		return line + 1
	}
	if strings.Contains(message, "unexpected end of stream") {
		return line
	}
	return 0
}

// tabIndent returns the last line at or before the given one whose indentation holds a tab, and 0 when that is not near.
func tabIndent(data []byte, line int) int {
	lines := bytes.SplitN(data, []byte("\n"), line+1)
	for i := min(line, len(lines)) - 1; i >= 0 && i >= line-2; i-- {
		if leadingTab(lines[i]) >= 0 {
			return i + 1
		}
	}
	return 0
}

func tabColumn(data []byte, line int) int {
	return leadingTab(bytes.SplitN(data, []byte("\n"), line+1)[line-1])
}

// leadingTab returns the index of the first tab in the white space that a line begins with, or -1.
func leadingTab(line []byte) int {
	indent := len(line) - len(bytes.TrimLeft(line, " \t"))
	if indent == len(line) {
		return -1
	}
	return bytes.IndexByte(line[:indent], '\t')
}

// aliasPos finds the last alias of that name at or before a line: the library gives no place for it.
func aliasPos(file string, data []byte, name string, line int) diag.Pos {
	lines := bytes.SplitAfterN(data, []byte("\n"), line+1)
	head := bytes.Join(lines[:min(line, len(lines))], nil)
	if at := bytes.LastIndex(head, []byte("*"+name)); at >= 0 {
		return posAt(file, data, at)
	}
	return diag.Pos{File: file, Line: line}
}
