// Package web answers over HTTP: whether the daemon lives and is ready, what it knows as JSON, a stream of what changes, and the few acts
// by which people pause an environment, let it go on, or ask for a look.
//
// Every route stands in one table with the role that it needs (Handler.Routes), and nothing else is answered. Package access stands
// before each; what others serve (the page, metrics, webhooks) is handed in as routes. No answer holds a credential.
package web
