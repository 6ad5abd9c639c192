package main

import (
	"fmt"
	"strings"
)

// github returns the faults as workflow commands, which GitHub shows as annotations at the lines of a pull request.
func (r report) github() string {
	var b strings.Builder
	for _, fault := range r.faults {
		place := r.place(fault.Pos)
		properties := "file=" + githubProperty(place.File)
		if place.Line > 0 {
			properties += fmt.Sprintf(",line=%d", place.Line)
		}
		if place.Col > 0 {
			properties += fmt.Sprintf(",col=%d", place.Col)
		}
		properties += ",title=" + githubProperty("sluice: "+fault.Code)
		fmt.Fprintf(&b, "::%s %s::%s\n", fault.Severity, properties, githubText(r.message(fault)))
	}
	return b.String()
}

// githubText escapes what would end a command or begin another.
func githubText(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

func githubProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(githubText(text))
}
