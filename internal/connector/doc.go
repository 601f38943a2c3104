// Package connector puts a bound call on the wire and brings back what came of it.
//
// It promises to send a request at most once per Send (once more where a 401 says that an OAuth token was not taken, and
// so that nothing was done), and to know whether a byte of it may have left: NotSent is
// said only when none has. It follows no redirect, uses no proxy, reads no more than it is allowed to, and refuses
// addresses of private networks after the name was resolved, unless the connection allows them. Credentials are
// added at the last moment and are not part of what is recorded.
//
// It must not know what an occurrence is, nor where anything is stored: mapping judges the answer.
package connector
