package reconciler_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// reads collects what a group's Admin API is asked for, as "list routes" or "routes/users".
func (r *rig) reads(group string) func() []string {
	var (
		mu    sync.Mutex
		reads []string
	)
	r.faults[group].set(func(req *http.Request) (int, string) {
		path := strings.TrimPrefix(req.URL.Path, "/apisix/admin/")
		if kind, _, _ := strings.Cut(path, "/"); req.Method == http.MethodGet && kind != "schema" && kind != "plugins" {
			if kind == path {
				path = "list " + path
			}
			mu.Lock()
			defer mu.Unlock()
			reads = append(reads, path)
		}
		return 0, ""
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return reads
	}
}

// TestACommitReadsOnlyWhatItChanges says that the cost of a commit grows with the change, not with what the gateway holds.
func TestACommitReadsOnlyWhatItChanges(t *testing.T) {
	r := newRig(t)
	r.config.DriftInterval = time.Hour
	r.restart()
	r.pass()
	reads := r.reads("test")
	r.write("-- environments/test/more.yaml --\nroutes:\n  more: {service_id: users, uri: /more}\n")
	r.commit("one route more")
	r.pass()
	r.wantStates("test applied, uat unchanged, prod unchanged")
	if len(reads()) == 0 {
		t.Error("a change was written without a look at what is there")
	}
	for _, read := range reads() {
		if read != "routes/more" && read != "list routes" {
			t.Errorf("read %s, which the commit does not change", read)
		}
		if read == "list routes" {
			t.Error("all routes were listed for one")
		}
	}
}

// TestACommitSeesWhatItChangesAsItIs says that what was seen before is not taken for what is there now.
func TestACommitSeesWhatItChangesAsItIs(t *testing.T) {
	r := newRig(t)
	r.config.DriftInterval = time.Hour
	r.restart()
	r.pass()
	mine := map[string]any{"uri": "/mine", "upstream": map[string]any{"nodes": map[string]any{"127.0.0.1:1": int64(1)}}}
	r.put("test", "routes/more", mine)
	r.put("test", "routes/users", byHand)
	r.write("-- environments/test/more.yaml --\nroutes:\n  more: {service_id: users, uri: /more}\n  users: {desc: changed}\n")
	r.commit("more, where somebody else has put something")
	r.pass()
	r.wantStates("test held, uat queued, prod queued")
	r.write("-- environments/test/more.yaml --\nroutes:\n  users: {desc: changed}\n")
	r.commit("only what is ours")
	r.pass()
	r.wantStates("test applied, uat unchanged, prod unchanged")
	for key, resource := range r.live("test") {
		if key.String() == "routes/users" && resource.Spec["uri"] != "/users/*" {
			t.Errorf("what was written by hand is still there: %v", resource.Spec)
		}
		if key.String() == "routes/more" && resource.Spec["uri"] != "/mine" {
			t.Errorf("what Sluice does not own was changed: %v", resource.Spec)
		}
	}
}

// TestAForeignWriteIsPlannedAnew has somebody else change a resource between the plan and the step that writes it.
func TestAForeignWriteIsPlannedAnew(t *testing.T) {
	r := newRig(t)
	r.pass()
	other := r.stranger("test")
	var once sync.Once
	r.faults["test"].set(func(req *http.Request) (int, string) {
		if req.Method == http.MethodPut && strings.HasSuffix(req.URL.Path, "/upstreams/more") {
			once.Do(func() { other("routes/users", byHand) })
		}
		return 0, ""
	})
	r.write("-- environments/test/more.yaml --\nupstreams:\n  more: {nodes: {\"127.0.0.1:1\": 1}}\n" +
		"routes:\n  users: {desc: changed}\n  more: {upstream_id: more, uri: /more}\n")
	commit := r.commit("more")
	r.pass()
	r.wantStates("test applied, uat unchanged, prod unchanged")
	for key, resource := range r.live("test") {
		if key.String() == "routes/users" && (resource.Spec["uri"] != "/users/*" || resource.Spec["desc"] != "changed") {
			t.Errorf("live: %v", resource.Spec)
		}
	}
	if diff := cmp.Diff([]string{"failed test", "applied test", "applied"}, r.entries("test", commit)); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
}

// TestADeleteIsReadWhole says that a commit which removes something sees what others have put below it, although it changes one
// resource only.
func TestADeleteIsReadWhole(t *testing.T) {
	r := newRig(t)
	r.config.DriftInterval = time.Hour
	r.restart()
	r.write("-- environments/test/consumers.yaml --\nconsumers:\n  alice: {desc: ours}\n  bob: {desc: ours}\n")
	r.commit("alice and bob")
	r.pass()
	r.put("test", "credentials/alice/theirs", map[string]any{"plugins": map[string]any{"key-auth": map[string]any{"key": "theirs"}}})
	r.write("-- environments/test/consumers.yaml --\nconsumers:\n  bob: {desc: ours}\n")
	r.commit("without alice")
	r.pass()
	r.wantStates("test held, uat queued, prod queued")
	if !r.has("test", "credentials/alice/theirs") {
		t.Error("what Sluice does not own is gone")
	}
}

// TestACommitKnowsItsNeighbours says that what others have there is remembered between two looks at everything.
func TestACommitKnowsItsNeighbours(t *testing.T) {
	r := newRig(t)
	r.config.DriftInterval = time.Hour
	r.restart()
	theirs := map[string]any{"uri": "/more", "upstream": map[string]any{"nodes": map[string]any{"127.0.0.1:1": int64(1)}}}
	r.put("test", "routes/theirs", theirs)
	logs := r.logged()
	r.pass()
	r.write("-- environments/test/more.yaml --\nroutes:\n  more: {uri: /more, upstream_id: users}\n")
	r.commit("a route beside theirs")
	r.pass()
	r.wantStates("test applied, uat unchanged, prod unchanged")
	if logs.FilterMessage("fault in the config repo").FilterFieldKey("fault").Len() == 0 {
		t.Error("nobody is told of the route of others that meets the new one")
	}
}
