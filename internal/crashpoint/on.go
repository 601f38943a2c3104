//go:build crashpoints

package crashpoint

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

var counts sync.Map // name -> *atomic.Int64

// Pass marks a point, and does not return from the one at which the process is to die.
func Pass(name string) {
	at, nth, ok := strings.Cut(os.Getenv("PONTE_CRASH_AT"), ":")
	if !ok || at != name {
		return
	}
	n, err := strconv.ParseInt(nth, 10, 64)
	if err != nil {
		panic("PONTE_CRASH_AT: " + err.Error())
	}
	c, _ := counts.LoadOrStore(name, new(atomic.Int64))
	if c.(*atomic.Int64).Add(1) == n {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}
