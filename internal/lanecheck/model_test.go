// Package lanecheck has no code: it checks the protocol of a lane (docs/delivery-states.md) by trying everything.
//
// A model of the protocol's atomic steps, with two workers, leases that run out, crashes, lost answers and a slow
// server, is explored in every interleaving (explore_test.go); the same schedules are then played against flow's own
// Claim and Settle, and every row is compared after every step (replay_test.go). What the model leaves out, real
// concurrency, is in storm_test.go.
package lanecheck

import "fmt"

// mstate is where a message stands: desk.DeliveryState, with its uncertain split in two by who must act.
type mstate uint8

const (
	absent mstate = iota
	queued
	sending
	unknown
	asks // uncertain, and a person decides
	refused
	delivered
	skipped
)

func (m mstate) waits() bool   { return m != absent && m != delivered && m != skipped }
func (m mstate) blocked() bool { return m == refused || m == asks }

// phase is what a worker is at.
type phase uint8

const (
	idle     phase = iota
	hasSend        // claimed: the bound request is durable, no byte has left
	onWire         // bytes have left; the server has not acted yet
	served         // the server has acted; its answer is on its way
	hasLook        // claimed to look the outcome up
	answered       // knows its verdict, has not settled
)

// verdict is flow.Verdict, and the server's act before it.
type verdict uint8

const (
	none verdict = iota
	done
	rejected
	tryAgain
	isUnknown
	notThere
	lookAgain
	askPerson
)

type worker struct {
	at      phase
	msg     uint8
	verdict verdict
	holds   bool // its token is the lane's
	second  bool // when it claimed, a look-up had found nothing already
	settled bool // when its look-up began, the settling time had passed
}

// due is the lane's next_at: null, in the future, or come.
type due uint8

const (
	never due = iota
	later
	now
)

const (
	maxMessages = 3
	maxWorkers  = 2
)

// state is a lane, its messages, its workers and the server. It is comparable: a map finds it again.
type state struct {
	msg      [maxMessages]mstate
	accepted [maxMessages]uint8 // by the server
	inFlight [maxMessages]uint8 // requests that nobody waits for any more and that the server may still act on
	broken   [maxMessages]bool  // refused from birth, for want of data
	pending  int8
	due      due
	leased   bool
	looked   bool // a look-up found nothing since the outcome became unknown
	settled  bool // the settling time has passed since then
	w        [maxWorkers]worker
	left     budget
}

// budget is how much may still go wrong.
type budget struct {
	stalls, crashes, losses, retries, refusals, badLooks, unclear, broken, voids uint8
}

// rules are the bounds of an exploration, and what a negative control takes away.
type rules struct {
	messages int
	budget

	noToken      bool // a settlement does not ask for the token
	noLookUp     bool // what is unknown is sent again at once
	firstCounts  bool // a look-up's "not found" counts at once
	judgedLate   bool // whether the settling time has passed is asked when the answer is there, not when the question was put
	sendsForever bool // a worker that lost its lease may send, however late
	serverIsLate bool // the server may act on a request after the settling time
	passesOver   bool // a claim passes over a message that is blocked

	clock clock
}

// clock says how the lease compares with the settling time; what is replayed on a real clock must choose.
type clock uint8

const (
	anyClock   clock = iota // whichever ends first: more than any real clock can do
	leaseFirst              // the lease is so short that it is over when a settling time has passed
	leaseLast               // the lease is so long that a settling time is over when it runs out
)

func (r rules) start() state { return state{left: r.budget} }

// head is the first message that waits, or -1.
func (r rules) head(s *state) int {
	for i, m := range s.msg {
		if m.waits() && (!r.passesOver || !m.blocked()) {
			return i
		}
	}
	return -1
}

// onItsWay says whether a byte of message i may still reach the server.
func (r rules) onItsWay(s *state, i int) bool {
	if s.inFlight[i] > 0 {
		return true
	}
	for _, w := range s.w {
		if int(w.msg) == i && (w.at == onWire || w.at == hasSend && !r.sendsForever) {
			return true
		}
	}
	return false
}

// normal forgets what no longer matters, so that equal states are equal.
func (r rules) normal(s state) state {
	if h := r.head(&s); h < 0 || s.msg[h] != unknown {
		s.looked, s.settled = false, false
	}
	return s
}

// holder is the worker that the lane's lease belongs to and that still works, or -1.
func (s *state) holder() int {
	for i, w := range s.w {
		if w.holds && w.at != idle {
			return i
		}
	}
	return -1
}

// act is one kind of atomic step.
type act uint8

const (
	enqueue act = iota
	enqueueBroken
	claim
	send
	giveUp // a worker finds its lease over before it has sent
	accept
	answerRetry
	answerRefusal
	deliverAnswer
	loseAnswer
	acceptLate
	dropLate
	lookUp
	lookBadly // no usable answer
	lookUnclear
	settle
	expire
	settlingPasses
	crash
	restart // the one process of an embedded database: every worker dies, every lease is voided
	handBack
	resend
	skip
)

var actNames = [...]string{"enqueue", "enqueue-broken", "claim", "send", "give-up", "accept", "answer-retry", "answer-refusal",
	"answer", "lose-answer", "accept-late", "drop-late", "look-up", "look-badly", "look-unclear", "settle", "lease-expires",
	"settling-passes", "crash", "restart", "hand-back", "resend", "skip"}

// step is an act of a worker, or on a message.
type step struct {
	act act
	who uint8
}

func (s step) String() string {
	switch s.act {
	case expire, settlingPasses, restart:
		return actNames[s.act]
	case enqueue, enqueueBroken, acceptLate, dropLate, resend, skip:
		return fmt.Sprintf("%s(m%d)", actNames[s.act], s.who+1)
	}
	return fmt.Sprintf("%s(w%d)", actNames[s.act], s.who+1)
}

// wrong is what an exploration looks for.
type wrong uint8

const (
	nothingWrong  wrong = iota
	acceptedTwice       // the server did the same message twice
	outOfOrder          // a message was done while one before it was not
	lost                // a message that nothing will ever send, and that blocks nothing visibly
	staleWrite          // a settlement wrote although the lane was claimed anew
	notDelivered        // entregue, and the server has it not
	miscounted          // the lane's pending is not the number of its messages that wait
)

var wrongNames = [...]string{"nothing", "accepted twice", "out of order", "lost", "stale write", "delivered but not there", "miscounted"}

func (w wrong) String() string { return wrongNames[w] }
