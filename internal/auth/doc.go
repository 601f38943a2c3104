// Package auth holds what proves who someone is: passwords of people and keys of programs.
//
// It promises that a password is never kept, only its argon2id hash; that looking at an unknown account takes as
// long as looking at a known one; and that hashing never takes more memory than its slots allow. It must not know
// how accounts, tokens and sessions are stored, nor over which door they come.
package auth
