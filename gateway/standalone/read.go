package standalone

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/sluice-gitops/sluice/gateway/admin"
)

// maxRead bounds what an instance may answer, in bytes. No instance keeps so much.
const maxRead = 1 << 30

// readDocument reads the answer to a GET, whole or not at all.
func readDocument(header http.Header, body io.Reader) (*document, mark, error) {
	var fields map[string]json.RawMessage
	if err := admin.Decode(header, io.LimitReader(body, maxRead), &fields); err != nil {
		return nil, mark{}, err
	}
	if _, ok := fields["routes"+versionSuffix]; !ok {
		return nil, mark{}, admin.Foreign("no configuration of a gateway in standalone mode")
	}
	d := &document{versions: versions{}, sections: map[string][]item{}}
	for name, raw := range fields {
		if err := d.read(name, raw); err != nil {
			return nil, mark{}, fmt.Errorf("read configuration: %w", err)
		}
	}
	for section := range d.sections {
		if _, ok := d.versions[section]; !ok {
			return nil, mark{}, fmt.Errorf("read configuration: %s have no version", section)
		}
	}
	at, err := readMark(header)
	if err != nil {
		return nil, mark{}, err
	}
	_, dated := fields[lastModified]
	if at.configured != dated || !at.configured && !d.versions.never() {
		return nil, mark{}, errors.New("read configuration: the headers " + lastModified + " and " + digestHeader +
			" don't come through: does a proxy take them away, or is the gateway older than 3.14?")
	}
	d.digest = at.digest
	return d, at, nil
}

func (d *document) read(name string, raw json.RawMessage) error {
	if section, ok := strings.CutSuffix(name, versionSuffix); ok {
		version, err := wholeNumber(json.Number(raw))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		d.versions[section] = version
		return nil
	}
	if name == digestHeader || name == lastModified {
		return nil
	}
	items, err := readSection(name, raw)
	if err != nil {
		return err
	}
	if len(items) > 0 {
		d.sections[name] = items
	}
	return nil
}

// readSection reads a list. An empty one may be written as a map, since Lua can't tell.
func readSection(name string, raw json.RawMessage) ([]item, error) {
	if bytes.Equal(bytes.Join(bytes.Fields(raw), nil), []byte("{}")) {
		return nil, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	items := make([]item, len(list))
	for i, one := range list {
		var err error
		if items[i], err = readItem(name, one); err != nil {
			return nil, err
		}
	}
	return items, nil
}
