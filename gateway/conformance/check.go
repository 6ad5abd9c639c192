package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// check is one thing that a gateway must do.
type check struct {
	name string
	run  func(context.Context) error
}

// checkTime is how long one check may take.
const checkTime = 2 * time.Minute

// skip ends a check that does not apply.
type skip string

func (s skip) Error() string { return string(s) }

func (s *suite) checks() []check {
	list := []check{
		{"version is told", s.checkVersion},
		{"wrong key is denied", s.checkWrongKey},
		{"no key is denied", s.checkNoKey},
		{"unknown id is absent", s.checkUnknownID},
		{"unknown field is refused", s.checkUnknownField},
		{"unknown plugin is refused", s.checkUnknownPlugin},
		{"size limit is refused", s.checkSizeLimit},
		{"list comes whole", s.checkList},
	}
	for _, kind := range gateway.Kinds() {
		list = append(list, check{"round trip of " + string(kind), func(ctx context.Context) error { return s.checkKind(ctx, kind) }})
	}
	list = append(list,
		check{"all kinds at once", s.checkAllKinds},
		check{"defaults make no difference", s.checkDefaults},
		check{"ssl key is hidden", s.checkHiddenKey},
		check{"secret of a plugin reads back", s.checkEncrypted},
		check{"missing reference is refused", s.checkMissingReference},
		check{"delete in use is refused", s.checkInUse},
		check{"what is not owned is left alone", s.checkOwnership},
		check{"configs/validate agrees", s.checkValidate},
		check{"barrier is confirmed", s.checkBarrier},
	)
	for _, name := range pluginNames() {
		list = append(list, check{"plugin " + name, func(ctx context.Context) error { return s.checkPlugin(ctx, name) }})
	}
	for _, move := range moves() {
		list = append(list, check{"traffic while " + move.name, func(ctx context.Context) error { return s.checkTraffic(ctx, move) }})
	}
	return append(list, check{"others' resources are as before", s.checkForeign})
}

// run carries out one check and removes what it made, so that the next one begins with nothing.
func (s *suite) run(ctx context.Context, c check) Result {
	began := time.Now()
	limited, cancel := context.WithTimeoutCause(ctx, checkTime, errors.New("the check took too long"))
	defer cancel()
	err := c.run(limited)
	result := Result{Check: c.name, Outcome: Passed, Took: time.Since(began)}
	if why, ok := errors.AsType[skip](err); ok {
		result.Outcome, result.Note = Skipped, string(why)
	} else if err != nil {
		result.Outcome, result.Note = Failed, err.Error()
	}
	if ctx.Err() != nil {
		return result // the end cleans up
	}
	if err := s.clean(ctx); err != nil {
		result.Outcome, result.Note = Failed, fmt.Sprintf("clean up: %v (%s)", err, result.Note)
	}
	return result
}
