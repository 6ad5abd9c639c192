package preview

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/render"
)

const layout = `
-- sluice.yaml --
version: 1
-- base/users.yaml --
upstreams:
  users: {nodes: {"127.0.0.1:1980": 1}}
routes:
  users: {upstream_id: users, uri: /users/*}
-- environments/test/environment.yaml --
extends: [base]
groups: [test]
`

func route(n int) string {
	return fmt.Sprintf("-- base/more-%d.yaml --\nroutes:\n  more-%d: {upstream_id: users, uri: /more-%d}\n", n, n, n)
}

// TestPlannedWhenSomethingMoves counts what is told to the forge: nothing as long as nothing moves, and nothing of a closed pull request.
func TestPlannedWhenSomethingMoves(t *testing.T) {
	r := newRig(t, layout)
	first, second := r.pull(1, false, route(1), "one"), r.pull(2, true, route(2), "two")
	steps := []struct {
		name string
		do   func()
		want []string
	}{
		{"two are open", func() {}, []string{"comment 1", "comment 2"}},
		{"nothing moves", func() {}, nil},
		{"a head moves", func() { first = r.pull(1, false, route(1)+route(3), "more") }, []string{"comment 1"}},
		{"the branch moves", func() { r.push(route(9), "main moves") }, []string{"comment 1", "comment 2"}},
		{"one is closed", func() { r.forge.pulls = r.forge.pulls[1:] }, nil},
		{"the branch moves again", func() { r.push(route(8), "main moves") }, []string{"comment 2"}},
		{"it comes back", func() { r.forge.open(first) }, []string{"comment 1"}},
	}
	for _, step := range steps {
		step.do()
		must(t, r.Once(t.Context()))
		told := r.forge.taken()
		slices.Sort(told)
		if diff := cmp.Diff(step.want, told); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
	if got := r.forge.status(first.Head, "test"); got != "success: 2 created" {
		t.Errorf("the status of the first: %s", got)
	}
	if got := r.forge.status(second.Head, "test"); got != "success: 1 created" {
		t.Errorf("the status of the second: %s", got)
	}
}

// TestAPullThatGoesElsewhereIsTold: the plan in its comment is no longer true when it goes into another branch, and is again when it comes back.
func TestAPullThatGoesElsewhereIsTold(t *testing.T) {
	r := newRig(t, layout)
	pull := r.pull(1, false, route(1), "one")
	must(t, r.Once(t.Context()))
	pull.Base = "release`s"
	r.forge.open(pull)
	for range 2 {
		must(t, r.Once(t.Context()))
	}
	if got := r.forge.comment(1); !strings.Contains(got, "goes into `` release`s `` by now") {
		t.Errorf("the comment says %s", got)
	}
	if told := r.forge.taken(); len(told) != 2 {
		t.Errorf("told %v", told)
	}
	pull.Base = "main"
	r.forge.open(pull)
	if must(t, r.Once(t.Context())); !strings.Contains(r.forge.comment(1), "what merging this would change") {
		t.Errorf("back again it says %s", r.forge.comment(1))
	}
}

// TestTroubleIsTriedAgain lets the forge fail: what was not told is told at the next round, and a plan that it will never take stops nothing.
func TestTroubleIsTriedAgain(t *testing.T) {
	r := newRig(t, layout)
	pull := r.pull(1, false, route(1), "one")
	r.forge.trouble = &forge.Error{Class: forge.Unavailable, What: "down"}
	if err := r.Once(t.Context()); err == nil {
		t.Error("a forge that is down is no error")
	}
	r.forge.trouble = nil
	must(t, r.Once(t.Context()))
	if got := r.forge.status(pull.Head, "test"); got != "success: 1 created" {
		t.Errorf("after the trouble: %s", got)
	}
	r.pull(1, false, route(2), "again")
	refusing := &refusing{memory: r.forge}
	r.config.Forge = refusing
	r.Previewer = New(r.config)
	must(t, r.Once(t.Context()))
	must(t, r.Once(t.Context()))
	if refusing.asked != 1 {
		t.Errorf("a comment that is refused for good was sent %d times", refusing.asked)
	}
	stale := r.pull(5, false, route(5), "five")
	stale.Head = strings.Repeat("a", 40) // the forge tells of it before its Git does
	r.forge.open(stale)
	if err := r.Once(t.Context()); err != nil {
		t.Errorf("a head that has moved: %v", err)
	}
}

// TestAStatusIsPostedOnChange: when the branch moves and a plan stays the same, its statuses are not posted again.
func TestAStatusIsPostedOnChange(t *testing.T) {
	r := newRig(t, layout)
	pull := r.pull(1, false, route(1), "one")
	must(t, r.Once(t.Context()))
	first := r.forge.posts
	r.push(route(9), "main moves")
	must(t, r.Once(t.Context()))
	if first == 0 || r.forge.posts != first {
		t.Errorf("%d statuses were posted, and %d more for the same", first, r.forge.posts-first)
	}
	r.push(route(1), "main brings it")
	must(t, r.Once(t.Context()))
	if got := r.forge.status(pull.Head, "test"); got != "success: nothing to change" {
		t.Errorf("the status after the plan has changed: %s", got)
	}
	moved := r.pull(1, false, route(1)+route(2), "two")
	must(t, r.Once(t.Context()))
	if got := r.forge.status(moved.Head, "test"); got != "success: 1 created" {
		t.Errorf("the status of another head: %s", got)
	}
}

// TestAForkThatCantBeReadIsSaid: what the forge gives no ref for is told apart from what it has not shown yet, and told once.
func TestAForkThatCantBeReadIsSaid(t *testing.T) {
	r := newRig(t, layout)
	r.forge.open(forge.Pull{Number: 3, State: forge.PullOpen, Head: strings.Repeat("b", 40), Fork: true, Base: "main"})
	for range 2 {
		must(t, r.Once(t.Context()))
	}
	if told := r.forge.taken(); len(told) != 1 || !strings.Contains(r.forge.comment(3), "is in a fork") {
		t.Errorf("told %v: %s", told, r.forge.comment(3))
	}
	if got := r.forge.status(strings.Repeat("b", 40), "test"); !strings.HasPrefix(got, "error: not planned: ") || r.Passed(3, strings.Repeat("b", 40)) {
		t.Errorf("its status: %s", got)
	}
}

// TestWhoIsClosedIsTold: a pull request that is gone from the list is told with its branch, unless another one has that branch, or a fork has.
func TestWhoIsClosedIsTold(t *testing.T) {
	r := newRig(t, layout)
	var closed []string
	r.config.Closed = func(_ context.Context, number int, branch, head string) {
		closed = append(closed, fmt.Sprintf("%d %s", number, branch))
	}
	open := 0
	r.config.Open = func(pulls []forge.Pull) { open = len(pulls) }
	r.Previewer = New(r.config)
	for number, fork := range map[int]bool{1: false, 2: true, 3: false, 4: false} {
		pull := r.pull(number, fork, route(number), fmt.Sprint(number))
		pull.HeadBranch = map[int]string{1: "sluice/promote-prod", 2: "sluice/promote-prod", 3: "again", 4: "again"}[number]
		r.forge.open(pull)
	}
	must(t, r.Once(t.Context()))
	r.forge.pulls = slices.DeleteFunc(r.forge.pulls, func(p forge.Pull) bool { return p.Number < 4 })
	for range 2 {
		must(t, r.Once(t.Context()))
	}
	if open != 1 {
		t.Errorf("%d are open", open)
	}
	if !slices.Equal(closed, []string{"1 sluice/promote-prod"}) {
		t.Errorf("told %v", closed)
	}
}

// refusing takes no comments, for good.
type refusing struct {
	*memory
	asked int
}

func (r *refusing) Comment(_ context.Context, number int, marker, body string) error {
	r.asked++
	return &forge.Error{Class: forge.Final, Status: http.StatusNotFound, What: "gone"}
}

// TestManyPulls opens more than are looked after, some of them broken: the newest are planned.
func TestManyPulls(t *testing.T) {
	r := newRig(t, layout)
	first := r.pull(1, false, route(1), "one")
	for n := 2; n <= mostPulls+5; n++ {
		r.forge.open(forge.Pull{Number: n, State: forge.PullOpen, Head: first.Head, HeadRef: first.HeadRef, Base: "main"})
	}
	must(t, r.Once(t.Context()))
	told := r.forge.taken()
	if len(told) != mostPulls || slices.Contains(told, "comment 5") || !slices.Contains(told, "comment 6") {
		t.Errorf("%d were planned: %v", len(told), told)
	}
}

// TestCutComments cuts at the border of a group, and shows the whole elsewhere.
func TestCutComments(t *testing.T) {
	r := newRig(t, layout)
	r.forge.most = 2000
	r.config.Page = func(number int) string { return fmt.Sprintf("https://sluice.acme.example/pulls/%d", number) }
	r.Previewer = New(r.config)
	files := ""
	for n := range 40 {
		files += fmt.Sprintf("-- environments/e%d/environment.yaml --\nextends: [base]\ngroups: [g%d]\n", n, n)
	}
	r.pull(7, false, files, "many")
	must(t, r.Once(t.Context()))
	text := r.forge.comment(7)
	if len([]rune(text)) > 2000 || !strings.Contains(text, "parts are not shown") || !strings.Contains(text, "(https://sluice.acme.example/pulls/7)") {
		t.Errorf("%d runes:\n%s", len([]rune(text)), text)
	}
	if kept, _, _ := strings.Cut(text, "\n_"); !strings.HasSuffix(kept, "|\n") && !strings.HasSuffix(kept, ")\n") && !strings.HasSuffix(kept, "`\n") {
		t.Errorf("cut in the middle of a line:\n%s", kept)
	}
	for number, status := range map[string]int{"7": http.StatusOK, "8": http.StatusNotFound, "x": http.StatusNotFound} {
		answer, request := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/pulls/"+number, nil)
		request.SetPathValue("number", number)
		r.ServeHTTP(answer, request)
		if answer.Code != status {
			t.Errorf("page %s: %d", number, answer.Code)
		}
		if status == http.StatusOK && !strings.Contains(answer.Body.String(), "e39/g39") {
			t.Errorf("the page is not whole:\n%s", answer.Body)
		}
	}
	r.forge.pulls = nil
	must(t, r.Once(t.Context()))
	if len(r.whole) != 0 || len(r.seen) != 0 {
		t.Error("a closed pull request is remembered")
	}
}

// TestAnnotations stand at the faults and conflicts that have a line, each once, though two environments have the fault.
func TestAnnotations(t *testing.T) {
	r := newRig(t, layout+"-- environments/uat/environment.yaml --\nextends: [base]\ngroups: [uat]\n")
	r.config.Root = "."
	annotated := &annotating{memory: r.forge}
	r.config.Forge = annotated
	r.Previewer = New(r.config)
	r.pull(1, false, "-- base/bad.yaml --\nroutes:\n  bad: {upstream_id: nobody, uri: /bad}\n", "bad")
	must(t, r.Once(t.Context()))
	if len(annotated.last) != 1 || annotated.last[0].Path != "base/bad.yaml" || annotated.last[0].Line != 2 || !strings.Contains(annotated.last[0].Text, "nobody") {
		t.Errorf("annotations of a fault: %+v", annotated.last)
	}
	r.pull(1, false, "-- base/users.yaml --\nupstreams: {}\n", "conflict")
	r.push("-- base/users.yaml --\nroutes: {}\n", "other")
	must(t, r.Once(t.Context()))
	if len(annotated.last) != 1 || annotated.last[0].Line != 1 || !strings.Contains(annotated.last[0].Text, "conflicts with main") {
		t.Errorf("annotations of a conflict: %+v", annotated.last)
	}
}

// annotating keeps the annotations that it was given last.
type annotating struct {
	*memory
	last []forge.Annotation
}

func (a *annotating) Annotate(_ context.Context, _ forge.Pull, _ string, all []forge.Annotation) ([]forge.Annotation, error) {
	a.last = all
	return nil, nil
}

// TestAForkThatIsGoneKeepsNothingElseBack: its head can't be fetched any more; the others are planned, and that is no trouble to be told.
func TestAForkThatIsGoneKeepsNothingElseBack(t *testing.T) {
	r := newRig(t, layout)
	gone := r.pull(1, true, route(1), "one")
	r.git("update-ref", "-d", gone.HeadRef)
	here := r.pull(2, false, route(2), "two")
	for range 2 {
		must(t, r.Once(t.Context()))
	}
	if r.forge.comment(1) != "" || r.forge.status(here.Head, "test") != "success: 1 created" || len(r.Troubles()) > 0 {
		t.Errorf("the other one: %s, trouble %v", r.forge.status(here.Head, "test"), r.Troubles())
	}
}

// hasty is a forge on which a head is pushed away while its plan is being told.
type hasty struct {
	*memory
	meanwhile func()
}

func (h *hasty) SetStatus(ctx context.Context, commit string, s forge.Status) error {
	if do := h.meanwhile; do != nil {
		h.meanwhile = nil
		do()
		return &forge.Error{Class: forge.Final, Status: 422, What: "No commit found for SHA: " + commit}
	}
	return h.memory.SetStatus(ctx, commit, s)
}

// TestAHeadThatIsPushedAwayWhileItIsTold: what is said in the end is the plan of the newest head, on that and in the comment.
func TestAHeadThatIsPushedAwayWhileItIsTold(t *testing.T) {
	r := newRig(t, layout)
	r.pull(1, false, route(1), "one")
	at := &hasty{memory: r.forge}
	var pushed forge.Pull
	at.meanwhile = func() { pushed = r.pull(1, false, route(1)+route(2), "amended") }
	r.config.Forge = at
	p := New(r.config)
	must(t, p.Once(t.Context()))
	must(t, p.Once(t.Context()))
	if got := r.forge.comment(1); !strings.Contains(got, pushed.Head[:7]) || r.forge.status(pushed.Head, "test") != "success: 2 created" {
		t.Errorf("%s\n%s", r.forge.status(pushed.Head, "test"), got)
	}
}

// TestAMergedPullKeepsItsPlan merges one while a round goes on: what was reviewed stays, and another that is open is planned with it.
func TestAMergedPullKeepsItsPlan(t *testing.T) {
	r := newRig(t, layout)
	merged, open := r.pull(1, false, route(1), "one"), r.pull(2, false, route(2), "two")
	must(t, r.Once(t.Context()))
	reviewed := r.forge.comment(1)
	r.push(route(9), "main moves")
	r.config.Open = func([]forge.Pull) {
		r.git("merge", "--quiet", "--squash", merged.Head)
		r.push("", "one")
		r.forge.pulls = slices.DeleteFunc(r.forge.pulls, func(p forge.Pull) bool { return p.Number == 1 })
	}
	p := New(r.config)
	must(t, p.Once(t.Context()))
	if got := r.forge.status(merged.Head, "test"); got != "success: 1 created" || r.forge.comment(1) != reviewed {
		t.Errorf("the plan that was reviewed is gone: %s\n%s", got, r.forge.comment(1))
	}
	if got := r.forge.status(open.Head, "test"); got != "success: 1 created" || !p.Passed(2, open.Head) {
		t.Errorf("the other one: %s", got)
	}
}

// names lets forks name what is in it, and gives nothing away.
type names []string

func (n names) Env(name string) (string, error) { return n.Secret(name) }

func (n names) Secret(name string) (string, error) {
	if !slices.Contains(n, name) {
		return "", fmt.Errorf("%s: no glob matches it", name)
	}
	return "", render.ErrWithheld
}

// TestAForkIsToldWhichNamesItMayNotUse: what would fail when it is merged fails before, though nothing is resolved.
func TestAForkIsToldWhichNamesItMayNotUse(t *testing.T) {
	r := newRig(t, layout)
	r.config.ForkValues = names{"gw-key"}
	r.Previewer = New(r.config)
	consumer := func(n int, key string) string {
		return fmt.Sprintf("-- base/c%d.yaml --\nconsumers:\n  c%d: {plugins: {key-auth: {key: \"%s\"}}}\n", n, n, key)
	}
	good := r.pull(1, true, consumer(1, "${secret(gw-key)}"), "good")
	bad := r.pull(2, true, consumer(2, "${secret(gw-key)}-${env(HOME)}"), "bad")
	must(t, r.Once(t.Context()))
	if got := r.forge.status(good.Head, "test"); got != "success: 1 created" {
		t.Errorf("a name that is allowed: %s", got)
	}
	if got := r.forge.status(bad.Head, "test"); !strings.HasPrefix(got, "failure: base/c2.yaml:") || !strings.Contains(got, "HOME") {
		t.Errorf("a name that is not allowed: %s", got)
	}
}
