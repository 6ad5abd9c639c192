package web

import (
	_ "embed"
	"net/http"
)

//go:embed openapi.json
var openAPIDocument []byte

// openAPI answers with the OpenAPI document of the API, which a test holds to the routes and the types.
func openAPI(w http.ResponseWriter, req *http.Request) { writeJSON(w, req, openAPIDocument) }
