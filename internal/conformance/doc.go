// Package conformance walks through homologation with the configuration that runs, and brings back a verdict on every
// point and door (B3): success, refusal, wrong credentials, timeout, the same call again, accents, attachment, look-up.
//
// What it promises: its calls are the real ones, frozen, bound, sent and judged by the very code that deliveries go
// through, and looked up before they are sent again; each is recorded before a byte of it leaves; nothing of it ever
// goes to production; one run at a time, bounded in time, and one whose process died is seen to be dead. It also makes
// single calls for whoever is configuring (Trial).
//
// What it must not know: SQL, and how the doors and pages are served. What it finds is codes and arguments, for the
// pages to word.
package conformance
