package lanecheck

// next calls yield with every step that is possible in s, what follows it, and what is wrong with that.
func (r rules) next(s state, yield func(step, state, wrong)) {
	r.house(s, yield)
	for i := range s.w {
		r.worker(s, uint8(i), yield)
	}
	r.elements(s, yield)
	for i := range uint8(r.messages) {
		r.message(s, i, yield)
	}
}

// house is what desks do: movements that fire.
func (r rules) house(s state, yield func(step, state, wrong)) {
	for i := range r.messages {
		if s.msg[i] != absent {
			continue
		}
		n := s
		n.enqueue(i, queued)
		yield(step{enqueue, uint8(i)}, n, nothingWrong)
		if s.left.broken > 0 {
			n = s
			n.left.broken--
			n.broken[i] = true
			n.enqueue(i, refused)
			yield(step{enqueueBroken, uint8(i)}, n, nothingWrong)
		}
		return
	}
}

func (s *state) enqueue(i int, as mstate) {
	s.msg[i] = as
	if s.pending == 0 {
		s.due = now
	}
	s.pending++
}

func (r rules) worker(s state, who uint8, yield func(step, state, wrong)) {
	w, m := s.w[who], s.w[who].msg
	with := func(a act, change func(n *state, w *worker) wrong) {
		n := s
		bad := change(&n, &n.w[who])
		yield(step{a, who}, n, bad)
	}
	answer := func(v verdict) func(*state, *worker) wrong {
		return func(_ *state, w *worker) wrong { w.at, w.verdict = answered, v; return nothingWrong }
	}
	serve := func(v verdict) func(*state, *worker) wrong {
		return func(_ *state, w *worker) wrong { w.at, w.verdict = served, v; return nothingWrong }
	}
	switch w.at {
	case idle:
		if s.due == now && !s.leased {
			with(claim, r.claim)
		}
	case hasSend:
		if r.maySend(&s, w) {
			with(send, func(_ *state, w *worker) wrong { w.at = onWire; return nothingWrong })
		}
		if !w.holds || !s.leased {
			with(giveUp, func(_ *state, w *worker) wrong { *w = worker{}; return nothingWrong })
		}
	case onWire:
		with(accept, func(n *state, w *worker) wrong { w.at, w.verdict = served, done; return n.accept(m) })
		if s.left.retries > 0 {
			with(answerRetry, func(n *state, w *worker) wrong { n.left.retries--; return serve(tryAgain)(n, w) })
		}
		if s.left.refusals > 0 {
			with(answerRefusal, func(n *state, w *worker) wrong { n.left.refusals--; return serve(rejected)(n, w) })
		}
		if s.left.losses > 0 { // it gives up; the request lives on
			with(loseAnswer, func(n *state, w *worker) wrong {
				n.left.losses--
				n.inFlight[m]++
				return answer(isUnknown)(n, w)
			})
		}
	case served:
		with(deliverAnswer, answer(w.verdict))
		if s.left.losses > 0 {
			with(loseAnswer, func(n *state, w *worker) wrong { n.left.losses--; return answer(isUnknown)(n, w) })
		}
	case hasLook:
		with(lookUp, func(n *state, w *worker) wrong {
			w.settled = n.settled
			switch {
			case r.noLookUp:
				return answer(tryAgain)(n, w)
			case n.accepted[m] > 0:
				return answer(done)(n, w)
			}
			return answer(notThere)(n, w)
		})
		if s.left.badLooks > 0 {
			with(lookBadly, func(n *state, w *worker) wrong { n.left.badLooks--; return answer(lookAgain)(n, w) })
		}
		if s.left.unclear > 0 {
			with(lookUnclear, func(n *state, w *worker) wrong { n.left.unclear--; return answer(askPerson)(n, w) })
		}
	case answered:
		with(settle, r.settle)
	}
	if w.at != idle && s.left.crashes > 0 {
		with(crash, func(n *state, w *worker) wrong { n.left.crashes--; n.die(w); return nothingWrong })
	}
	if w.at != idle && w.holds && s.leased && s.left.voids > 0 {
		with(handBack, func(n *state, w *worker) wrong { n.left.voids--; w.holds, n.leased = false, false; return nothingWrong })
	}
}

// maySend: a byte leaves within the lease, or at the latest before the settling time of whoever looks is over. The
// first is what a worker sees to; the second is what is asked of the machine it runs on (a process that is stopped
// between its look at the clock and its write).
func (r rules) maySend(s *state, w worker) bool {
	return r.sendsForever || w.holds && s.leased || s.msg[w.msg] == sending || s.msg[w.msg] == unknown && !s.settled
}

func (s *state) die(w *worker) {
	if w.at == onWire {
		s.inFlight[w.msg]++
	}
	*w = worker{}
}

// accept is the server doing what message m asks for.
func (s *state) accept(m uint8) wrong {
	if s.accepted[m] > 0 {
		return acceptedTwice
	}
	s.accepted[m] = 1
	for i := range m {
		if s.accepted[i] == 0 && s.msg[i] != skipped {
			return outOfOrder
		}
	}
	return nothingWrong
}

// claim is flow.Claim, one transaction.
func (r rules) claim(s *state, w *worker) wrong {
	for i := range s.w {
		s.w[i].holds = false
	}
	i := r.head(s)
	if i < 0 {
		s.pending, s.due, s.leased = 0, never, false
		return nothingWrong
	}
	*w = worker{msg: uint8(i), holds: true}
	s.leased = true
	switch s.msg[i] {
	case refused, asks:
		s.leased, s.due = false, never
		*w = worker{}
		return nothingWrong
	case queued:
		s.msg[i], w.at = sending, hasSend
		return nothingWrong
	case sending:
		s.msg[i], s.looked, s.settled = unknown, false, false
	}
	w.at, w.second = hasLook, s.looked
	return nothingWrong
}

// settle is flow.Settle, one transaction, with the verdict that outbox's decide comes to.
func (r rules) settle(s *state, w *worker) wrong {
	v, m, second, settled, stale := w.verdict, w.msg, w.second, w.settled, !w.holds
	*w = worker{}
	if stale && !r.noToken {
		return nothingWrong // flow.ErrLeaseLost
	}
	if r.judgedLate {
		settled = s.settled
	}
	if v == notThere && (second && settled || r.firstCounts) {
		v = tryAgain
	}
	s.leased, s.due = false, now
	switch v {
	case done:
		s.msg[m] = delivered
		s.pending--
	case rejected:
		s.msg[m] = refused
		if !r.passesOver {
			s.due = never
		}
	case tryAgain:
		s.msg[m], s.looked, s.settled = queued, false, false
	case isUnknown:
		s.msg[m], s.looked, s.settled = unknown, false, false
	case notThere:
		s.msg[m], s.looked = unknown, true
		if !s.settled {
			s.due = later
		}
	case lookAgain:
		s.msg[m] = unknown
	case askPerson:
		s.msg[m], s.due = asks, never
	}
	if s.pending <= 0 {
		s.due = never
	}
	switch {
	case stale:
		return staleWrite
	case s.msg[m] == delivered && s.accepted[m] == 0:
		return notDelivered
	}
	return nothingWrong
}

// elements are time and the end of processes.
func (r rules) elements(s state, yield func(step, state, wrong)) {
	holder, head := s.holder(), r.head(&s)
	waits := head >= 0 && s.msg[head] == unknown && !s.settled
	mayPass := waits && (r.serverIsLate || !r.onItsWay(&s, head))
	if s.leased && (holder < 0 || s.left.stalls > 0) && (r.clock != leaseLast || !waits || mayPass) {
		n := s
		n.expire(holder)
		if r.clock == leaseLast && waits {
			n.settlingPasses()
		}
		yield(step{expire, 0}, n, nothingWrong)
	}
	if mayPass && (r.clock != leaseFirst || !s.leased || holder < 0 || s.left.stalls > 0) {
		n := s
		if r.clock == leaseFirst && s.leased {
			n.expire(holder)
		}
		n.settlingPasses()
		yield(step{settlingPasses, 0}, n, nothingWrong)
	}
	if s.left.voids > 0 && (s.leased || s.w[0].at != idle || s.w[1].at != idle) {
		n := s
		n.left.voids--
		n.leased = false
		for i := range n.w {
			n.die(&n.w[i])
		}
		yield(step{restart, 0}, n, nothingWrong)
	}
}

func (s *state) expire(holder int) {
	s.leased = false
	if holder >= 0 {
		s.left.stalls--
	}
}

func (s *state) settlingPasses() {
	s.settled = true
	if s.due == later {
		s.due = now
	}
}

// message is what becomes of a request that nobody waits for, and what a person does about a message that blocks. The
// person is taken to know whether the field's tool has it, which is what the page is there for.
func (r rules) message(s state, i uint8, yield func(step, state, wrong)) {
	if s.inFlight[i] > 0 {
		n := s
		n.inFlight[i]--
		yield(step{dropLate, i}, n, nothingWrong)
		bad := n.accept(i)
		yield(step{acceptLate, i}, n, bad)
	}
	if !s.msg[i].blocked() || r.onItsWay(&s, int(i)) {
		return
	}
	if s.accepted[i] == 0 {
		n := s
		n.msg[i], n.broken[i], n.due = queued, false, now
		yield(step{resend, i}, n, nothingWrong)
	}
	n := s
	n.msg[i] = skipped
	n.pending--
	n.due = never
	if n.pending > 0 {
		n.due = now
	}
	yield(step{skip, i}, n, nothingWrong)
}
