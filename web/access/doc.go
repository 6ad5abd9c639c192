// Package access decides who may do what over HTTP. A Door stands before every route: it finds out who asks (by a static token, by a
// session that began with a login, or as nobody), and lets through who has the role that the route needs. It also holds what a browser
// must be kept from: forged requests, foreign host names, scripts and frames of others.
//
// Sessions are sealed cookies: nothing is kept here but those that were ended early. The package reads no file and has no settings of its
// own; what it needs is in Config, and can be exchanged while the Door is in use.
package access
