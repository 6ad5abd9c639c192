package forge

import (
	"context"
	"net/url"
)

// hubStates are the states of a commit status at GitHub and Gitea. A state that is not here counts as a failure: Gitea stores any text.
var hubStates = map[string]verdict{"success": passed, "skipped": passed, "neutral": passed, "pending": waiting}

// hubStatus is one context of a combined status. GitHub tells its state under one name, Gitea under another.
type hubStatus struct {
	Context string `json:"context"`
	State   string `json:"state"`
	Status  string `json:"status"`
}

// combined is the newest status of each context.
type combined struct {
	Statuses []hubStatus `json:"statuses"`
}

// checkRuns are what Apps say. A run that has not ended has no conclusion.
type checkRuns struct {
	Runs []struct {
		Name       string `json:"name"`
		Status     string `json:"status"`
		Conclusion string `json:"conclusion"`
	} `json:"check_runs"`
}

// Checks reads both that GitHub has: commit statuses (https://docs.github.com/rest/commits/statuses) and the check runs of Apps
// (https://docs.github.com/rest/checks/runs).
func (g *gitHub) Checks(ctx context.Context, commit string) (Checks, error) {
	var checks Checks
	path := g.repo() + "/commits/" + url.PathEscape(commit)
	statuses, err := pages[combined](ctx, g.client, path+"/status?per_page=100")
	if err != nil {
		return Checks{}, notThere(err, g.repository)
	}
	for _, page := range statuses {
		for _, one := range page.Statuses {
			checks.tally(one.Context, hubStates[one.State])
		}
	}
	runs, err := pages[checkRuns](ctx, g.client, path+"/check-runs?filter=latest&per_page=100")
	if fault, ok := asError(err); ok {
		if fault.Class == Denied {
			fault.Hint = "give the token the right to read checks"
		}
		return Checks{}, notThere(err, g.repository)
	}
	for _, page := range runs {
		for _, run := range page.Runs {
			said := hubStates[run.Conclusion]
			if run.Status != "completed" {
				said = waiting
			}
			checks.tally(run.Name, said)
		}
	}
	return checks, nil
}
