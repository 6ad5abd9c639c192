package main

import "github.com/sluice-gitops/sluice/diag"

// gitlabIssue is one entry of a code quality report of GitLab.
type gitlabIssue struct {
	Description string         `json:"description"`
	CheckName   string         `json:"check_name"`
	Fingerprint string         `json:"fingerprint"`
	Severity    string         `json:"severity"`
	Location    gitlabLocation `json:"location"`
}

type gitlabLocation struct {
	Path  string      `json:"path"`
	Lines gitlabLines `json:"lines"`
}

type gitlabLines struct {
	Begin int `json:"begin"`
}

// gitlab returns the faults as a code quality report, which a merge request shows at its lines.
func (r report) gitlab() []gitlabIssue {
	issues, prints := []gitlabIssue{}, r.fingerprints()
	for i, fault := range r.faults {
		place, severity := r.place(fault.Pos), "major"
		if fault.Severity == diag.Warning {
			severity = "minor"
		}
		issues = append(issues, gitlabIssue{
			Description: r.message(fault), CheckName: fault.Code, Fingerprint: prints[i], Severity: severity,
			Location: gitlabLocation{Path: place.File, Lines: gitlabLines{Begin: max(1, place.Line)}},
		})
	}
	return issues
}
