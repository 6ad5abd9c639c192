// Package policy checks desired state against the rules of the config repo.
//
// The rules stand in policies/, as expressions of CEL, the Common Expression Language. Load compiles them once. Set.Check then
// holds the desired state of one gateway group against them, and gives a fault for each resource that breaks one, placed where
// the config repo wrote the thing. What can't be decided is denied: a rule that fails at run time never passes for kept.
//
// The package reads nothing but the file system that it is given and has no clock. Expressions can call nobody, have a limit on
// their cost, and see of a secret only that there is one.
package policy
