package webservice

import (
	"testing"

	"ponte/internal/i18n"
)

// TestPagesKnowEveryFieldsError: what a program reads in Portuguese, a person who mends or tries a call reads in their
// language.
func TestPagesKnowEveryFieldsError(t *testing.T) {
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []*i18n.Localizer{words.In("pt-BR"), words.In("en")} {
		for code := range fieldTexts {
			if !l.Has("field." + code) {
				t.Errorf("%s: no words for field.%s", l.Lang, code)
			}
		}
	}
}
