package forge

import (
	"context"

	"github.com/sluice-gitops/sluice/record"
)

// Deployment is that a commit goes to an environment.
type Deployment struct {
	Commit      string // whole hash
	Environment string
	State       record.StatusState // pending: it has begun; all others end it
	Text        string             // one line; cut to what the forge takes
	URL         string             // where the text leads to
}

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
