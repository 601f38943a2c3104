package flow

import "ponte/internal/store"

// Unavailable says whether an error is the world's and passes by itself: the database is away, or the disk is full. Doors
// answer it as desk.ErrUnavailable. A caller can't know whether the call was done, and repeats it under its id.
func Unavailable(err error) bool { return store.Unavailable(err) }
