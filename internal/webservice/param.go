package webservice

// Form says in what shape a parameter arrived, where that makes a difference to the binder.
type Form uint8

const (
	// Plain is a scalar; JSON numbers and booleans are Plain with the text that stood in the body.
	Plain Form = iota
	// Null was sent as null (JSON) or xsi:nil: absent.
	Null
	// Nested is an object or a list where a scalar belongs; Text is its source.
	Nested
	// Hollow is an element without content in an encoding that can tell empty from absent (SOAP). For text it is
	// absent; for anything else it is refused, because PHP's false and node's Date arrive so.
	Hollow
	// File is a part of a multipart body with bytes of its own, in Raw.
	File
)

// Param is one parameter as an encoding found it: UTF-8 text, or the bytes of a file.
type Param struct {
	Name string
	Text string
	Raw  []byte
	Form Form
}

// MaxParams bounds the parameters of one call. Encodings stop there, so that a body of a million names costs
// nothing.
const MaxParams = 256
