package reconciler

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// passOn gives every commit that ends with another one that one's outcome, however many stand between them.
func (r *Reconciler) passOn(env string, by source.Commit, outcome record.State) error {
	carried, err := r.carriedBy(env, by.Hash)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	for _, e := range carried {
		if e.Outcome == outcome && e.CarriedBy == by.Hash {
			continue
		}
		commit := source.Commit{Hash: e.Commit, Subject: e.Subject, Author: e.Author, When: e.When}
		if err := r.supersede(env, commit, by, outcome); err != nil {
			return err
		}
	}
	return nil
}

// carriedBy returns the newest entries of the commits that end with another one, oldest first: those that it carries, and those that
// these carry.
func (r *Reconciler) carriedBy(env, by string) ([]record.Entry, error) {
	superseded, err := r.supersededBefore(env, by)
	if err == nil {
		superseded, err = r.withOpen(env, superseded)
	}
	if err != nil {
		return nil, err
	}
	carrier := map[string]string{}
	for _, e := range superseded {
		carrier[e.Commit] = e.CarriedBy
	}
	var carried []record.Entry
	for i := len(superseded) - 1; i >= 0; i-- {
		if endsWith(carrier, superseded[i].Commit, by) {
			carried = append(carried, superseded[i])
		}
	}
	return carried, nil
}

// withOpen adds to a list of superseded commits those that have no outcome yet. They may be older than the list reaches: a remote that lags
// lets an earlier commit end after a later one was to carry it.
func (r *Reconciler) withOpen(env string, superseded []record.Entry) ([]record.Entry, error) {
	for _, commit := range r.past.Carried(env) {
		if slices.ContainsFunc(superseded, func(e record.Entry) bool { return e.Commit == commit }) {
			continue
		}
		end, ok, err := r.endOf(env, commit)
		if err != nil {
			return nil, err
		}
		if ok {
			superseded = append(superseded, end)
		}
	}
	slices.SortFunc(superseded, func(a, b record.Entry) int { return cmp.Compare(b.ID, a.ID) })
	return superseded, nil
}

// endOf returns the newest end of a commit in an environment as a whole.
func (r *Reconciler) endOf(env, commit string) (record.Entry, bool, error) {
	entries, err := r.past.Entries(record.Filter{Environment: env, Whole: true, Commit: commit})
	if err != nil {
		return record.Entry{}, false, err
	}
	i := slices.IndexFunc(entries, func(e record.Entry) bool { return e.State.Final() })
	if i < 0 {
		return record.Entry{}, false, nil
	}
	return entries[i], true, nil
}

// endsWith follows the carriers of a commit. No way is longer than there are commits.
func endsWith(carrier map[string]string, commit, by string) bool {
	for range carrier {
		commit = carrier[commit]
		if commit == by {
			return true
		}
	}
	return false
}

// supersededBefore returns the newest entry of each commit that was superseded since the environment ended with another commit than
// this one, newest first: whatever was carried before that has its outcome.
func (r *Reconciler) supersededBefore(env, commit string) ([]record.Entry, error) {
	const first = 64
	for limit := first; ; limit *= 4 {
		entries, err := r.past.Entries(record.Filter{Environment: env, Whole: true, Limit: limit})
		if err != nil {
			return nil, err
		}
		if found, whole := superseded(entries, commit); whole || len(entries) < limit {
			return found, nil
		}
	}
}

// superseded picks out the newest entry of each superseded commit. Whole says that the list reaches back to the end of another commit.
func superseded(entries []record.Entry, commit string) (found []record.Entry, whole bool) {
	known := map[string]bool{}
	for _, e := range entries {
		switch {
		case e.State != record.Superseded && e.Commit != commit:
			return found, true
		case e.State == record.Superseded && !known[e.Commit]:
			known[e.Commit] = true
			found = append(found, e)
		}
	}
	return found, false
}
