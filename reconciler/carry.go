package reconciler

import (
	"fmt"
	"slices"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// jumpedOver bounds how many commits of one push get an entry of their own.
const jumpedOver = 100

// carry closes the commits that the newest one jumped over: those that were waiting, and those that were never seen. Each names
// the commit that carries it.
func (r *Reconciler) carry(snapshot source.Snapshot, tree environments.Tree) error {
	for _, env := range tree.Environments {
		last, ok := r.past.Last(env.Name, "")
		if !ok || last.Commit == snapshot.Commit.Hash {
			continue
		}
		commits, err := r.config.History.Log(last.Commit, snapshot.Commit.Hash, jumpedOver)
		if err != nil {
			r.log.Warn("history since the last entry can't be read", zap.String("env", env.Name), zap.Error(err))
			continue
		}
		for _, commit := range commits {
			if err := r.supersede(env.Name, commit, snapshot.Commit); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Reconciler) supersede(env string, commit, by source.Commit) error {
	if commit.Hash == by.Hash || r.hasEnd(env, commit.Hash) {
		return nil
	}
	text := "carried by " + by.Short()
	err := r.config.Journal.Note(record.Entry{
		Commit: commit.Hash, Subject: commit.Subject, Author: commit.Author, When: commit.When,
		Environment: env, State: record.Superseded, Reason: "commit", CarriedBy: by.Hash, Text: text,
	})
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	r.observe(Event{Commit: commit, Environment: env, State: record.Superseded, Text: text})
	return nil
}

// hasEnd reports whether the journal says how a commit ended in an environment as a whole.
func (r *Reconciler) hasEnd(env, commit string) bool {
	entries, err := r.past.Entries(record.Filter{Environment: env, Commit: commit})
	return err == nil && slices.ContainsFunc(entries, func(e record.Entry) bool { return e.Group == "" && e.State.Final() })
}

// closeInterrupted gives an end to what a killed daemon had begun. The next pass plans afresh and carries on.
func (r *Reconciler) closeInterrupted() error {
	for _, entry := range r.past.Interrupted() {
		entry.State = record.Failed
		entry.Error = "interrupted: the daemon stopped in the middle; the next pass carries on"
		entry.Finished = entry.Started
		if err := r.config.Journal.Finish(entry); err != nil {
			return err
		}
		r.log.Warn("interrupted apply found, will carry on", zap.String("env", entry.Environment),
			zap.String("group", entry.Group), zap.String("commit", entry.Commit))
	}
	return nil
}
