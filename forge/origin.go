package forge

import "context"

// Origins knows which pull request has brought a commit. Every type of forge does.
type Origins interface {
	// Origin returns the number of the merged pull request into a branch that brought a commit, given by its whole hash; 0: none did.
	// Errors are of type *Error.
	Origin(ctx context.Context, commit, base string) (int, error)
}

var (
	_ Origins = (*gitHub)(nil)
	_ Origins = (*gitLab)(nil)
	_ Origins = (*gitea)(nil)
	_ Origins = (*bitbucket)(nil)
	_ Origins = (*dataCenter)(nil)
)
