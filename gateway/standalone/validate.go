package standalone

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// maxValidated is the size in bytes up to which a document is looked at by itself: the gateway takes 1.5 MiB.
const maxValidated = 1400 << 10

// Validate finds what the gateway would refuse in these resources, all of it, and writes nothing. It asks the first instance;
// one that is too old to be asked finds nothing. References are not looked at. Errors are *gateway.Error.
func (g *Gateway) Validate(ctx context.Context, resources []gateway.Resource) ([]gateway.Fault, error) {
	resources = slices.SortedFunc(slices.Values(resources), func(a, b gateway.Resource) int { return a.Key.Compare(b.Key) })
	var faults []gateway.Fault
	for _, r := range resources {
		faults = append(faults, certificates(r)...)
	}
	e, refused := newEdit(resources, nil)
	for key, err := range refused {
		var why *gateway.Error
		if errors.As(err, &why) {
			faults = append(faults, gateway.Fault{Key: key, What: why.Reason})
		}
	}
	rivals, err := e.rivals(&document{})
	if err != nil {
		return nil, err
	}
	asked, err := g.ask(ctx, resources)
	if err != nil {
		return nil, err
	}
	faults = append(append(faults, rivals...), asked...)
	slices.SortStableFunc(faults, func(a, b gateway.Fault) int { return a.Key.Compare(b.Key) })
	return faults, nil
}

// ask has the first instance look at the resources, in documents that it takes.
func (g *Gateway) ask(ctx context.Context, resources []gateway.Resource) ([]gateway.Fault, error) {
	resources = slices.SortedFunc(slices.Values(resources), func(a, b gateway.Resource) int { return a.Key.Compare(b.Key) })
	var faults []gateway.Fault
	part := trial{}
	for _, r := range resources {
		one, hidden, ok := trialItem(r)
		if !ok {
			continue
		}
		if part.size+len(one.raw) > maxValidated {
			found, err := g.try(ctx, part)
			if err != nil {
				return nil, err
			}
			faults, part = append(faults, found...), trial{}
		}
		part.add(one, hidden)
	}
	found, err := g.try(ctx, part)
	return append(faults, found...), err
}

// trialItem leaves out what can't be looked at: what has no text yet, and what is too large. The PUT tells of the latter. A
// client certificate by id has a fault of its own, which the gateway's would only repeat.
func trialItem(r gateway.Resource) (one item, hidden []string, ok bool) {
	s, err := prepare(r)
	if err != nil || len(certificates(r)) > 0 {
		return item{}, nil, false
	}
	raw, err := admin.Encode(s.fields)
	return item{key: r.Key, raw: bytes.TrimSpace(raw)}, s.hidden, err == nil && len(raw) < maxValidated
}

// trial is a document that is only looked at.
type trial struct {
	sections map[string][]item
	hidden   []string
	size     int
}

func (t *trial) add(one item, hidden []string) {
	if t.sections == nil {
		t.sections = map[string][]item{}
	}
	section := sectionOf(one.key.Kind)
	t.sections[section] = append(t.sections[section], one)
	t.hidden = append(t.hidden, hidden...)
	t.size += len(one.raw) + 1
}

func (t trial) body() ([]byte, error) {
	lists := map[string][]json.RawMessage{}
	for section, items := range t.sections {
		for _, one := range items {
			lists[section] = append(lists[section], one.raw)
		}
	}
	return admin.Encode(lists)
}

// verdict is the answer to POST /configs/validate.
type verdict struct {
	Errors []struct {
		Error   string `json:"error"`
		Section string `json:"resource_type"`
		Index   *int   `json:"index"`
	} `json:"errors"`
	Message string `json:"error_msg"`
}

// try asks the first instance about one document. An instance that doesn't know the question finds no faults.
func (g *Gateway) try(ctx context.Context, t trial) ([]gateway.Fault, error) {
	if t.size == 0 {
		return nil, nil
	}
	c := g.instances[0].call("validate configuration", http.MethodPost)
	c.URL += "/validate"
	c.Hidden, c.Success = t.hidden, []int{http.StatusOK, http.StatusBadRequest}
	var err error
	if c.Body, err = t.body(); err != nil {
		return nil, c.Fail(gateway.Refused, 0, err.Error(), err).Error
	}
	var found verdict
	c.Take = func(header http.Header, body io.Reader) error {
		found = verdict{}
		return admin.Decode(header, body, &found)
	}
	err = g.client.Do(ctx, c)
	var unknown *gateway.Error
	if errors.As(err, &unknown) && unknown.Status == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return t.faults(c, found)
}

// faults turns the answer into faults of resources.
func (t trial) faults(c admin.Call, found verdict) ([]gateway.Fault, error) {
	if len(found.Errors) == 0 && found.Message != "" {
		return nil, c.Fail(gateway.Refused, http.StatusBadRequest, found.Message, nil).Error
	}
	var faults []gateway.Fault
	for _, one := range found.Errors {
		items := t.sections[one.Section]
		if one.Index == nil || *one.Index < 0 || *one.Index >= len(items) {
			return nil, c.Fail(gateway.Refused, http.StatusBadRequest, one.Section+": "+one.Error, nil).Error
		}
		// Fail keeps secrets out of the text.
		what := c.Fail(gateway.Refused, 0, one.Error, nil).Reason
		faults = append(faults, gateway.Fault{Key: items[*one.Index].key, What: what})
	}
	return faults, nil
}
