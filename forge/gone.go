package forge

import (
	"context"
	"fmt"
	"net/http"
)

// noPull tells a pull request that is not there from a repository that is not: both are the same 404. Where is the path of the repository;
// it is asked for only then.
func (c *client) noPull(ctx context.Context, err error, where, name string, number int) error {
	if !final(err, http.StatusNotFound) {
		return err
	}
	if _, probe := c.call(ctx, http.MethodGet, where, nil, nil); probe != nil {
		return notThere(probe, name)
	}
	return &Error{
		Class: Final, Status: http.StatusNotFound, What: fmt.Sprintf("%s has no pull request %d", name, number),
		Hint: "or the token may not see pull requests",
	}
}
