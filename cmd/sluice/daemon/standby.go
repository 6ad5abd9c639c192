package daemon

import (
	"context"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/replica"
	"github.com/sluice-gitops/sluice/web"
)

// standBy waits until no other replica leads. Meanwhile it stays ready: it follows the journal, fetches the config repo, and takes
// over changes of the daemon's file. The error is that of ctx.
func (d *Daemon) standBy(ctx context.Context, signals <-chan os.Signal) (*replica.Term, error) {
	waiting, stop := context.WithCancel(ctx)
	var ready sync.WaitGroup
	ready.Go(func() { d.followJournal(waiting) })
	ready.Go(func() { d.fetch(waiting) })
	ready.Go(func() { d.heed(waiting, signals) })
	term, err := d.replicas.etcd.Campaign(ctx, d.replicas.hear)
	stop()
	ready.Wait()
	return term, err
}

// followEvery is how old what a standby shows of the journal may be.
const followEvery = 2 * time.Second

func (d *Daemon) followJournal(ctx context.Context) {
	for ctx.Err() == nil {
		if err := d.Journal.Refresh(); err != nil {
			d.replicas.hear(replica.Leader{}, err)
		}
		select {
		case <-time.After(followEvery):
		case <-ctx.Done():
		}
	}
}

// fetch keeps the mirror warm. That the remote is out of reach matters to the leader, who says so.
func (d *Daemon) fetch(ctx context.Context) {
	nudges := d.Source.Watch(ctx, d.now.Load().settings.Repository.Poll)
	for ctx.Err() == nil {
		_, _ = d.Source.Latest(ctx)
		select {
		case <-nudges:
		case <-ctx.Done():
		}
	}
}

// heed reads the daemon's file again when it is asked to, or the file has changed.
func (d *Daemon) heed(ctx context.Context, signals <-chan os.Signal) {
	file := watchFile(ctx, d.options.File, d.opened, d.log)
	for {
		select {
		case signal := <-signals:
			if signal != syscall.SIGHUP {
				continue // it asks for a pass, and those are the leader's
			}
		case <-file:
		case <-ctx.Done():
			return
		}
		d.reload(ctx, d.now.Load())
	}
}

// standbyStatus is what a replica knows that does not lead: what the journal holds.
func (d *Daemon) standbyStatus() reconciler.Status {
	status := reconciler.StatusFromJournal(d.Journal.View)
	if trouble := d.replicas.heard.Load().trouble; trouble != nil {
		status.Error = "standby: " + trouble.Error()
	}
	return status
}

const leader = web.Leader

// role says what this replica is, and what keeps it from its work.
func (d *Daemon) role() (string, error) {
	if d.now.Load().reconciler != nil {
		return leader + d.spread.held(), d.replicas.leads()
	}
	heard := d.replicas.heard.Load()
	if heard.leader == "" {
		return "standby" + d.spread.held(), heard.trouble
	}
	return fmt.Sprintf("standby, %s leads%s", heard.leader, d.spread.held()), heard.trouble
}
