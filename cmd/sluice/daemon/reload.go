package daemon

import (
	"context"
	"errors"
	"reflect"
	"strings"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/settings"
)

// reload reads the daemon's own file again and makes a wiring of it, which takes the place of w as soon as no pass runs. It reports
// whether one did: a file with faults is refused as a whole, and one that changes nothing but the level of the log needs none.
func (d *Daemon) reload(ctx context.Context, w *wiring) bool {
	if d.options.File == "" {
		return false
	}
	if d.options.Reloading != nil {
		defer d.options.Reloading()()
	}
	read, faults := settings.Load(d.options.File)
	d.tellFaults(faults)
	if faults.HasErrors() {
		d.log.Error("the daemon's file has faults: nothing of it was taken over", zap.String("file", d.options.File))
		return false
	}
	restart := keepFixed(&read, w.settings)
	groups, more, err := w.groups.reopen(read, d.options.Lag)
	if err != nil {
		d.log.Error("the daemon's file can't be used: nothing of it was taken over", zap.String("file", d.options.File), zap.Error(err))
		return false
	}
	d.tellRestart(append(restart, more...))
	d.setLevel(read.Log.Level)
	if same(read, w.settings) && len(groups.changed(w.groups)) == 0 {
		d.log.Info("the daemon's file was read again: nothing to exchange")
		return false
	}
	if err := d.exchange(ctx, w, read, groups); err != nil {
		err = errors.Join(err, groups.closeAllBut(w.groups))
		if ctx.Err() == nil {
			d.log.Error("the daemon's file can't be used: nothing of it was taken over", zap.String("file", d.options.File), zap.Error(err))
		}
		return false
	}
	return true
}

// exchange puts a new wiring in the place of w, between two passes. Who may come in is exchanged at once: a token that was taken out must not
// be good for as long as a pass takes.
func (d *Daemon) exchange(ctx context.Context, w *wiring, read settings.Settings, groups *Groups) error {
	who, err := accessOf(read)
	if err != nil {
		return err
	}
	letIn, err := d.door.Prepare(who)
	if err != nil {
		return err
	}
	letIn()
	next := &wiring{settings: read, groups: groups}
	if w.reconciler != nil { // a standby has nothing at work
		if next, err = d.relieve(ctx, w.reconciler, read, groups); err != nil {
			return errors.Join(err, d.letInAsBefore(w.settings))
		}
	}
	d.now.Store(next)
	d.spread.serve(read)
	d.log.Info("reloaded", zap.Int("groups", len(read.GatewayGroups)), zap.String("changed", strings.Join(groups.changed(w.groups), ", ")))
	if err := w.groups.closeAllBut(groups); err != nil {
		d.log.Warn("embedded gateway can't be closed", zap.Error(err))
	}
	return nil
}

// letInAsBefore puts back who may come in, where nothing of a file is taken over.
func (d *Daemon) letInAsBefore(s settings.Settings) error {
	who, err := accessOf(s)
	if err != nil {
		return err
	}
	return d.door.Set(who)
}

// relieve makes a wiring once the reconciler that is at work has finished its pass; it begins no other.
func (d *Daemon) relieve(ctx context.Context, old *reconciler.Reconciler, read settings.Settings, groups *Groups) (*wiring, error) {
	d.log.Info("reloading as soon as no pass runs", zap.String("applying", d.underWay()))
	goOn, err := old.Rest(ctx)
	if err != nil {
		return nil, err
	}
	next, err := d.wire(read, groups)
	if err != nil {
		goOn()
		return nil, err
	}
	next.before = old
	return next, nil
}

func (d *Daemon) tellFaults(faults diag.List) {
	for _, fault := range faults {
		log := d.log.Error
		if fault.Severity == diag.Warning {
			log = d.log.Warn
		}
		log("fault in the daemon's file", zap.String("fault", fault.Error()))
	}
}

func (d *Daemon) tellRestart(keys []string) {
	if len(keys) > 0 {
		d.log.Warn("what has changed here needs a restart, and stays as it was", zap.String("keys", strings.Join(keys, ", ")))
	}
}

func (d *Daemon) setLevel(text string) {
	level, err := zapcore.ParseLevel(text)
	if err != nil || d.options.Level == nil || d.options.Level.Level() == level {
		return
	}
	d.log.Warn("the level of the log changes", zap.Stringer("to", level))
	d.options.Level.SetLevel(level)
}

// keepFixed puts back what can't be exchanged while the daemon runs: what is locked, listened on, or followed. It returns the keys that
// had changed.
func keepFixed(read *settings.Settings, old settings.Settings) []string {
	var changed []string
	for _, fixed := range []struct {
		key       string
		read, old any
	}{
		{"listen", &read.Listen, &old.Listen},
		{"tls", &read.TLS, &old.TLS},
		{"journal", &read.Journal, &old.Journal},
		{"repository.url", &read.Repository.URL, &old.Repository.URL},
		{"repository.branch", &read.Repository.Branch, &old.Repository.Branch},
		{"repository.mirror", &read.Repository.Mirror, &old.Repository.Mirror},
		{"repository.auth", &read.Repository.Auth, &old.Repository.Auth},
		{"forge.type", &read.Forge.Type, &old.Forge.Type},
		{"traces", &read.Traces, &old.Traces},
		{"log.format", &read.Log.Format, &old.Log.Format},
		{"repository.timeout", &read.Repository.Timeout, &old.Repository.Timeout},
	} {
		to, from := reflect.ValueOf(fixed.read).Elem(), reflect.ValueOf(fixed.old).Elem()
		if !reflect.DeepEqual(to.Interface(), from.Interface()) {
			changed = append(changed, fixed.key)
			to.Set(from)
		}
	}
	return changed
}

// same reports whether two readings differ in nothing but gateway groups, which are compared by what they were made from, and the level of
// the log.
func same(a, b settings.Settings) bool {
	a.GatewayGroups, b.GatewayGroups = nil, nil
	a.Log, b.Log = settings.Log{}, settings.Log{}
	return reflect.DeepEqual(a, b)
}
