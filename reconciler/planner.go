package reconciler

import (
	"context"
	"crypto/rand"
	"fmt"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/policy"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/source"
)

// Planner makes plans and carries nothing out: the half of a Reconciler that needs no right to write. Several goroutines may
// use it at once.
type Planner struct {
	config   Config
	log      *zap.Logger
	renderer *render.Renderer
	policies policy.Checker
	groups   map[string]Group
	past     *record.View
	room     room
	printKey []byte // of the prints of what was seen live
	writes   bool   // its plans are carried out
	far      bool   // by the hands of others
}

// NewPlanner returns a Planner over what the journal says. Of config it needs Groups, and Values and History where they are to
// be used. The zero View stands for a journal that does not exist yet.
func NewPlanner(config Config, past *record.View) *Planner {
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	p := &Planner{config: config, log: config.Log, renderer: render.New(), groups: map[string]Group{}, past: past, room: newRoom(), printKey: []byte(rand.Text())}
	p.renderer.Keys = config.Keys
	for _, group := range config.Groups {
		p.groups[group.Name] = group
		p.far = p.far || group.Hand != nil
	}
	return p
}

// GroupPlan is the plan of one gateway group for one commit.
type GroupPlan struct {
	Group  string
	Digest string // of the desired state
	Plan   plan.Plan
	Faults diag.List // what the gateway would refuse of the plan; with errors among them nothing would be written
	Err    error     // why there is no plan: the gateway could not be read
}

// Load reads the layout of a commit, and its policies. The error says that the commit itself can't be read; faults in it are part
// of the tree.
func (p *Planner) Load(snapshot source.Snapshot) (environments.Tree, error) {
	tree, err := p.load(snapshot)
	if err != nil {
		return tree, err
	}
	return p.withPolicies(snapshot, tree)
}

// Plan renders one environment of a commit and compares it with live, group by group in the order of the waves. The error is a
// diag.List when the environment has faults.
func (p *Planner) Plan(ctx context.Context, snapshot source.Snapshot, tree environments.Tree, name string) ([]GroupPlan, error) {
	env, ok := tree.Find(name)
	if !ok {
		if err := tree.Faults.Err(); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("no environment %q in commit %s", name, snapshot.Commit.Short())
	}
	w := &work{snapshot: snapshot, tree: tree, env: env}
	desired, faults := p.desired(w)
	if !faults.HasErrors() && p.config.Verifier != nil {
		faults.Add(p.verifyFaults(w)...)
	}
	if !faults.HasErrors() {
		faults.Add(p.announce(w, desired)...)
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	var plans []GroupPlan
	for _, wave := range p.planWaves(ctx, w, desired) {
		for _, g := range wave {
			g.plan.Warnings.Add(w.warned[g.group.Name]...)
			g.plan.Warnings.Add(expiring(g)...)
			plans = append(plans, GroupPlan{Group: g.group.Name, Digest: g.digest, Plan: g.plan, Faults: g.faults.Sorted(), Err: g.err})
		}
	}
	return plans, nil
}
