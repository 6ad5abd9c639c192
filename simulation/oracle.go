package simulation

import (
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/render"
)

// oracle knows what each commit wants.
type oracle struct {
	remote   *remote
	renderer *render.Renderer
	known    map[wish]want
	courses  map[leg]course
}

// wish is a question to the oracle.
type wish struct{ commit, environment, group string }

// want is the answer: a desired state, unless the commit is at fault.
type want struct {
	state  gateway.State
	digest string
	faulty bool
	// ignores: some fields belong to others.
	ignores bool
}

func newOracle(r *remote) *oracle {
	return &oracle{remote: r, renderer: render.New(), known: map[wish]want{}, courses: map[leg]course{}}
}

func (o *oracle) ask(commit, environment, group string) want {
	question := wish{commit, environment, group}
	if known, ok := o.known[question]; ok {
		return known
	}
	answer := o.render(question)
	o.known[question] = answer
	return answer
}

func (o *oracle) render(q wish) want {
	c, ok := o.remote.all[q.commit]
	if !ok {
		return want{faulty: true}
	}
	tree := environments.LoadPinned(c.FS, nil, o.remote.past(c))
	env, found := tree.Find(q.environment)
	if tree.Faults.HasErrors() || !found || env.Faults.HasErrors() {
		return want{faulty: true}
	}
	state, faults := o.renderer.Render(c.FS, tree, env, q.group, nil)
	if faults.HasErrors() {
		return want{faulty: true}
	}
	return want{state: state, digest: state.Digest(), ignores: c.content.rollouts[q.environment].ignore}
}

// faulty reports whether a commit is at fault in an environment.
func (o *oracle) faulty(commit string, s stand) bool {
	for _, group := range s.groups() {
		if o.ask(commit, s.name, group).faulty {
			return true
		}
	}
	return false
}

// misread reports whether the layout of a commit forbids an environment: that waits for nobody.
func (o *oracle) misread(c *revision, environment string) bool {
	tree := environments.LoadPinned(c.FS, nil, o.remote.past(c))
	env, found := tree.Find(environment)
	return tree.Faults.HasErrors() || !found || env.Faults.HasErrors()
}

// same reports whether a gateway holds exactly what is wanted, and else says where it differs. What strangers have put there does
// not count.
func (s *site) same(w want) (string, bool) {
	for _, key := range w.state.Keys() {
		is, there := s.live[key]
		if !there {
			return key.String() + " is missing", false
		}
		if !w.alike(key, is.spec) {
			return key.String() + " is another: " + text(is.spec) + " want " + text(w.state[key].Spec), false
		}
	}
	for _, key := range s.keys(func(h held) bool { return !h.foreign }) {
		if _, wanted := w.state[key]; !wanted {
			return key.String() + " is left", false
		}
	}
	return "", true
}
