// Package blob keeps the bytes of attachments by their SHA-256, in a folder or in any bucket that gocloud.dev/blob
// can open, and makes thumbnails of pictures.
//
// It promises that what Keep acknowledged is durable, whole and under its hash, that no one ever sees half a blob,
// and that it needs the same little memory for a file of any size. It must not know what the bytes are for, who may
// see them, nor which are still named by someone: that is the database's to say.
package blob
