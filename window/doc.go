// Package window tells whether an apply may start in an environment at a moment, by the windows and the freeze of its rollout, and
// when it may next.
//
// The clock on the wall of a window's zone decides. Where it is put forward, the times that it leaves out do not happen, and a
// window that begins in them opens when the clock has jumped over its beginning. Where it is put back, the times that it reads twice
// happen twice. A Schedule has no clock of its own, and knows nothing of pauses.
package window
