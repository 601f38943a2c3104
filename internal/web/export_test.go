package web

// Patterns is every route of the pages, for the table of who may.
func Patterns() []string {
	s := &site{}
	s.routes()
	return s.patterns
}
