package apisix

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// mostBytes is what one request to validate holds at most: the Admin API takes 1.5 MiB.
const mostBytes = 1_400_000

// Validate returns what this gateway would refuse of some resources, in order of key, and writes nothing. It looks with the gateway's
// own schemas, and then asks the gateway itself where its version can tell (3.17 and later). References between resources
// are not followed, and what the gateway compares with its present configuration is left out: that may change in the same
// commit. A resource that holds an unresolved secret can't be validated. Errors are *gateway.Error but for that one.
func (g *Gateway) Validate(ctx context.Context, resources []gateway.Resource) ([]gateway.Fault, error) {
	if len(resources) == 0 {
		return nil, nil
	}
	set, err := g.Schema(ctx)
	if err != nil {
		return nil, err
	}
	var faults []gateway.Fault
	var sound []gateway.Resource
	for _, r := range resources {
		found := set.Check(r)
		if len(found) == 0 {
			sound = append(sound, r)
		}
		faults = append(faults, found...)
	}
	batches, large, err := batchesOf(sound)
	if err != nil {
		return nil, err
	}
	faults = append(faults, large...)
	for _, b := range batches {
		found, able, err := g.validateBatch(ctx, b)
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

// batch is the resources of one request, by the type that the gateway knows them under.
type batch struct {
	items  map[string][]item
	bytes  int
	hidden []string
}

// item is one resource of a batch.
type item struct {
	r    gateway.Resource
	body []byte
}

// batchesOf splits resources so that each request stays below the limit. What is too large alone is a fault.
func batchesOf(resources []gateway.Resource) (batches []*batch, large []gateway.Fault, err error) {
	for _, r := range resources {
		kind, body, hidden, err := entryOf(r)
		if err != nil {
			return nil, nil, fmt.Errorf("validate %s: %w", r.Key, err)
		}
		size := len(body) + len(kind) + len(`"":[],`)
		if size+len("{}") > mostBytes {
			large = append(large, gateway.Fault{
				Key: r.Key, What: fmt.Sprintf("has %d bytes: over the gateway's 1.5 MiB limit, or close to it", len(body)), Hint: "make it smaller",
			})
			continue
		}
		if len(batches) == 0 || batches[len(batches)-1].bytes+size > mostBytes {
			batches = append(batches, &batch{items: map[string][]item{}, bytes: len("{}")})
		}
		batches[len(batches)-1].add(kind, item{r, body}, size, hidden)
	}
	return batches, large, nil
}

func (b *batch) add(kind string, i item, size int, hidden []string) {
	b.items[kind] = append(b.items[kind], i)
	b.bytes += size
	b.hidden = append(b.hidden, hidden...)
}

// entryOf writes a resource as a whole document holds it: with its id, a credential among the consumers.
func entryOf(r gateway.Resource) (kind string, body []byte, hidden []string, err error) {
	fields, hidden, err := admin.Reveal(r.Spec)
	if err != nil {
		return "", nil, nil, err
	}
	kind = string(r.Key.Kind)
	switch r.Key.Kind {
	case gateway.Consumers:
		fields["username"] = r.Key.ID
	case gateway.Credentials:
		kind = string(gateway.Consumers)
		username, id, _ := strings.Cut(r.Key.ID, "/")
		fields["id"] = username + "/credentials/" + id
	default:
		fields["id"] = r.Key.ID
	}
	body, err = admin.Encode(fields)
	return kind, bytes.TrimSpace(body), hidden, err
}

func (b *batch) document() []byte {
	var text bytes.Buffer
	text.WriteByte('{')
	for kind, items := range b.items {
		if text.Len() > 1 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, "%q:[", kind)
		for i, one := range items {
			if i > 0 {
				text.WriteByte(',')
			}
			text.Write(one.body)
		}
		text.WriteByte(']')
	}
	text.WriteByte('}')
	return text.Bytes()
}

// said is the gateway's answer to a document.
type said struct {
	Reason string `json:"error_msg"`
	Errors []complaint
}

// complaint is what it finds wrong with one entry.
type complaint struct {
	Kind  string `json:"resource_type"`
	Index *int   `json:"index"`
	Text  string `json:"error"`
}

// validateBatch asks the gateway. It reports false when this version can't tell.
func (g *Gateway) validateBatch(ctx context.Context, b *batch) (faults []gateway.Fault, able bool, err error) {
	var answer said
	c := admin.Call{
		Op: "validate", Method: http.MethodPost, URL: g.base + "/configs/validate", Body: b.document(), Hidden: b.hidden,
		Success: []int{http.StatusOK, http.StatusBadRequest},
		Take: func(header http.Header, body io.Reader) error {
			answer = said{}
			return admin.Decode(header, body, &answer)
		},
	}
	err = g.client.Do(ctx, c)
	var refused *gateway.Error
	if errors.As(err, &refused) && (refused.Status == http.StatusNotFound || refused.Status == http.StatusMethodNotAllowed) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if answer.Reason != "" && len(answer.Errors) == 0 {
		return nil, false, c.Fail(gateway.Refused, http.StatusBadRequest, answer.Reason, nil).Error
	}
	for _, one := range answer.Errors {
		fault, ok, err := b.fault(c, one)
		if err != nil {
			return nil, false, err
		}
		if ok {
			faults = append(faults, fault)
		}
	}
	return faults, true, nil
}

// fault maps a complaint back to the resource that it is about; it reports false for one that doesn't count.
func (b *batch) fault(c admin.Call, one complaint) (gateway.Fault, bool, error) {
	items := b.items[one.Kind]
	if one.Index == nil || *one.Index < 0 || *one.Index >= len(items) {
		return gateway.Fault{}, false, c.Fail(gateway.Refused, http.StatusBadRequest, one.Kind+": "+one.Text, nil).Error
	}
	if comparesWithLive(one.Text) {
		return gateway.Fault{}, false, nil
	}
	r := items[*one.Index].r
	text := c.Fail(gateway.Refused, http.StatusBadRequest, one.Text, nil).Reason
	return gateway.Fault{Key: r.Key, Path: placeIn(r.Spec, one.Text), What: "is refused by the gateway: " + text}, true, nil
}

// comparesWithLive reports whether a complaint comes from a look at the present configuration, part of which may be what this
// commit changes: a client certificate that is created beside its upstream, a plugin that moves between global rules, a key
// that moves between consumers.
func comparesWithLive(text string) bool {
	return strings.Contains(text, "already exists in global rule") || strings.Contains(text, "duplicate key of plugin") ||
		strings.Contains(text, "failed to fetch ")
}
