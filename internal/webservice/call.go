package webservice

import (
	"fmt"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// Credentials are what a caller proved itself with, in whatever way the encoding carries them.
type Credentials struct {
	Scheme string // "bearer", "basic" or "wsse"
	Token  string
}

// Caller is an authenticated token.
type Caller struct {
	Actor desk.Actor
	// Trial is set where a person acts in the token's place, to see what comes of it.
	Trial *flow.Trial
	// IgnoreUnknown turns unknown parameters into warnings.
	IgnoreUnknown bool
	// Token is whatever else the house knows of it; the toolkit never looks inside.
	Token any
}

// Call is one call of an operation, as it is kept.
type Call struct {
	// ID is the kept call's id; empty until something has kept it. A use case that keeps the call sets it.
	ID string
	// Request identifies the exchange in the log and in answers, whether or not it was kept.
	Request   string
	Operation string
	Reads     bool
	Door      string // "rest" or "soap"
	// Caller is nil until the caller is authenticated; a use case always finds one.
	Caller *Caller
	// Raw is what was received, without credentials and without the bytes of files: the canonical JSON (see
	// Params), or, where Undecoded, up to 64 KiB of the body as text.
	Raw       []byte
	Undecoded bool
	// Hash is the SHA-256 of what was received, in hex: of Raw, or of the whole body where Undecoded.
	Hash     string
	Warnings []desk.FieldError
	// Replay is set where a person sends a kept call again; the toolkit only passes it on.
	Replay *flow.Replay
}

func (c *Call) received(canonical []byte) {
	c.Raw, c.Hash, c.Undecoded = canonical, hashOf(canonical), false
}

// ReceivedUndecoded records a body that no parameters could be read from, with those that are known from elsewhere
// (the occurrence's number in a path) before it. Of an operation that takes a file only the size is kept, because
// the body may hold one.
func (c *Call) ReceivedUndecoded(e *Entry, body []byte, known ...Param) {
	if _, file := e.FileParam(); file {
		c.ReceivedUnkept(int64(len(body)), known...)
	} else {
		c.Raw = append(knownText(known), undecodedText(body)...)
	}
	c.Undecoded, c.Hash = true, hashOf(body)
}

// ReceivedText records a text in which not even the operation was found.
func (c *Call) ReceivedText(text []byte) {
	c.Raw, c.Undecoded, c.Hash = undecodedText(text), true, hashOf(text)
}

// ReceivedUnkept records a call of whose body only the size is kept, -1 where that isn't known: it was refused
// unread, or may hold a file.
func (c *Call) ReceivedUnkept(size int64, known ...Param) {
	c.Undecoded = true
	c.Raw = knownText(known)
	if size < 0 {
		c.Raw = append(c.Raw, "(corpo de tamanho não declarado, não guardado)"...)
	} else {
		c.Raw = fmt.Appendf(c.Raw, "(corpo de %d bytes, não guardado)", size)
	}
	c.Hash = hashOf(c.Raw)
}

func knownText(known []Param) []byte {
	var b []byte
	for _, p := range known {
		b = fmt.Appendf(b, "%s: %s\n\n", p.Name, undecodedText([]byte(p.Text)))
	}
	return b
}
