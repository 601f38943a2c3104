package flow

// What the tests of package flow_test reach inside for.
var Steady = (*Flow).steady

// CalmAfter is how often a restless occurrence is read again.
const CalmAfter = calmAfter

// Claims are what an import keeps of its rows, with what is asked of them.
type Claims struct{ claims }

func (c *Claims) Put(at uint64, said, ref uint32) { c.put(at, claim{said, ref}) }

func (c *Claims) Get(at uint64) (said, ref uint32, ok bool) {
	held, ok := c.get(at)
	return held.said, held.ref, ok
}

// Places is how many there is room for, taken ones included.
func (c *Claims) Places() (n int) {
	for i := range c.parts {
		n += len(c.parts[i].all)
	}
	return n
}
