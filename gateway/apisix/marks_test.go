package apisix

import (
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
)

// TestOurOwnWriteIsNeverForeign: a gateway that stores something else than it was sent has told so in its answer to the PUT.
func TestOurOwnWriteIsNeverForeign(t *testing.T) {
	tests := []struct {
		name, answered, live string
		moved                bool
	}{
		{"as sent", `{"id":"r1","uri":"/a","update_time":5}`, `{"uri":"/a","id":"r1","update_time":5}`, false},
		{"rounded by the gateway", `{"id":"r1","uri":"/A","update_time":5}`, `{"update_time":5,"id":"r1","uri":"/A"}`, false},
		{"ciphertext in the answer", `{"id":"r1","uri":"c2Vj","update_time":5}`, `{"id":"r1","uri":"/a","update_time":5}`, false},
		{"the same content later", `{"id":"r1","uri":"/a","update_time":5}`, `{"id":"r1","uri":"/a","update_time":9}`, false},
		{"somebody else's", `{"id":"r1","uri":"/a","update_time":5}`, `{"id":"r1","uri":"/b","update_time":5}`, true},
		{"an answer without an object", `[]`, `{"id":"r1","uri":"/b"}`, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := &fake{answers: map[string][]answer{
				"PUT /apisix/admin/routes/r1": {{status: 200, body: `{"key":"/apisix/routes/r1","value":` + test.answered + `}`}},
				"GET /apisix/admin/routes/r1": {{status: 200, body: `{"key":"/apisix/routes/r1","modifiedIndex":9,"value":` + test.live + `}`}},
				"*":                           {{status: 200, body: `{}`}},
			}}
			g, r := newGateway(t, f, nil), resource(t, "routes/r1", `{"uri":"/a"}`)
			if err := g.Put(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			moved, err := g.Moved(t.Context(), []gateway.Key{r.Key})
			if err != nil || (len(moved) > 0) != test.moved {
				t.Errorf("moved %v, %v", moved, err)
			}
		})
	}
}

// TestAReadDoesNotUndoAWrite: what was read before a write ended does not stand for what the write left.
func TestAReadDoesNotUndoAWrite(t *testing.T) {
	key := gateway.Key{Kind: gateway.Routes, ID: "r"}
	r := gateway.Resource{Key: key, Spec: map[string]any{}}
	tests := []struct {
		name string
		read func(m *marks, began int64)
	}{
		{"a read of everything", func(m *marks, began int64) { m.readAll(began, map[gateway.Key]int64{key: 3}) }},
		{"a read of everything that finds nothing", func(m *marks, began int64) { m.readAll(began, nil) }},
		{"a read of the key", func(m *marks, began int64) { m.read(began, key, 3) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := marks{}
			began := m.now()
			m.wrote(r, nil)
			test.read(&m, began)
			if known := m.known([]gateway.Key{key})[key]; known.written == nil {
				t.Errorf("a read that began before the write left %+v", known)
			}
			test.read(&m, m.now())
			if known := m.known([]gateway.Key{key})[key]; known.written != nil {
				t.Errorf("a read that began after the write left %+v", known)
			}
		})
	}
}
