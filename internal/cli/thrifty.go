package cli

import (
	"os"
	"runtime/debug"
)

// gcPercent is how much garbage may lie about, in percent of what is alive.
const gcPercent = 40

// thrifty lets less garbage lie about than Go's default, which is as much as is alive: an installation beside a field tool
// that was down holds tens of megabytes less, and one that imports a registry a hundred, for some hundredths of its
// processor's time. Where an administrator has set GOGC, that holds.
func thrifty() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
