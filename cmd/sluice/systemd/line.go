package systemd

import (
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// mostNamed is how many environments a line names before it says "and more".
const mostNamed = 4

// longestLine is about what fits on a terminal, in runes.
const longestLine = 160

// Line says in one line what runs where: what is wrong, or the newest commit and the environments that are not at it.
func Line(s reconciler.Status) string {
	if s.Error != "" {
		why, _, _ := strings.Cut(s.Error, "\n")
		return cut(why)
	}
	if len(s.Environments) == 0 {
		return "looking at the config repo"
	}
	var others []string
	good := 0
	for _, env := range s.Environments {
		if state := record.State(env.State); state == record.Applied || state == record.Unchanged {
			good++
			continue
		}
		others = append(others, env.Name+" "+env.State)
	}
	if len(others) > mostNamed {
		others = append(others[:mostNamed], fmt.Sprintf("and %d more", len(others)-mostNamed))
	}
	line := fmt.Sprintf("%.7s: %d of %d environments applied", s.Head, good, len(s.Environments))
	return cut(strings.Join(append([]string{line}, others...), ", "))
}

func cut(line string) string {
	if runes := []rune(line); len(runes) > longestLine {
		return string(runes[:longestLine-1]) + "…"
	}
	return line
}
