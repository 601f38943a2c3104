// Package sandbox is Mobuss Construção's side of the bridge, for demos, homologation and tests: both generations of
// its API, what a technician does in the field, faults on demand, and the calls back to Ponte.
//
// It promises:
//   - durable before it answers: whatever an answer tells, also that of a look-up, survives SIGKILL and power loss;
//   - to be as unkind as the worst real server: it deduplicates nothing, its older generation says failures with
//     HTTP 200, and faults can be asked for call by call;
//   - calls back to Ponte that are kept until they are settled, strictly in order per service order, with an
//     id_externo that stays the same through retries and is never used again, not even after a reset.
//
// It must not know anything of Ponte's code: it imports nothing of ponte/internal, so it can't share its mistakes.
// What it knows of Mobuss stands in MOBUSS.md, what scripts rely on in CONTRACT.md, section "Sandbox".
//
// The way through: api.go and controls.go are the doors; server.go's update is the only way to change anything; a
// record goes to the journal (journal.go) and to the state (state.go), which is the same code that reads the journal
// at start; lanes.go carries what the technician did to Ponte.
//
// People come in by pages.go: one file per page (page_NAME.go, page_NAME.templ), what they show is made ready by
// view_*.go, what they say stands in words_*.go, in both languages. A form becomes the same action that a control takes.
package sandbox
