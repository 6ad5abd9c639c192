package api7

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// mostBytes is how much goes into one validation; the API takes no more than 1.5 MiB.
const mostBytes = 1_400_000

// validated are the kinds that the API validates.
var validated = map[gateway.Kind]bool{
	gateway.Routes: true, gateway.Services: true, gateway.Consumers: true, gateway.SSLs: true, gateway.GlobalRules: true,
	gateway.StreamRoutes: true, gateway.PluginMetadata: true,
}

// Validate tells what the gateway would refuse of these resources, before anything is written: what it can't hold at all (Check),
// and from version 3.9.10 on what it says itself, but for what it says by comparison with other resources: the same commit may change
// them. Unresolved secrets are not sent. Errors are *gateway.Error.
func (g *Gateway) Validate(ctx context.Context, resources []gateway.Resource) ([]gateway.Fault, error) {
	var faults []gateway.Fault
	var sound []gateway.Resource
	for _, r := range resources {
		found := Check(r)
		faults = append(faults, found...)
		if len(found) == 0 && validated[r.Key.Kind] && !(r.Key.Kind == gateway.Routes && isBridge(r.Key.ID)) {
			sound = append(sound, r)
		}
	}
	if len(sound) == 0 {
		return faults, nil
	}
	version, err := g.Version(ctx)
	if err != nil || !atLeast(version, 3, 9, 10) {
		return faults, err
	}
	chunks, tooBig := chunked(sound)
	faults = append(faults, tooBig...)
	for _, c := range chunks {
		found, err := g.validateChunk(ctx, c)
		if err != nil {
			return nil, err
		}
		faults = append(faults, found...)
	}
	return faults, nil
}

// chunk is what is validated in one request: the bodies and their keys by kind, in one order.
type chunk struct {
	bodies map[gateway.Kind][]json.RawMessage
	keys   map[gateway.Kind][]gateway.Key
	hidden []string
	size   int
}

func (sent *chunk) add(key gateway.Key, body []byte, hidden []string) {
	if sent.bodies == nil {
		sent.bodies, sent.keys = map[gateway.Kind][]json.RawMessage{}, map[gateway.Kind][]gateway.Key{}
	}
	sent.bodies[key.Kind] = append(sent.bodies[key.Kind], body)
	sent.keys[key.Kind] = append(sent.keys[key.Kind], key)
	sent.hidden = append(sent.hidden, hidden...)
	sent.size += len(body)
}

// chunked splits resources so that no request is too large. A resource that is too large by itself is a fault; one with a secret
// whose value is not known is left out.
func chunked(resources []gateway.Resource) (chunks []chunk, faults []gateway.Fault) {
	current := chunk{}
	for _, r := range resources {
		body, hidden, err := encode(asValidated(r))
		switch {
		case err != nil:
			continue
		case len(body) > mostBytes:
			faults = append(faults, gateway.Fault{Key: r.Key, What: fmt.Sprintf("its %d bytes are more than the gateway takes: 1.5 MiB", len(body)),
				Hint: "split it"})
			continue
		}
		if current.size+len(body) > mostBytes {
			chunks, current = append(chunks, current), chunk{}
		}
		current.add(r.Key, body, hidden)
	}
	if current.size > 0 {
		chunks = append(chunks, current)
	}
	return chunks, faults
}

func asValidated(r gateway.Resource) map[string]any {
	out := outward(r)
	if r.Key.Kind == gateway.PluginMetadata {
		out["id"] = r.Key.ID
	}
	return out
}

// complaint is one fault as the API tells it.
type complaint struct {
	Kind  gateway.Kind `json:"resource_type"`
	Index *int         `json:"index"`
	ID    string       `json:"resource_id"`
	Error string       `json:"error"`
}

func (g *Gateway) validateChunk(ctx context.Context, sent chunk) ([]gateway.Fault, error) {
	c := g.client.Hiding(admin.Call{Op: "validate", Method: http.MethodPost, Hidden: sent.hidden, Success: []int{http.StatusOK, http.StatusBadRequest}})
	var err error
	if c.URL, err = g.scoped(ctx, g.admin("configs", "validate")); err != nil {
		return nil, err
	}
	if c.Body, err = admin.Encode(sent.bodies); err != nil {
		return nil, failure(c, err).Error
	}
	var answer struct {
		Message string      `json:"error_msg"`
		Errors  []complaint `json:"errors"`
	}
	c.Take = func(header http.Header, body io.Reader) error {
		answer.Message, answer.Errors = "", nil
		return admin.Decode(header, body, &answer)
	}
	if err := g.do(ctx, c); err != nil {
		return nil, err
	}
	if answer.Message != "" && len(answer.Errors) == 0 {
		return nil, c.Fail(gateway.Refused, http.StatusBadRequest, answer.Message, nil).Error
	}
	var faults []gateway.Fault
	for _, found := range answer.Errors {
		if !looksElsewhere(found.Error) {
			faults = append(faults, sent.fault(c, found))
		}
	}
	return faults, nil
}

// elsewhere are the words of complaints that speak of other resources: a reference to what is not in this request, or not there yet;
// a plugin that moves between global rules, a key that moves between consumers.
var elsewhere = regexp.MustCompile(`(?i)already exists in global rule|duplicate key of plugin|failed to fetch ` +
	`|\b(service|upstream|consumer|credential|ssl|certificate|proto|secret)s?\b.*\b(not found|not exist|doesn't exist)`)

// looksElsewhere reports whether a complaint comes from a comparison with other resources, which the same commit may create or change.
// What is wrong all the same the gateway says at the write; references within a commit were followed before.
func looksElsewhere(complaint string) bool { return elsewhere.MatchString(complaint) }

// fault maps a complaint back to the resource that was sent.
func (sent chunk) fault(c admin.Call, found complaint) gateway.Fault {
	f := gateway.Fault{Key: gateway.Key{Kind: found.Kind, ID: found.ID}}
	if keys := sent.keys[found.Kind]; found.Index != nil && *found.Index >= 0 && *found.Index < len(keys) {
		f.Key = keys[*found.Index]
	}
	// Fail cuts the words to a line and takes what is secret out of them.
	f.What = c.Fail(gateway.Refused, 0, found.Error, nil).Reason
	f.Path = pathIn(f.Key.Kind, f.What)
	return f
}

var property = regexp.MustCompile(`property "([^"]+)" (?:validation failed|is required)|failed to check the configuration of plugin ([\w-]+)`)

// pathIn finds the field that a complaint speaks of, in the config repo's own terms.
func pathIn(kind gateway.Kind, words string) gateway.Path {
	var path gateway.Path
	for _, found := range property.FindAllStringSubmatch(words, -1) {
		switch {
		case found[2] != "":
			path = gateway.Path{gateway.Field("plugins"), gateway.Field(found[2])}
		case len(path) == 0 && kind == gateway.Routes && found[1] == "paths":
			path = gateway.Path{gateway.Field("uris")}
		default:
			path = path.With(gateway.Field(found[1]))
		}
	}
	return path
}
