package forge

import (
	"context"
	"net/url"
)

// labStates are the states of a job or a status (https://docs.gitlab.com/api/commits/#list-commit-statuses). One that is not here
// counts as a failure.
var labStates = map[string]verdict{
	"success": passed, "skipped": passed, "manual": passed,
	"created": waiting, "pending": waiting, "preparing": waiting, "running": waiting, "scheduled": waiting, "waiting_for_resource": waiting,
}

// Checks reads the newest status of each name, the jobs of pipelines among them. What may fail counts as passed when it does.
func (g *gitLab) Checks(ctx context.Context, commit string) (Checks, error) {
	type told struct {
		Name    string `json:"name"`
		Status  string `json:"status"`
		MayFail bool   `json:"allow_failure"`
	}
	path := g.project() + "/repository/commits/" + url.PathEscape(commit) + "/statuses?per_page=100"
	all, err := list[told](ctx, g.client, path)
	if err != nil {
		return Checks{}, notThere(err, g.repository)
	}
	var checks Checks
	for _, one := range all {
		said := labStates[one.Status]
		if said == failed && one.MayFail {
			said = passed
		}
		checks.tally(one.Name, said)
	}
	return checks, nil
}
