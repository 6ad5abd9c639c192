package render

import (
	"maps"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// maxBody bounds one resource: the Admin API takes no more than 1.5 MiB.
const maxBody = 3 << 19

// built is what one merged body came to: a resource, or a consumer and its credentials.
type built struct {
	resources []gateway.Resource
	refs      [][]gateway.Ref // of each resource
	lines     [][]byte        // what each resource adds to the digest; nil where that is not known
	faults    diag.List
	verdicts  verdicts
	runtime   bool
}

// build makes resources of a merged body.
func build(key gateway.Key, body *node, values Values) *built {
	if body.size > maxBody {
		return &built{faults: diag.List{bodyTooLarge(key, body.origin.Pos)}}
	}
	f := finisher{values: values}
	value, origin := f.finish(body)
	b := &built{faults: f.faults, runtime: f.runtime}
	spec, _ := value.(map[string]any)
	if b.faults.HasErrors() {
		return b
	}
	if key.Kind == gateway.Consumers {
		b.credentials(key, spec, origin)
	}
	b.add(key, spec, origin)
	return b
}

func bodyTooLarge(key gateway.Key, pos diag.Pos) diag.Diagnostic {
	return diag.Errorf(pos, "too-large", "%s comes to more than 1.5 MiB, which the gateway refuses", key).WithHint("make it smaller")
}

// credentials makes resources of what stands inside a consumer.
func (b *built) credentials(consumer gateway.Key, spec map[string]any, origin *gateway.Origin) {
	inside, _ := spec["credentials"].(map[string]any)
	for id, body := range inside {
		key := gateway.Key{Kind: gateway.Credentials, ID: consumer.ID + "/" + id}
		from := origin.Fields["credentials"].Fields[id]
		credential, ok := body.(map[string]any)
		if !ok {
			b.faults.Add(diag.Errorf(from.Pos, "wrong-type", "the body of %s must be a map", key).
				WithHint("write plugins: {key-auth: {…}} below its id"))
			continue
		}
		b.add(key, credential, from)
	}
}

// add checks one resource and makes it what the gateway gets: with the mark of ownership, and with nothing secret in clear.
func (b *built) add(key gateway.Key, spec map[string]any, origin *gateway.Origin) {
	spec, own := maps.Clone(spec), *origin
	own.Fields = maps.Clone(origin.Fields)
	if key.Kind == gateway.Consumers {
		delete(spec, "credentials")
		delete(own.Fields, "credentials")
	}
	spec = placed(key, spec)
	b.faults.Add(reserved(key, spec, origin)...)
	if key.Kind.HasLabels() {
		stamp(spec, &own)
	}
	resource := gateway.Resource{Key: key, Spec: gateway.Seal(key, spec)}
	if isSame(resource.Spec, spec) {
		resource.Origin = scrubAt(spec, &own) // no field is there that Seal looks for
	} else {
		resource.Origin = scrub(key, resource.Spec, &own)
	}
	b.faults.Add(inspect(resource)...)
	b.resources = append(b.resources, resource)
	b.refs = append(b.refs, gateway.Refs(resource))
}

// ownLabels are the labels of a resource that has no others, and ownOrigin is where they are from. Nearly all resources share them.
var (
	ownLabels = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
	ownOrigin = &gateway.Origin{Fields: map[string]*gateway.Origin{gateway.ManagedBy: {}}}
)

// stamp marks a resource as owned by Sluice.
func stamp(spec map[string]any, origin *gateway.Origin) {
	value, ok := spec["labels"]
	if !ok {
		spec["labels"], origin.Fields["labels"] = ownLabels, ownOrigin
		return
	}
	written, isMap := value.(map[string]any)
	if list, _ := value.([]any); !isMap && (list == nil || len(list) > 0) {
		return // the schema refuses it
	}
	labels, from := map[string]any{}, *origin.Fields["labels"]
	maps.Copy(labels, written)
	if from.Fields = maps.Clone(from.Fields); from.Fields == nil {
		from.Fields = map[string]*gateway.Origin{}
	}
	labels[gateway.ManagedBy] = gateway.ManagedBySluice
	from.Fields[gateway.ManagedBy] = &gateway.Origin{}
	spec["labels"], origin.Fields["labels"] = labels, &from
}
