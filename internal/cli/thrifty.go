package cli

import (
	"os"
	"runtime/debug"
)

// gcPercent is how much garbage may lie about while the registry is imported, in percent of what is alive.
const gcPercent = 40

// thrifty lets less garbage lie about until the answer is called. What a walk keeps of each row lives until its end, so that
// with Go's default as much again would lie beside it; with this, collections come about as often as they do without an
// import, and look at as little: what is kept holds no pointers. Where an administrator has set GOGC, that holds.
func thrifty() (over func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(gcPercent)
	return func() { debug.SetGCPercent(before) }
}
