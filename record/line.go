package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"time"
)

// lineType says what a line of the file does.
type lineType string

const (
	begin   lineType = "begin"
	finish  lineType = "finish"
	note    lineType = "note"
	show    lineType = "show"
	sent    lineType = "posted"
	pause   lineType = "pause"
	resume  lineType = "resume"
	act     lineType = "act"
	tell    lineType = "told"
	maxLine          = 32 << 20 // bytes; a first apply of 10,000 resources takes about one MiB
)

// genesis is what the first line is chained to.
var genesis = strings.Repeat("0", 2*sha256.Size)

// line is one line of the file. A last member, crc, guards the line itself; it is added and removed as text.
type line struct {
	Seq    int64     `json:"seq"`  // the number of the line, from 1
	Prev   string    `json:"prev"` // SHA-256 of the line before, its newline included
	Type   lineType  `json:"type"`
	Time   time.Time `json:"time"`
	Entry  *Entry    `json:"entry,omitempty"`
	Posted *posted   `json:"posted,omitempty"`
	Pause  *Pause    `json:"pause,omitempty"`
	Act    *Act      `json:"act,omitempty"`
	Told   *toldUpTo `json:"told,omitempty"`
}

// posted says which status of which entry has reached the forge.
type posted struct {
	ID     int64  `json:"id"`
	Commit string `json:"commit"`
	Status Status `json:"status"`
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const crcLength = len(`,"crc":"00000000"}`)

func crcText(body []byte) string {
	return fmt.Sprintf(`,"crc":"%08x"}`, crc32.Checksum(body, castagnoli))
}

// encode returns the bytes of l, the newline included.
func encode(l line) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(l); err != nil {
		return nil, err
	}
	body := bytes.TrimSuffix(b.Bytes(), []byte("}\n"))
	raw := fmt.Appendf(nil, "%s%s\n", body, crcText(body))
	if len(raw) > maxLine {
		return nil, fmt.Errorf("the entry takes %d bytes, and a line may have %d", len(raw), maxLine)
	}
	return raw, nil
}

// decode reads what encode wrote.
func decode(raw []byte) (line, error) {
	text := bytes.TrimSuffix(raw, []byte("\n"))
	if len(text) < crcLength {
		return line{}, errors.New("too short for a line of a journal")
	}
	body, crc := text[:len(text)-crcLength], text[len(text)-crcLength:]
	if string(crc) != crcText(body) {
		return line{}, errors.New("its check sum does not fit: bytes were changed")
	}
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return line{}, err
	}
	return l, nil
}

func hash(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}
