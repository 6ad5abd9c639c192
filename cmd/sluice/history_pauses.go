package main

import (
	"fmt"
	"slices"

	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/settings"
)

// pauses shows the pauses on record, and nothing else.
func (a *app) pauses(s settings.Settings, filter record.Filter, output string) error {
	past, err := readJournal(s)
	if err != nil {
		return err
	}
	defer past.Close()
	pauses, err := pausesOf(past, filter)
	if err != nil {
		return err
	}
	if output != "text" {
		return a.write(output, append([]record.Pause{}, pauses...))
	}
	if len(pauses) == 0 {
		fmt.Fprintln(a.stderr, "sluice: the journal holds no such pauses")
	}
	return historyTable(nil, pauseAsides(pauses), 0).write(a.stdout)
}

// pausesOf returns the pauses and resumes that pass a filter, newest first.
func pausesOf(past *record.View, filter record.Filter) ([]record.Pause, error) {
	pauses, err := past.Pauses()
	if err != nil {
		return nil, err
	}
	if filter.Environment != "" {
		pauses = slices.DeleteFunc(pauses, func(p record.Pause) bool { return p.Environment != filter.Environment })
	}
	if filter.Limit > 0 && len(pauses) > filter.Limit {
		pauses = pauses[:filter.Limit]
	}
	return pauses, nil
}
