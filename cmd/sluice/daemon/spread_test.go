package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/replica"
	"github.com/sluice-gitops/sluice/settings"
)

// TestALeaderOnlyReadsWhatOthersHold: while the work is shared, the leader's own clients of such groups refuse every write.
func TestALeaderOnlyReadsWhatOthersHold(t *testing.T) {
	s := settings.Settings{GatewayGroups: map[string]settings.GatewayGroup{
		"eu": {Type: settings.APISIX}, "us": {Type: settings.API7}, "edge": {Type: settings.Standalone},
	}}
	list := []reconciler.Group{{Name: "edge", Gateway: untouched{}}, {Name: "eu", Gateway: untouched{}}, {Name: "us", Gateway: untouched{}}}
	var alone *spread
	for _, group := range alone.groups(s, list) {
		if group.Hand != nil {
			t.Errorf("%s has a hand where nothing is shared", group.Name)
		}
	}
	p := &spread{daemon: &Daemon{log: zap.NewNop()}}
	p.desk.Store(&replica.Desk{})
	for _, group := range p.groups(s, list) {
		put := group.Gateway.Put(t.Context(), gateway.Resource{})
		gone := group.Gateway.Delete(t.Context(), gateway.Key{})
		_, settled := group.Gateway.Settle(t.Context(), nil)
		shared := group.Name != "edge"
		if (group.Hand != nil) != shared || errors.Is(put, errReader) != shared || errors.Is(gone, errReader) != shared || errors.Is(settled, errReader) != shared {
			t.Errorf("%s: hand %v, %v, %v, %v", group.Name, group.Hand, put, gone, settled)
		}
	}
	if list[1].Hand != nil {
		t.Error("the list that others use was changed")
	}
}

// untouched is a gateway that takes everything.
type untouched struct{ reconciler.Gateway }

func (untouched) Put(context.Context, gateway.Resource) error         { return nil }
func (untouched) Delete(context.Context, gateway.Key) error           { return nil }
func (untouched) Settle(context.Context, []gateway.Key) (bool, error) { return true, nil }

// answering is a hand that answers with an error of its own.
type answering struct {
	reconciler.Hand
	err error
}

func (a answering) Settle(context.Context, reconciler.Settle) (reconciler.Settled, error) {
	return reconciler.Settled{Confirmed: a.err == nil}, a.err
}

// TestATaskIsAnsweredUnlessItWasWithdrawn: trouble is an answer, a task that was withdrawn has none, and one that nobody knows is refused.
func TestATaskIsAnsweredUnlessItWasWithdrawn(t *testing.T) {
	settle := task{Settle: &reconciler.Settle{Group: "eu"}}
	withdrawn, stop := context.WithCancel(t.Context())
	stop()
	for name, test := range map[string]struct {
		ctx   context.Context
		asked task
		err   error
		want  string
	}{
		"done":      {t.Context(), settle, nil, `{"confirmed":true}`},
		"trouble":   {t.Context(), settle, errors.New("no mirror"), `the work was not done: no mirror`},
		"withdrawn": {withdrawn, settle, context.Canceled, "null"},
		"unknown":   {t.Context(), task{}, nil, "do all replicas run the same version?"},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(test.asked.do(test.ctx, answering{err: test.err}))
			if err != nil || !strings.Contains(string(text), test.want) {
				t.Errorf("%s, %v", text, err)
			}
		})
	}
}
