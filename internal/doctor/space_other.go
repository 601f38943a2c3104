//go:build !linux && !darwin

package doctor

// Room can't be asked here.
func Room(string) (free uint64, known bool) { return 0, false }
