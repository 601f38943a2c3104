//go:build crashpoints

package crashpoint

import (
	"os"
	"strings"
	"time"
	"unsafe"
)

// Now is the process's clock, set by as much as the file says that PONTE_TEST_CLOCK names ("1h", "-1h"): as when somebody
// sets the machine's clock, the wall clock jumps and durations go on. There is no such file, or nothing in it: no jump.
func Now() time.Time {
	now := time.Now()
	name := os.Getenv("PONTE_TEST_CLOCK")
	if name == "" {
		return now
	}
	text, err := os.ReadFile(name)
	if err != nil || len(text) == 0 {
		return now
	}
	by, err := time.ParseDuration(strings.TrimSpace(string(text)))
	if err != nil {
		panic("PONTE_TEST_CLOCK: " + err.Error())
	}
	return set(now, by)
}

// set moves the wall reading of a time and leaves its monotonic one, which package time has no way to say: of the first
// word, bits 30 to 62 are seconds. It makes sure that it did what it promises.
func set(t time.Time, by time.Duration) time.Time {
	moved := t
	*(*uint64)(unsafe.Pointer(&moved)) += uint64(by/time.Second) << 30
	if moved.Sub(t) != 0 || moved.Round(0).Sub(t.Round(0)) != by.Truncate(time.Second) {
		panic("crashpoint: time.Time is not laid out as it was")
	}
	return moved
}
