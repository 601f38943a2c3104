package outbox

import (
	"flag"
	"os"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// repeatedly checks a property with so many histories of about so many steps, and goes on for PONTE_SOAK, such as
// 10m, where that is set.
func repeatedly(t *testing.T, checks, steps int, property func(*rapid.T)) {
	t.Helper()
	var soak time.Duration
	if text := os.Getenv("PONTE_SOAK"); text != "" {
		var err error
		if soak, err = time.ParseDuration(text); err != nil {
			t.Fatalf("PONTE_SOAK: %v", err)
		}
	}
	for name, n := range map[string]int{"rapid.checks": checks, "rapid.steps": steps} {
		f := flag.Lookup(name)
		former := f.Value.String()
		if former != f.DefValue {
			continue // somebody asks for more, or for less
		}
		if err := f.Value.Set(strconv.Itoa(n)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Value.Set(former) })
	}
	for end := time.Now().Add(soak); ; {
		rapid.Check(t, property)
		if !time.Now().Before(end) {
			return
		}
	}
}
