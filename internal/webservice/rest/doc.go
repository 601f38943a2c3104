// Package rest is the REST encoding of the webservice operations: routes, bodies in JSON, forms and multipart,
// answers in JSON, text and XML, errors as RFC 9457 problems, and the OpenAPI document.
//
// It promises that authentication comes before a byte of the body is read, that no body is read past its limit,
// that every answer, 404 and panics included, has the contract's form, and that the log holds neither bodies nor
// personal data. It must not know any operation: it reads the registry.
package rest
