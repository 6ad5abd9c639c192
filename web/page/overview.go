package page

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/sluice-gitops/sluice/insight"
)

// What the overview shows of each environment: so many groups of a wave, and so many waves.
const (
	groupsPerWave = 8
	wavesShown    = 6
)

// stage is the environments that stand side by side.
type stage struct {
	Number       int
	After        []string
	Tone         tone
	Environments []environmentCard
}

// environmentCard is an environment on the overview.
type environmentCard struct {
	insight.Environment
	Key         string // an id that holds no text of others
	Shown       []waveCard
	WaveCount   int
	HiddenWaves int
}

type overviewBody struct {
	insight.Overview
	Stages []stage
	Across bool // there are few enough stages to stand side by side
	Fresh  bool // no environment has gateway groups, or has had any: somebody has just begun
}

// Newest is where the newest commit leads: to its turn in the first environment, or to the forge where there is none; empty: nowhere.
func (o overviewBody) Newest() string {
	if len(o.Environments) == 0 {
		return safeLink(o.Head.URL)
	}
	return turnURL(o.Environments[0].Name, o.Head.Hash)
}

// Try is a command that tries the address of the config repo by hand.
func (o overviewBody) Try() string { return "git ls-remote " + o.Repository + " " + o.Branch }

func (h *Handler) overview(*http.Request) (frame, error) {
	o := h.insight.Overview(groupsPerWave)
	body := overviewBody{Overview: o, Stages: stagesOf(o.Environments)}
	body.Fresh = !slices.ContainsFunc(o.Environments, func(e insight.Environment) bool { return e.Counts.Groups > 0 || e.Applied.Hash != "" })
	body.Across = len(body.Stages) > 1 && len(body.Stages) <= 4
	return frame{Title: overviewTitle(o), View: "overview", Name: "overview", Body: body}, nil
}

// overviewTitle is what a tab among others shows.
func overviewTitle(o insight.Overview) string {
	bad := 0
	for _, e := range o.Environments {
		if t := environmentLook(e).Tone; t != good && t != busy && t != idle {
			bad++
		}
	}
	if bad == 0 {
		return "Overview"
	}
	return fmt.Sprintf("(%d) Overview", bad)
}

func stagesOf(environments []insight.Environment) []stage {
	var stages []stage
	for i, e := range environments {
		if len(stages) == 0 || stages[len(stages)-1].Number != e.Stage {
			stages = append(stages, stage{Number: e.Stage, After: e.After})
		}
		last := &stages[len(stages)-1]
		last.Environments = append(last.Environments, cardOf(e, i))
		last.Tone = worse(last.Tone, environmentLook(e).Tone)
	}
	return stages
}

// waveCard is a wave on the overview.
type waveCard struct {
	insight.Wave
	Crowded bool // there are so many groups that only those that need to be seen are named
}

func cardOf(e insight.Environment, i int) environmentCard {
	waves := min(len(e.Waves), wavesShown)
	card := environmentCard{Environment: e, Key: fmt.Sprintf("env-%d", i), WaveCount: len(e.Waves), HiddenWaves: len(e.Waves) - waves}
	for _, w := range e.Waves[:waves] {
		card.Shown = append(card.Shown, waveOf(w))
	}
	return card
}

func waveOf(w insight.Wave) waveCard {
	if w.Counts.Groups <= groupsPerWave {
		return waveCard{Wave: w}
	}
	all := w.Groups
	w.Groups = nil
	for _, g := range all {
		if !g.Current {
			w.Groups = append(w.Groups, g)
		}
	}
	return waveCard{w, true}
}

// worse returns the tone that needs to be seen more of two.
func worse(a, b tone) tone {
	for _, t := range []tone{bad, warn, busy, idle, good} {
		if a == t || b == t {
			return t
		}
	}
	return b
}
