package render

import (
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// body compiles the body of a resource, without the id that its key says already.
func (f *fragmentReader) body(key gateway.Key, pos diag.Pos, body *strictyaml.Node) *node {
	if body.Kind != strictyaml.Map {
		return f.compile(body, pos)
	}
	trimmed := *body
	trimmed.Fields = slices.Clone(body.Fields)
	trimmed.Fields = slices.DeleteFunc(trimmed.Fields, func(field strictyaml.Field) bool {
		return f.isID(key, field)
	})
	for i, field := range trimmed.Fields {
		if key.Kind == gateway.Consumers && field.Key == "credentials" {
			trimmed.Fields[i].Value = f.credentials(key, field)
		}
	}
	return f.compile(&trimmed, pos)
}

// isID reports whether a field repeats the id. One that says something else is a fault, but where id is a setting.
func (f *fragmentReader) isID(key gateway.Key, field strictyaml.Field) bool {
	if field.Key != "id" && field.Key != idField(key.Kind) {
		return false
	}
	if field.Value.Locked() && key.Kind != gateway.PluginMetadata && key.Kind != gateway.Secrets {
		return true
	}
	if field.Value.Kind == strictyaml.Scalar && field.Value.Text == key.ID {
		f.plainID(field)
		return true
	}
	if key.Kind == gateway.PluginMetadata || key.Kind == gateway.Secrets {
		return false
	}
	f.faults.Add(diag.Errorf(field.Value.Pos, "id-conflict", "%s names itself otherwise here", key).
		WithHint("remove %s: the key says it", field.Key))
	return true
}

// plainID refuses a tag before an id: the id says which resource is meant, and a tag speaks of the body.
func (f *fragmentReader) plainID(field strictyaml.Field) {
	if id := field.Value; id.Tag != "" {
		f.faults.Add(diag.Errorf(id.Pos, "misplaced-tag", "%s stands before the id %q", id.Tag, id.Text).
			WithHint("write it before the whole body: %s: %s, or - %s {%s: %s} in a list", id.Text, id.Tag, id.Tag, field.Key, id.Text))
	}
}

// credentials turns a list of credentials into a map by id, so that they merge.
func (f *fragmentReader) credentials(consumer gateway.Key, field strictyaml.Field) *strictyaml.Node {
	n := field.Value
	if n.Kind == strictyaml.List {
		n = f.credentialMap(n)
	}
	if n.Tag != strictyaml.Reset && n.Kind != strictyaml.Map {
		f.faults.Add(diag.Errorf(n.Pos, "wrong-type", "credentials must be a map of ids or a list").
			WithHint("write credentials: {key1: {plugins: {…}}}"))
		return &strictyaml.Node{Kind: strictyaml.Map, Pos: n.Pos}
	}
	for _, credential := range n.Fields {
		f.faults.Add(checkID(gateway.Key{Kind: gateway.Credentials, ID: consumer.ID + "/" + credential.Key}, credential.Pos)...)
		if credential.Value.Kind != strictyaml.Map && credential.Value.Tag != strictyaml.Reset {
			f.faults.Add(diag.Errorf(credential.Value.Pos, "wrong-type", "the body of a credential must be a map").
				WithHint("write plugins: {key-auth: {…}} below its id"))
		}
	}
	return n
}

func (f *fragmentReader) credentialMap(list *strictyaml.Node) *strictyaml.Node {
	made := &strictyaml.Node{Kind: strictyaml.Map, Pos: list.Pos, Tag: list.Tag}
	if list.Tag == strictyaml.Append {
		made.Tag = ""
	}
	for _, item := range list.Items {
		id, pos := itemID(gateway.Credentials, item)
		switch {
		case id == "":
			f.faults.Add(diag.Errorf(item.Pos, "missing-id", "a credential in a list needs its id").WithHint("write - id: name"))
		case made.Get(id) != nil:
			f.faults.Add(diag.Errorf(pos, "duplicate-id", "the credential %q is defined twice", id).
				WithHint("keep one").WithAlso(made.Get(id).Pos, "first defined at"))
		default:
			f.plainID(strictyaml.Field{Key: "id", Value: item.Get("id")})
			body := *item
			body.Fields = slices.DeleteFunc(slices.Clone(item.Fields), func(f strictyaml.Field) bool { return f.Key == "id" })
			made.Fields = append(made.Fields, strictyaml.Field{Key: id, Pos: pos, Value: &body})
		}
	}
	return made
}
