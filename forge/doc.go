// Package forge speaks to the place where the config repo is hosted: GitHub, GitLab, Gitea and Forgejo, Bitbucket Cloud and
// Bitbucket Data Center. It posts commit statuses, looks after pull requests and checks webhooks.
//
// Each forge is one file over plain HTTP. What they have in common is in client.go: logging in, limits, and what an answer means.
package forge
