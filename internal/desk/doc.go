// Package desk holds the words and the rules of the after-sales desk: occurrences, movements, the status
// catalogue with its transitions, the registry, methods, environments and the states of a delivery.
//
// It promises to be pure: the same arguments give the same answer, and nothing here reads a clock, a database,
// a file or the network. It must not know how anything is stored, encoded or shown; texts for people are
// message ids with arguments, which the doors translate.
package desk
