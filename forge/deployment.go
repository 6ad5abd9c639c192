package forge

import (
	"context"

	"github.com/sluice-gitops/sluice/record"
)

// Deployment is that a commit goes to an environment.
type Deployment struct {
	Commit      string // whole hash
	Environment string
	State       DeploymentState
	Text        string // one line; cut to what the forge takes
	URL         string // where the text leads to
}

// DeploymentState is how a deployment stands. The zero value is none.
type DeploymentState int

// The states of a deployment.
const (
	DeploymentRuns DeploymentState = iota + 1
	DeploymentSucceeded
	DeploymentFailed
	// DeploymentDropped: it has begun and will not be finished, because a newer commit took its place. One that has not begun is not begun.
	DeploymentDropped
)

// Deployments shows where which commit runs. GitHub and GitLab have a place for that, the other types of forges don't implement it.
type Deployments interface {
	// SetDeployment shows d: it begins the deployment of that commit to that environment unless there is one, and says how it stands. The
	// same again changes nothing. Errors are of type *Error.
	SetDeployment(ctx context.Context, d Deployment) error
}

var (
	_ Deployments = (*gitHub)(nil)
	_ Deployments = (*gitLab)(nil)
)

// deploymentState is what an entry of an environment says of the deployment of its commit; zero: nothing.
func deploymentState(e record.Entry) DeploymentState {
	switch e.State {
	case record.Applying, record.Verifying:
		return DeploymentRuns
	case record.Applied, record.Unchanged:
		return DeploymentSucceeded
	case record.Held, record.Failed, record.RolledBack:
		return DeploymentFailed
	case record.Superseded:
		return DeploymentDropped
	}
	return 0
}
