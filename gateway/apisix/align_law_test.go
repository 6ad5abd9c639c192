package apisix

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
)

// different are the cases that don't align, and why.
var different = map[string]string{
	"3.13 plugin_metadata/disabled-plugin": "the gateway tells no schema of a plugin that is not enabled; its metadata has no effect",
}

// TestNoSecondPass is the law that a pass with nothing to do writes nothing: whatever a real gateway gives back after a PUT
// means the same as what was put, once aligned.
func TestNoSecondPass(t *testing.T) {
	for _, version := range []string{"3.13", "3.18"} {
		t.Run(version, func(t *testing.T) {
			defaults := recordedDefaults(t, version)
			put, checked, inCase := map[gateway.Key]json.RawMessage{}, 0, ""
			for _, s := range transcript(t, version) {
				if s.Case != inCase {
					put, inCase = map[gateway.Key]json.RawMessage{}, s.Case
				}
				key, ok := keyOfPath(s.Request.Path)
				switch done := s.Response.Status < 300; {
				case done && s.Request.Method == http.MethodPut && ok:
					put[key] = s.Request.Body
				case done && s.Request.Method != http.MethodGet:
					clear(put)
				case done && different[version+" "+s.Case] == "":
					for key, e := range entriesOf(t, s) {
						if put[key] != nil {
							checkAligned(t, s, key, put[key], e, defaults)
							checked++
						}
					}
				}
			}
			if checked < 150 {
				t.Errorf("only %d pairs of PUT and GET were found", checked)
			}
			t.Logf("%d pairs of PUT and GET", checked)
		})
	}
}

// entriesOf returns what a recorded GET of one resource, or of a list, holds.
func entriesOf(t *testing.T, s step) map[gateway.Key]entry {
	t.Helper()
	header := http.Header{"Content-Type": {s.Response.Headers["Content-Type"]}}
	entries := map[gateway.Key]entry{}
	if key, ok := keyOfPath(s.Request.Path); ok {
		if e, err := readEntry(header, bytes.NewReader(s.Response.Body)); err == nil {
			entries[key] = e
		}
		return entries
	}
	kind := gateway.Kind(strings.TrimPrefix(s.Request.Path, "/apisix/admin/"))
	if strings.HasSuffix(s.Request.Path, "/credentials") {
		kind = gateway.Credentials
	}
	// Plugin metadata is never taken from its list.
	if !kind.Valid() || kind == gateway.PluginMetadata || s.Request.Query != "" {
		return nil
	}
	err := readList(header, bytes.NewReader(s.Response.Body), func(e entry) error {
		key, err := keyOf(kind, e.Key)
		entries[key] = e
		return err
	})
	if err != nil {
		t.Errorf("%s %d: %v", s.Case, s.Step, err)
	}
	return entries
}

func checkAligned(t *testing.T, s step, key gateway.Key, body json.RawMessage, e entry, defaults gateway.Defaults) {
	t.Helper()
	desired, ok := desiredOf(t, key, body)
	if !ok {
		return
	}
	live, err := e.resource(key)
	if err != nil {
		t.Fatalf("%s %d: %v", s.Case, s.Step, err)
	}
	aligned := gateway.Align(gateway.State{key: desired}, gateway.State{key: live}, defaults)
	if (gateway.State{key: desired}).Digest() != aligned.Digest() {
		t.Errorf("%s %d %s\nput     %s\naligned %s\nlive    %s", s.Case, s.Step, key, desired.Bytes(), aligned[key].Bytes(), live.Bytes())
	}
	// A body that some other resource has never means the same: Align must not be too kind.
	other := gateway.Resource{Key: key, Spec: map[string]any{"desc": "another", "name": "another"}}
	kind := gateway.Align(gateway.State{key: other}, gateway.State{key: live}, defaults)
	if (gateway.State{key: other}).Digest() == kind.Digest() {
		t.Errorf("%s %d %s: aligned with what it is not", s.Case, s.Step, key)
	}
}

// desiredOf reads the body of a recorded PUT as render would hand it on.
func desiredOf(t *testing.T, key gateway.Key, body json.RawMessage) (gateway.Resource, bool) {
	t.Helper()
	var text string
	if json.Unmarshal(body, &text) == nil {
		body = json.RawMessage(text)
	}
	if !json.Valid(body) || !strings.HasPrefix(strings.TrimSpace(string(body)), "{") {
		return gateway.Resource{}, false
	}
	e := entry{}
	decode(t, body, &e.Value)
	r, err := e.resource(key)
	if err != nil {
		return gateway.Resource{}, false // a null: render hands none on
	}
	return r, true
}
