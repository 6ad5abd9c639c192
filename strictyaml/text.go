package strictyaml

import (
	"bytes"
	"unicode/utf8"

	"github.com/sluice-gitops/sluice/diag"
)

// byteOrderMark is accepted at the start of a file only: elsewhere it is an invisible part of a name.
const byteOrderMark = "\ufeff"

// checkText refuses what must not reach the YAML reader, and returns the text without its byte order mark.
func checkText(file string, data []byte, limit int) ([]byte, diag.List) {
	if len(data) > limit {
		fault := diag.Errorf(diag.Pos{File: file}, "file-too-large", "the file has %d bytes, more than %d MiB", len(data), limit/mebibyte).
			WithHint("split it into several fragments")
		return nil, diag.List{fault}
	}
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	if at := invalidUTF8(data); at >= 0 {
		fault := diag.Errorf(posAt(file, data, at), "invalid-utf8", "byte %#x is not valid UTF-8", data[at]).
			WithHint("save the file as UTF-8")
		return nil, diag.List{fault}
	}
	if at := bytes.Index(data, []byte(byteOrderMark)); at >= 0 {
		fault := diag.Errorf(posAt(file, data, at), "byte-order-mark", "a byte order mark (U+FEFF) stands inside the file").
			WithHint("delete the invisible character")
		return nil, diag.List{fault}
	}
	return data, nil
}

// invalidUTF8 returns the offset of the first byte that is not valid, or -1.
func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

// posAt returns the place of the byte at offset, counting columns in runes.
func posAt(file string, data []byte, offset int) diag.Pos {
	before := data[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	return diag.Pos{
		File: file,
		Line: 1 + bytes.Count(before, []byte("\n")),
		Col:  1 + utf8.RuneCount(before[start:]),
	}
}
