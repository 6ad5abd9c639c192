package web

import (
	"net/http"

	"github.com/sluice-gitops/sluice/web/access"
)

// Route is one thing that is answered.
type Route struct {
	Pattern string      // a method and a path, as http.ServeMux takes them
	Needs   access.Role // who may ask
	In      string      // the part of the pattern that holds the environment in which the role must be theirs; empty: everywhere
	Handler http.Handler
	Doc     *Doc // nil: the route is no part of the API
}

// Doc says what the API document tells of a route.
type Doc struct {
	Summary string
	Query   []Parameter
	Body    any // a value of the type of the request's body; nil: none
	Answer  any // a value of the type of the answer; nil: a stream of events
}

// Parameter is one that stands in the query of a request.
type Parameter struct {
	Name    string
	Meaning string
	Type    string // "string", "integer", "boolean" or "date-time"
}
