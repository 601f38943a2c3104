package flow

import "math/bits"

// claims are what rows said of things, by a hash that names the thing. A million rows say four million of them, so that
// each is 16 bytes and little more: the parts fill up to seven eighths and grow by a quarter, each on its own, so that no
// moment needs two of the whole. A part is looked through from where the hash points to on.
type claims struct {
	parts [claimParts]claimPart
}

const (
	claimParts     = 256 // by the hash's first bits
	claimPartBits  = 8
	firstClaimPart = 16
)

type claimPart struct {
	all []heldClaim
	n   int
}

// heldClaim is a claim with its thing's hash; one that no row made is an empty place.
type heldClaim struct {
	at uint64
	claim
}

func (c *claims) get(at uint64) (claim, bool) {
	p := &c.parts[at>>(64-claimPartBits)]
	if len(p.all) == 0 {
		return claim{}, false
	}
	held := &p.all[p.place(at)]
	return held.claim, held.ref != 0
}

// put adds a thing's first claim.
func (c *claims) put(at uint64, what claim) {
	p := &c.parts[at>>(64-claimPartBits)]
	if p.n >= len(p.all)/8*7 {
		p.grow()
	}
	held := &p.all[p.place(at)]
	if held.ref == 0 {
		p.n++
	}
	*held = heldClaim{at, what}
}

// place is where a thing's claim stands, or would.
func (p *claimPart) place(at uint64) int {
	hi, _ := bits.Mul64(at<<claimPartBits, uint64(len(p.all)))
	for i := int(hi); ; i++ { //nolint:gosec // below len(p.all)
		if i == len(p.all) {
			i = 0
		}
		if held := &p.all[i]; held.ref == 0 || held.at == at {
			return i
		}
	}
}

func (p *claimPart) grow() {
	old := p.all
	p.all = make([]heldClaim, max(firstClaimPart, len(old)/4*5))
	for _, held := range old {
		if held.ref != 0 {
			p.all[p.place(held.at)] = held
		}
	}
}
