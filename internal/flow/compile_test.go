package flow

import (
	"bytes"
	"fmt"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// TestADocumentIsCompiledOnce, however it is asked for; but what only a kept one may hold is still refused of one that is to be
// published, and the number of those that are remembered is bounded.
func TestADocumentIsCompiledOnce(t *testing.T) {
	var k Compiler
	c, err := mapping.Default(desk.MethodC, "mobuss-atual")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	first, err := k.published(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, again := range []func([]byte) (*config, error){k.published, k.kept} {
		if c, err := again(bytes.Clone(doc)); err != nil || c != first {
			t.Errorf("compiled anew: %v", err)
		}
	}
	later := append(bytes.Clone(doc), "de_uma_versao_futura: 1\n"...)
	if _, err := k.kept(later); err != nil {
		t.Errorf("a later release's document: %v", err)
	}
	if _, err := k.published(later); err == nil {
		t.Error("a key that nobody knows was published")
	}
	for i := range 2 * compiledKept {
		if _, err = k.kept(fmt.Appendf(bytes.Clone(doc), "chave_%d: 1\n", i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(k.had) > compiledKept {
		t.Errorf("%d are remembered", len(k.had))
	}
}
