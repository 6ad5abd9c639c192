// Package openapi turns OpenAPI documents into layers, and holds routes against them.
//
// Read takes a document of OpenAPI 3 in YAML or JSON and keeps what concerns a gateway: operations, servers, security. Import makes a
// layer of it: an upstream, a service and a route for each operation. Compare says what a layer that was made before would gain and
// lose. Contracts are the documents that a config repo holds: Check says which operations no route of a service answers, and which
// routes no operation describes.
//
// The package is pure. It follows no reference that leaves the document, and reads no schemas: those may be faulty or elsewhere.
package openapi
