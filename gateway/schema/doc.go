// Package schema knows what a gateway takes: the JSON schemas of its kinds of resources and of its plugins, as the gateway itself
// tells them, and what is wrong with a resource by their light.
//
// A Set holds the schemas of one version of one product. Core returns those of the kinds that are built in; a group's own
// Set comes from its gateway, or from the config repo where it was stored.
//
// The schemas are read as the gateway reads them, which is not quite as the standard says: values that a schema fills in count
// before its conditions are looked at, and an empty list and an empty map are the same. A secret that is not known here counts
// as any text. A pattern that Go can't express holds for every text: the gateway has the last word.
//
// Of what only the gateway's code knows, what concerns upstreams is here (that a key is missing for a hash); that a plugin's
// expression can't be parsed is not.
package schema
