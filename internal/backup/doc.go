// Package backup writes an installation into one file and reads it back.
//
// It promises that a file holds the database as it was at one moment and the bytes of every attachment that it names
// then; that what was cut off, altered or left out is found before anything of it counts; and that it needs the same
// little memory for any size. The file is a tar within zstd, so that it can be looked into without Ponte; docs/adr/0016
// says what is in it. The secret key is never in it. It must not know what the rows mean.
package backup
