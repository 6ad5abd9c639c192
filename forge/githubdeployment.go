package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/sluice-gitops/sluice/record"
)

// hubDeployStates are GitHub's words for how a deployment stands.
var hubDeployStates = map[record.StatusState]string{
	record.StatusPending: "in_progress", record.StatusSuccess: "success", record.StatusFailure: "failure", record.StatusError: "error",
}

// deployTask tells our deployments from those of others to the same environment.
const deployTask = "sluice"

// SetDeployment uses https://docs.github.com/rest/deployments. With success, earlier ones of the environment become inactive.
func (g *gitHub) SetDeployment(ctx context.Context, d Deployment) error {
	id, err := g.deployment(ctx, d)
	if err != nil {
		return notThere(err, g.repository)
	}
	path := fmt.Sprintf("%s/deployments/%d/statuses", g.repo(), id)
	var last []struct {
		State string `json:"state"`
		Text  string `json:"description"`
	}
	if _, err := g.call(ctx, http.MethodGet, path+"?per_page=1", nil, &last); err != nil { // newest first
		return err
	}
	state, text := hubDeployStates[d.State], cut(d.Text, gitHubText)
	if len(last) > 0 && last[0].State == state && last[0].Text == text {
		return nil
	}
	_, err = g.call(ctx, http.MethodPost, path, map[string]any{
		"state": state, "description": text, "log_url": d.URL, "environment": d.Environment,
	}, nil)
	return err
}

// deployment finds ours of this commit to this environment, or makes it. Without required_contexts, GitHub would refuse one (409) until
// every status of the commit is a success, our own that is pending among them.
func (g *gitHub) deployment(ctx context.Context, d Deployment) (int64, error) {
	type deployment struct {
		ID int64 `json:"id"`
	}
	query := url.Values{"sha": {d.Commit}, "environment": {d.Environment}, "task": {deployTask}, "per_page": {"1"}}
	var known []deployment
	if _, err := g.call(ctx, http.MethodGet, g.repo()+"/deployments?"+query.Encode(), nil, &known); err != nil {
		return 0, err
	}
	if len(known) > 0 {
		return known[0].ID, nil
	}
	var made deployment
	_, err := g.call(ctx, http.MethodPost, g.repo()+"/deployments", map[string]any{
		"ref": d.Commit, "environment": d.Environment, "task": deployTask, "auto_merge": false, "required_contexts": []string{},
		"description": cut(d.Text, gitHubText),
	}, &made)
	return made.ID, err
}
