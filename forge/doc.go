// Package forge speaks to the place where the config repo is hosted: GitHub, GitLab, Gitea and Forgejo, Bitbucket Cloud and
// Bitbucket Data Center. It posts commit statuses, looks after pull requests and checks webhooks.
//
// Each forge is spoken to over plain HTTP, in the files that are named after it. What they have in common is in client.go: logging in,
// limits, and what an answer means; and in comment.go, merge.go, open.go and annotate.go: what is done once, however often it is asked for.
package forge
