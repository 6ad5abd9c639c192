package standalone

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorded calls back for every step of the transcript of a real gateway, or skips the test.
func recorded(t *testing.T, each func(name string, request, response exchange)) {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "fixtures", "apisix", "standalone-3.18.jsonl")
	file, err := os.Open(path)
	if err != nil {
		t.Skip("SKIPPED: no recorded answers at ../shared/fixtures/apisix; what a real gateway answers was NOT checked")
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var step struct {
			Case     string
			Step     int
			Listener string
			Request  exchange
			Response exchange
		}
		if err := json.Unmarshal(lines.Bytes(), &step); err != nil {
			t.Fatal(err)
		}
		if step.Listener == "admin" {
			each(step.Case, step.Request, step.Response)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

type exchange struct {
	Method, Path string
	Status       int
	Headers      map[string]string
	Body         json.RawMessage
}

// header has a time in the place of the one that was masked.
func (e exchange) header() http.Header {
	header := http.Header{}
	for name, value := range e.Headers {
		header.Set(name, strings.ReplaceAll(value, "$TIME", "1763700000"))
	}
	return header
}

// TestEveryRecordedDocumentIsReadAndWrittenBack loses nothing of what a real gateway showed, and understands every item.
func TestEveryRecordedDocumentIsReadAndWrittenBack(t *testing.T) {
	read := 0
	recorded(t, func(name string, request, response exchange) {
		if request.Method != http.MethodGet || request.Path != "/apisix/admin/configs" || response.Status != http.StatusOK ||
			!strings.HasSuffix(response.Headers["Content-Type"], "json") {
			return
		}
		text := bytes.ReplaceAll(response.Body, []byte(`"$TIME"`), []byte("1763700000"))
		d, at, err := readDocument(response.header(), bytes.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if at.digest != response.Headers["X-Digest"] || at.configured == d.versions.never() {
			t.Errorf("%s: mark %+v", name, at)
		}
		var before, after map[string]any
		if err := json.Unmarshal(text, &before); err != nil {
			t.Fatal(err)
		}
		delete(before, digestHeader)
		delete(before, lastModified)
		if err := json.Unmarshal(d.encode(), &after); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s (-read +written back)\n%s", name, diff)
		}
		if _, err := d.state(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		read++
	})
	if read < 15 {
		t.Errorf("%d documents were read, want more", read)
	}
}

// TestEveryRecordedMarkIsRead: the answer to a PUT tells which document is there, so that nobody has to be asked again.
func TestEveryRecordedMarkIsRead(t *testing.T) {
	accepted := 0
	recorded(t, func(name string, request, response exchange) {
		if request.Method != http.MethodPut || response.Status != http.StatusAccepted {
			return
		}
		at, err := readMark(response.header())
		if err != nil || !at.configured || at.digest != request.Headers["X-Digest"] {
			t.Errorf("%s: %+v, %v", name, at, err)
		}
		accepted++
	})
	if accepted < 20 {
		t.Errorf("%d answers were read, want more", accepted)
	}
}
