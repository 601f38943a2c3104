package web

// Patiently writes an answer whose every piece has to be taken.
var Patiently = patiently

// Patterns is every route of the pages, for the table of who may.
func Patterns() []string {
	s := &site{}
	s.routes()
	return s.patterns
}
