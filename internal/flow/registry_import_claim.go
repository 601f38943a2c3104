package flow

import (
	"encoding/binary"
	"hash/maphash"
)

// claim is what a row said of a thing, so that a second row that says otherwise is found.
type claim struct {
	said uint32 // a fingerprint
	ref  uint32 // file and line
}

func refOf(r *RegistryRow) uint32      { return uint32(r.File)<<26 | uint32(r.Line)&(1<<26-1) }
func (c claim) line() int              { return int(c.ref & (1<<26 - 1)) }
func (c claim) file() int              { return int(c.ref >> 26) }
func (c claim) by(r *RegistryRow) bool { return c.ref == refOf(r) }

// claim notes what a row says of a thing. twice is an earlier row that says otherwise.
func (im *RegistryImport) claim(v *verdict, at uint64, r *RegistryRow, says bool, what func() uint32) (e earlier, twice *claim) {
	c, ok := im.said.get(at)
	mine := ok && c.by(r)
	if ok && !mine {
		e = earlier{named: true, alike: !says || im.columns[c.file()] == r.Columns}
	}
	switch {
	case !says:
	case !ok:
		mine := claim{what(), refOf(r)}
		v.claims = append(v.claims, heldClaim{at, mine})
	case e.named && e.alike && c.said != what():
		return e, &c
	}
	return e, nil
}

// earlier is what earlier rows of the same walk have to do with a thing. A plan, which finds the thing as it was before
// all of them, takes it from there.
type earlier struct {
	named bool // one named it: by then it will be there
	alike bool // ... and says all that this row does
}

func (v *verdict) contradicts(field string, r *RegistryRow, c claim) {
	if c.file() == r.File {
		v.bad(field, "repetido_diferente", "linha", c.line())
	} else {
		v.bad(field, "repetido_diferente_em_outro", "linha", c.line(), "arquivo", c.file()+1)
	}
}

// has is a value that the sheet says, told apart from one that it doesn't.
func (r *RegistryRow) has(c RegistryColumns, value string) string {
	if r.Columns.Has(c) {
		return "=" + value
	}
	return ""
}

func yes(b bool) string {
	if b {
		return "sim"
	}
	return "nao"
}

func (im *RegistryImport) hash(parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(im.seed)
	for _, p := range parts {
		var n [4]byte
		binary.LittleEndian.PutUint32(n[:], uint32(len(p)))
		_, _ = h.Write(n[:])
		_, _ = h.WriteString(p)
	}
	return h.Sum64()
}

func (im *RegistryImport) print(parts ...string) uint32 { return uint32(im.hash(parts...)) }

// bitmap is a set of row ids, which are dense.
type bitmap []uint64

func (b *bitmap) set(id int64) {
	if at := int(id / 64); at >= len(*b) {
		*b = append(*b, make([]uint64, at+1-len(*b))...)
	}
	(*b)[id/64] |= 1 << (id % 64)
}

func (b bitmap) has(id int64) bool { return int(id/64) < len(b) && b[id/64]&(1<<(id%64)) != 0 }
