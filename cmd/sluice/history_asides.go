package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/sluice-gitops/sluice/record"
)

// aside is what stands between the entries of a history: a pause, its end, or what somebody has asked for.
type aside struct {
	at                       time.Time
	environment, state, note string
}

// asidesOf returns the asides that pass a filter, newest first.
func asidesOf(past *record.View, filter record.Filter) ([]aside, error) {
	pauses, err := pausesOf(past, filter)
	if err != nil {
		return nil, err
	}
	acts, err := past.Acts(cmp.Or(filter.Limit, math.MaxInt))
	if err != nil {
		return nil, err
	}
	asides := pauseAsides(pauses)
	for _, act := range acts {
		if filter.Environment == "" || act.Environment == "" || act.Environment == filter.Environment {
			asides = append(asides, aside{act.At, cmp.Or(act.Environment, "all"), "asked", fmt.Sprintf("to %s by %s", act.Kind, act.By)})
		}
	}
	slices.SortStableFunc(asides, func(a, b aside) int { return b.at.Compare(a.at) })
	return asides, nil
}

func pauseAsides(pauses []record.Pause) []aside {
	var asides []aside
	for _, p := range pauses {
		one := aside{p.At, p.Environment, "resumed", "by " + p.By}
		if !p.Until.IsZero() {
			one.state, one.note = "paused", fmt.Sprintf("by %s until %s: %s", p.By, p.Until.Local().Format(time.DateTime), p.Reason)
		}
		asides = append(asides, one)
	}
	return asides
}

func (t *table) addAside(a aside) {
	t.add(cell{a.at.Local().Format(time.DateTime), dim}, cell{}, cell{a.environment, bold}, stateCell(a.state), cell{a.note, ""})
}
