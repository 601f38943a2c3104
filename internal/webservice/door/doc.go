// Package door is what every HTTP encoding of the webservice operations does around a call: it authenticates,
// limits, makes room for large bodies, bounds reading, guards against panics, writes the answer and records it.
//
// It promises that a stranger's call is counted and never kept, that large bodies of all doors together take no
// more memory than was said, that no body is read past its limit or for longer than its time, and that the log holds
// neither bodies nor personal data. It must not know any encoding or operation.
package door
