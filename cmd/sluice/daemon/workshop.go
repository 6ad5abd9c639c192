package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"sync"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/settings"
)

// workshop is where a replica works at the groups that it holds: with clients of its own, which let nothing out to a group that it does
// not hold, and with a view of the journal of its own. It is a replica.Work.
type workshop struct {
	daemon *Daemon
	holds  func(group string) error
	log    *zap.Logger

	mu     sync.Mutex
	past   *record.View // nil: it was not read yet
	from   *Groups      // of the wiring that the rest was made for
	groups *Groups
	worker *reconciler.Worker
}

// Do does a task.
func (s *workshop) Do(ctx context.Context, group string, text []byte) []byte {
	var asked task
	err := json.Unmarshal(text, &asked)
	var worker *reconciler.Worker
	if err == nil {
		worker, err = s.ready(ctx, asked)
	}
	var answer any
	if err == nil {
		answer = asked.do(ctx, worker)
	} else {
		s.log.Warn("a task can't be done", zap.String("group", group), zap.Error(err))
		answer = refusal{reconciler.FailureOf(reconciler.Unable(err))}
	}
	if answer == nil {
		return nil
	}
	text, err = json.Marshal(answer)
	if err != nil {
		s.log.Error("an answer can't be written", zap.String("group", group), zap.Error(err))
		return nil
	}
	return text
}

// Forget drops what is known of a group.
func (s *workshop) Forget(group string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.worker != nil {
		s.worker.Forget(group)
	}
}

// ready returns the worker for the daemon's file as it is now, with the journal as far as a task needs it.
func (s *workshop) ready(ctx context.Context, asked task) (*reconciler.Worker, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.readPast(ctx); err != nil {
		return nil, err
	}
	if asked.Look != nil && s.past.Lines() < asked.Look.Line {
		if err := s.past.Refresh(); err != nil {
			return nil, err
		}
	}
	if now := s.daemon.now.Load(); s.from != now.groups {
		if err := s.equip(now); err != nil {
			return nil, err
		}
	}
	return s.worker, nil
}

var errNoKey = errors.New("no leader has made the key of the marks yet")

// readPast reads the journal for the first time.
func (s *workshop) readPast(ctx context.Context) error {
	if s.past != nil {
		return nil
	}
	etcd := s.daemon.replicas.etcd
	key, err := etcd.MarkKey(ctx)
	if err == nil && key == nil {
		err = errNoKey
	}
	if err != nil {
		return err
	}
	s.past, err = record.ReadStore(etcd.Store(), key)
	return err
}

// equip makes the clients and the worker for a wiring. Clients of groups that have not changed stay.
func (s *workshop) equip(w *wiring) (err error) {
	mine := w.settings
	mine.GatewayGroups = maps.Clone(mine.GatewayGroups)
	maps.DeleteFunc(mine.GatewayGroups, func(_ string, group settings.GatewayGroup) bool { return !isSpread(group) })
	if s.groups == nil {
		s.groups = newGroups(s.log)
		s.groups.fence, s.groups.watched = fenceOf(s.holds), s.daemon.watchRequests
	}
	groups, _, err := s.groups.reopen(mine, 0)
	if err != nil {
		return err
	}
	d := s.daemon
	s.groups, s.from = groups, w.groups
	s.worker = reconciler.NewWorker(reconciler.Config{
		Source: d.Source, History: d.Source, Root: mine.Repository.Root, Groups: groups.List(), Keys: Keys(mine.SOPS), Values: mine.Values(),
		Trust: Trust(mine, d.Source),
		Meter: d.telemetry.metrics, Tracer: d.telemetry.tracer, Log: s.log,
	}, s.past)
	return nil
}
