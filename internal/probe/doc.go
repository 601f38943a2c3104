// Package probe asks an environment one question that changes nothing, and says how far it came: reached, TLS,
// credentials, an answer that the configuration's rules understand.
//
// The question is the look-up of MOBUSS_ISA with an id that no occurrence has, so "not there" is the right answer. It
// goes with the running version's rules, to the addresses and credentials that are kept, or to some that are not yet
// (ProbeWith). It promises to write nothing anywhere over there, and that no credential is in what it answers. It must
// not know of lanes and deliveries: nothing that it sees counts for them.
package probe
