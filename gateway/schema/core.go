package schema

import (
	_ "embed"
	"sync"
)

//go:embed core.json
var coreText []byte

// Core returns the schemas of the kinds that are built in: those of the newest APISIX. It
// knows no plugins.
func Core() *Set { return core() }

var core = sync.OnceValue(func() *Set {
	set, err := Decode(coreText)
	if err != nil {
		panic("schema: core.json: " + err.Error()) // it is part of the program, and a test reads it
	}
	return set
})
