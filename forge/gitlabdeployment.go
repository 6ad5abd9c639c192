package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// labDeployStates are GitLab's words for how a deployment stands.
var labDeployStates = map[DeploymentState]string{
	DeploymentRuns: "running", DeploymentSucceeded: "success", DeploymentFailed: "failed", DeploymentDropped: "canceled",
}

// labDeployment is a deployment (https://docs.gitlab.com/api/deployments/).
type labDeployment struct {
	ID     int64  `json:"id"`
	SHA    string `json:"sha"`
	Status string `json:"status"`
}

// SetDeployment shows a deployment; GitLab makes the environment when there is none. It keeps no text for one. One that has ended can't
// be changed there: another outcome is another deployment of the same commit.
func (g *gitLab) SetDeployment(ctx context.Context, d Deployment) error {
	state := labDeployStates[d.State]
	last, err := g.lastDeployment(ctx, d)
	switch {
	case err != nil:
		return notThere(err, g.repository)
	case last.Status == state:
		return nil
	case d.State == DeploymentDropped && last.Status != "running":
		return nil
	case last.Status == "running" || last.Status == "created":
		_, err = g.call(ctx, http.MethodPut, fmt.Sprintf("%s/deployments/%d", g.project(), last.ID), map[string]string{"status": state}, nil)
		return err
	}
	_, err = g.call(ctx, http.MethodPost, g.project()+"/deployments", map[string]any{
		"environment": d.Environment, "sha": d.Commit, "ref": g.branch, "tag": false, "status": state,
	}, nil)
	return err
}

// lastDeployment returns the newest deployment of this commit among the last hundred to its environment; the zero value when there is none,
// or when another commit has succeeded there since: then this one has come back, and is deployed anew.
func (g *gitLab) lastDeployment(ctx context.Context, d Deployment) (labDeployment, error) {
	query := url.Values{"environment": {d.Environment}, "order_by": {"id"}, "sort": {"desc"}, "per_page": {"100"}}
	var all []labDeployment
	if _, err := g.call(ctx, http.MethodGet, g.project()+"/deployments?"+query.Encode(), nil, &all); err != nil {
		return labDeployment{}, err
	}
	for _, one := range all {
		if one.SHA == d.Commit {
			return one, nil
		}
		if one.Status == labDeployStates[DeploymentSucceeded] && d.State != DeploymentDropped {
			break
		}
	}
	return labDeployment{}, nil
}
