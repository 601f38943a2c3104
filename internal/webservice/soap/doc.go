// Package soap is the SOAP encoding of the webservice operations: 1.1 and 1.2, document/literal wrapped, at one
// address, with Faults in the caller's version and a WSDL made of the same table as the OpenAPI document.
//
// It promises that a stranger's message is read no further than its header (64 KiB), that DTDs and entities are
// refused, that depth, tokens and attributes are bounded, that a message is read to its end or not taken, that values
// are never echoed, and that credentials in a header are neither kept nor logged. It must not know any operation: it
// reads the registry.
package soap
