// Package importer reads the sheets that Brazilian offices make of their ERP's registry (developments, blocks, units,
// customers, contracts) and takes them row by row to the use case that imports.
//
// It promises that what a sheet says is understood or refused by its line and reason, never guessed: separators,
// encodings, headers as people write them, CPFs that lost their zeros. Its memory does not grow with the sheet but for
// the few bytes a row that the use case keeps. Refused rows come out as a sheet that can be mended and sent again. It
// must not know what a row means to the registry.
package importer
