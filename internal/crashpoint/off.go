//go:build !crashpoints

package crashpoint

// Pass marks a point.
func Pass(string) {}
