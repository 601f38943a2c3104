package flow

// What the tests of package flow_test reach inside for.
var Steady = (*Flow).steady

// CalmAfter is how often a restless occurrence is read again.
const CalmAfter = calmAfter
