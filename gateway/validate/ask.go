package validate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// mostBytes is what one request holds at most: the Admin API takes 1.5 MiB.
const mostBytes = 1_400_000

// Item is one resource as a whole document holds it.
type Item struct {
	Resource gateway.Resource // as the config repo says it
	Section  string           // the list of the document that it stands in
	Body     []byte           // its JSON, with its id
	Hidden   []string         // the secrets in Body
}

// Fits reports whether the gateway can be asked about the item at all: one that fills a request by itself can't be sent.
func (i Item) Fits() bool { return len("{}")+i.size() <= mostBytes }

// size is what the item adds to a document, in bytes.
func (i Item) size() int { return len(i.Body) + len(i.Section) + len(`"":[],`) }

// Ask sends the items to base/configs/validate and returns what the gateway would refuse, in order of key. Items that don't fit are
// left out. The call gives the URL of the base and what errors say of it. A gateway of a version that doesn't know the question
// finds nothing. Errors are *gateway.Error; an answer that can't be understood is one.
func Ask(ctx context.Context, client *admin.Client, base admin.Call, items []Item) ([]gateway.Fault, error) {
	var faults []gateway.Fault
	for _, d := range documents(items) {
		found, able, err := d.ask(ctx, client, base)
		if err != nil {
			return nil, err
		}
		if !able {
			break
		}
		faults = append(faults, found...)
	}
	slices.SortStableFunc(faults, func(a, b gateway.Fault) int { return a.Key.Compare(b.Key) })
	return faults, nil
}

// document is the items of one request by section.
type document struct {
	sections map[string][]Item
	bytes    int
	hidden   []string
}

func documents(items []Item) []*document {
	var all []*document
	for _, one := range items {
		if !one.Fits() {
			continue
		}
		if len(all) == 0 || all[len(all)-1].bytes+one.size() > mostBytes {
			all = append(all, &document{sections: map[string][]Item{}, bytes: len("{}")})
		}
		d := all[len(all)-1]
		d.sections[one.Section] = append(d.sections[one.Section], one)
		d.bytes += one.size()
		d.hidden = append(d.hidden, one.Hidden...)
	}
	return all
}

func (d *document) body() []byte {
	var text bytes.Buffer
	text.WriteByte('{')
	for section, items := range d.sections {
		if text.Len() > 1 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, "%q:[", section)
		for i, one := range items {
			if i > 0 {
				text.WriteByte(',')
			}
			text.Write(one.Body)
		}
		text.WriteByte(']')
	}
	text.WriteByte('}')
	return text.Bytes()
}

// ask sends one document. It reports false when the gateway doesn't know the question.
func (d *document) ask(ctx context.Context, client *admin.Client, base admin.Call) (faults []gateway.Fault, able bool, err error) {
	var answer verdict
	c := client.Hiding(admin.Call{
		Op: base.Op, Method: http.MethodPost, URL: base.URL + "/configs/validate", Body: d.body(), Hidden: d.hidden,
		Success: []int{http.StatusOK, http.StatusBadRequest},
		Take: func(header http.Header, body io.Reader) error {
			answer = verdict{}
			return admin.Decode(header, body, &answer)
		},
	})
	err = client.Do(ctx, c)
	var refused *gateway.Error
	if errors.As(err, &refused) && (refused.Status == http.StatusNotFound || refused.Status == http.StatusMethodNotAllowed) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	faults, err = d.faults(c, answer)
	return faults, true, err
}
