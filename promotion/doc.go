// Package promotion moves the pins of one environment to what another one has applied and verified.
//
// Find works out which pins move and what comes with them; Edit writes the same environment.yaml with other revisions, and proves that
// these pins have moved and nothing else. Neither writes anything: what is made of it, a branch of a clone or a pull request, is for the
// caller. A Promoter makes pull requests of it, and keeps them in order.
package promotion
