package flow

import (
	"crypto/sha256"
	"sync"

	"ponte/internal/mapping"
)

// Compiler makes documents of configurations ready for use and remembers the latest ones: a version is compiled to be checked when
// it is published, again to be run, and again where an earlier one is restored. It is safe for concurrent use; what it answers is
// shared, and nobody changes it.
type Compiler struct {
	mu  sync.Mutex
	had map[compiling]*config
}

type compiling struct {
	document [sha256.Size]byte
	kept     bool
}

// compiledKept is how many are remembered: more than anybody goes back to.
const compiledKept = 64

// published takes a document that is to be published.
func (k *Compiler) published(doc []byte) (*config, error) { return k.compile(doc, false) }

// kept takes one that was: maybe by a later release.
func (k *Compiler) kept(doc []byte) (*config, error) { return k.compile(doc, true) }

func (k *Compiler) compile(doc []byte, kept bool) (*config, error) {
	key := compiling{sha256.Sum256(doc), kept}
	if c := k.remembered(key); c != nil {
		return c, nil
	}
	parse := mapping.Parse
	if kept {
		parse = mapping.ParseKept
	}
	parsed, err := parse(doc)
	if err != nil {
		return nil, err
	}
	rules, err := mapping.Compile(parsed)
	if err != nil {
		return nil, err
	}
	c := &config{Config: parsed, rules: rules}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.had == nil || len(k.had) >= compiledKept {
		k.had = map[compiling]*config{}
	}
	k.had[key] = c
	return c, nil
}

// remembered: what could be published reads the same when it is read as kept.
func (k *Compiler) remembered(key compiling) *config {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c := k.had[key]; c != nil || !key.kept {
		return c
	}
	return k.had[compiling{key.document, false}]
}
