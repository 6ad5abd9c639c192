package api7

import (
	"errors"
	"net/http"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// failure makes an error that came before a request the failure of the request. What was tried already is not tried again.
func failure(c admin.Call, err error) *admin.Failure {
	if own := (*gateway.Error)(nil); errors.As(err, &own) {
		return &admin.Failure{Error: own}
	}
	return c.Fail(gateway.Refused, 0, err.Error(), err)
}

func asError(err error) *gateway.Error {
	own := (*gateway.Error)(nil)
	if errors.As(err, &own) {
		return own
	}
	return nil
}

// foreignAnswer is the error of a document that isn't what the API gives.
func foreignAnswer(what string) error {
	c := admin.Call{Op: "read " + what}
	err := admin.Foreign("no value in it")
	return c.Fail(gateway.Unreachable, http.StatusOK, err.Error(), err).Error
}
