// Package i18n says things to people, in Brazilian Portuguese or English: messages by id, errors and reasons by
// their stable codes, dates, times and numbers.
//
// It promises that both languages have the same messages with the same placeholders (its tests see to it), and
// that every code that desk, flow, mapping and connector can give has a text that says what to do. It must not
// know how texts are shown: they are plain, and whoever puts them on a page escapes them.
//
// Ids are dotted paths of the files in mensagens/. A message is a Go template over named arguments; one that
// counts has plural forms, and Portuguese needs three: one (which covers 0, so "none" is a message of its own),
// many (1,000,000) and other.
package i18n
