// Package webservice is the toolkit on which Ponte's webservice operations are defined once. Encodings stand on
// it: rest, soap, whatever comes next. An encoding turns a request into a list of Param, hands it to
// Registry.Serve and renders the Node list of the Answer; the operations never learn which one it was.
//
// What it promises: every operation is bound, checked and answered by the same code whatever the encoding; every
// fault of a call is gathered at once; no message repeats a value that was received; a refused call of an
// authenticated caller always reaches Registry.Keep unless the use case kept it; a panic is an answer, not a
// crash; reflection happens in Define, not in a call.
//
// What it must not know: net/http, how a token is stored, what an operation does.
package webservice
