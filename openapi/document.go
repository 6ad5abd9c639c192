package openapi

import "github.com/sluice-gitops/sluice/diag"

// Document is what Sluice reads of an OpenAPI document. The zero value has no operations.
type Document struct {
	File       string
	Title      string // of info; may be empty
	Version    string // of info: that of the API; may be empty
	Operations []Operation

	pos     diag.Pos // of paths
	servers []server
	plugins map[string]any // of x-sluice-plugins at the top
	schemes map[string]scheme
}

// Operation is one method of one path.
type Operation struct {
	Pos    diag.Pos // of the method
	Method string   // in capitals
	Path   string   // as it is written, without the base path of the servers
	ID     string   // the operationId; may be empty

	summary    string
	tags       []string
	deprecated bool
	security   []requirement
	extensions extensions
	template   template
	examples   map[string]string // a value for parameters of the path that have an example
}

// Name returns the method and the path, as in "GET /users/{id}".
func (o Operation) Name() string { return o.Method + " " + o.Path }

// BasePath returns the path of the first server, which stands before the path of each operation; "" for none.
func (d Document) BasePath() string {
	for _, s := range d.servers {
		if s.fault == nil {
			return s.basePath
		}
	}
	return ""
}
