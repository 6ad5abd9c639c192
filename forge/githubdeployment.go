package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// hubDeployStates are GitHub's words for how a deployment stands.
var hubDeployStates = map[DeploymentState]string{
	DeploymentRuns: "in_progress", DeploymentSucceeded: "success", DeploymentFailed: "failure", DeploymentDropped: "inactive",
}

// hubDeployStatus is how a deployment stands.
type hubDeployStatus struct {
	State string `json:"state"`
	Text  string `json:"description"`
}

// deployTask tells our deployments from those of others to the same environment.
const deployTask = "sluice"

// SetDeployment uses https://docs.github.com/rest/deployments. With success, those of the environment that were made before become inactive
// by themselves. A commit that comes back to an environment is a new deployment: GitHub leaves those alone that were made after the old one.
func (g *gitHub) SetDeployment(ctx context.Context, d Deployment) error {
	id, last, err := g.lastDeployment(ctx, d)
	if err != nil {
		return notThere(err, g.repository)
	}
	state, text := hubDeployStates[d.State], plainLine(d.Text, gitHubText)
	switch {
	case d.State == DeploymentDropped && (id == 0 || last.State != hubDeployStates[DeploymentRuns]):
		return nil
	case last.State == state && last.Text == text:
		return nil
	case id == 0 || last.State == hubDeployStates[DeploymentDropped]:
		if id, err = g.newDeployment(ctx, d); err != nil {
			return notThere(err, g.repository)
		}
	}
	_, err = g.call(ctx, http.MethodPost, g.deploymentStatuses(id), map[string]any{
		"state": state, "description": text, "log_url": d.URL, "environment": d.Environment,
	}, nil)
	return err
}

func (g *gitHub) deploymentStatuses(id int64) string {
	return fmt.Sprintf("%s/deployments/%d/statuses", g.repo(), id)
}

// lastDeployment finds ours of this commit to this environment, and how it stands; 0 when there is none.
func (g *gitHub) lastDeployment(ctx context.Context, d Deployment) (id int64, last hubDeployStatus, err error) {
	query := url.Values{"sha": {d.Commit}, "environment": {d.Environment}, "task": {deployTask}, "per_page": {"1"}}
	var known []hubDeployment
	if _, err := g.call(ctx, http.MethodGet, g.repo()+"/deployments?"+query.Encode(), nil, &known); err != nil || len(known) == 0 {
		return 0, last, err
	}
	var said []hubDeployStatus
	_, err = g.call(ctx, http.MethodGet, g.deploymentStatuses(known[0].ID)+"?per_page=1", nil, &said) // newest first
	if len(said) > 0 {
		last = said[0]
	}
	return known[0].ID, last, err
}

// hubDeployment is a deployment.
type hubDeployment struct {
	ID int64 `json:"id"`
}

// newDeployment makes one. Without required_contexts, GitHub would refuse it (409) until every status of the commit is a success, our own
// that is pending among them.
func (g *gitHub) newDeployment(ctx context.Context, d Deployment) (int64, error) {
	var made hubDeployment
	_, err := g.call(ctx, http.MethodPost, g.repo()+"/deployments", map[string]any{
		"ref": d.Commit, "environment": d.Environment, "task": deployTask, "auto_merge": false, "required_contexts": []string{},
		"description": plainLine(d.Text, gitHubText),
	}, &made)
	return made.ID, err
}
