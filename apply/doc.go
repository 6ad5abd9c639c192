// Package apply carries out a plan against one gateway group.
//
// The steps of a plan run one after the other. Within a step, creates, updates and adopts go down the dependency order of
// kinds and deletes go up it: all changes of one kind run side by side, and the next kind begins when the previous one has
// ended, because the Admin API checks references at every write. A barrier holds the next step back until every instance
// has taken the changes before it.
//
//	what happens                        what follows
//	a change is refused                 what refers to it is skipped, the rest of expand and switch goes on, contract is skipped
//	a delete of contract is refused     what the kept resource refers to is skipped, the other deletes go on
//	denied, unreachable, barrier fails  changes in flight finish, all others are skipped
//	somebody else has changed a key     nothing of this step is written, all others are skipped
//	the context is cancelled            as for denied
//
// The package does not retry and does not decide what to change. Of live it asks only, where the gateway can tell, whether somebody
// else has changed what a step is about to write.
package apply
