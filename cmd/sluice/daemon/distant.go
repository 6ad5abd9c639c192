package daemon

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/replica"
)

// distant is the hand of the replica that holds a group, reached over etcd.
type distant struct{ desk *replica.Desk }

var _ reconciler.Hand = distant{}

// task is what is asked of the holder of a group: one of them.
type task struct {
	Look   *reconciler.Look   `json:"look,omitempty"`
	Settle *reconciler.Settle `json:"settle,omitempty"`
	Carry  *reconciler.Carry  `json:"carry,omitempty"`
}

// Look asks the holder.
func (d distant) Look(ctx context.Context, look reconciler.Look) (found reconciler.Finding, err error) {
	return found, d.ask(ctx, look.Group, task{Look: &look}, &found)
}

// Settle asks the holder.
func (d distant) Settle(ctx context.Context, settle reconciler.Settle) (settled reconciler.Settled, err error) {
	return settled, d.ask(ctx, settle.Group, task{Settle: &settle}, &settled)
}

// Carry asks the holder.
func (d distant) Carry(ctx context.Context, carry reconciler.Carry) (carried reconciler.Carried, err error) {
	return carried, d.ask(ctx, carry.Group, task{Carry: &carry}, &carried)
}

func (d distant) ask(ctx context.Context, group string, asked task, answer any) error {
	text, err := json.Marshal(asked)
	if err != nil {
		return err
	}
	if text, err = d.desk.Ask(ctx, group, text); err == nil {
		err = json.Unmarshal(text, answer)
	}
	if err != nil {
		return reconciler.Unable(err)
	}
	return nil
}

var errNoTask = errors.New("the task asks for nothing that this replica knows: do all replicas run the same version?")

// do lets a hand do a task. The answer is nil when it came to no end.
func (t task) do(ctx context.Context, hand reconciler.Hand) any {
	var (
		answer any
		err    = errNoTask
	)
	switch {
	case t.Look != nil:
		answer, err = hand.Look(ctx, *t.Look)
	case t.Settle != nil:
		answer, err = hand.Settle(ctx, *t.Settle)
	case t.Carry != nil:
		answer, err = hand.Carry(ctx, *t.Carry)
	}
	if err != nil && ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return refusal{reconciler.FailureOf(reconciler.Unable(err))}
	}
	return answer
}

// refusal is an answer of any kind that says why there is none.
type refusal struct {
	Failure *reconciler.Failure `json:"failure"`
}
