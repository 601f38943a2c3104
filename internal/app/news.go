package app

import (
	"sync/atomic"
	"time"

	"ponte/internal/flow"
	"ponte/internal/store"
)

// What replicas tell each other beside the topics of pages: who has something to do. A name that an older or newer replica
// does not know is a topic that nobody listens to.
const (
	wakeOutbox    = "acordar:envios"
	wakeImports   = "acordar:cadastro"
	wakeLooks     = "acordar:consultas"
	wakeReconcile = "acordar:conciliacao"
	wakeAlerts    = "acordar:alertas"
	wakeBulk      = "acordar:lote"
	wakeLetters   = "acordar:cartas"
)

// wake wakes who does a work here; false: it is no work's name. None of them blocks, and none does anything before New is through.
func (a *App) wake(name string) bool {
	switch name {
	case wakeOutbox:
		if a.outbox != nil {
			a.outbox.Wake()
		}
	case wakeImports:
		if a.imports != nil {
			a.imports.Wake()
		}
	case wakeLooks:
		if a.looks != nil {
			a.looks.Wake()
		}
	case wakeReconcile:
		if a.compares != nil {
			a.compares.Wake()
		}
	case wakeBulk:
		if a.many != nil {
			a.many.Wake()
		}
	case wakeAlerts:
		if a.alerts != nil {
			a.alerts.Wake()
		}
	case wakeLetters:
		if a.written != nil {
			a.written.Wake()
		}
	default:
		return false
	}
	return true
}

// waker wakes who does a work, here and in the other replicas.
func (a *App) waker(name string) func() {
	return func() {
		a.wake(name)
		a.news.Tell(name)
	}
}

// surplusEvery is how often the others are told at the most: a round of theirs costs the database more than the word.
const surplusEvery = 100 * time.Millisecond

// surplus tells the other replicas that there is more to deliver than this one has workers for. What it has workers for it
// keeps to itself: a replica that is woken in vain still asks the database.
func (a *App) surplus() func() {
	var soon atomic.Bool // it will be told
	var last atomic.Int64
	return func() {
		if !soon.CompareAndSwap(false, true) {
			return
		}
		time.AfterFunc(surplusEvery-time.Since(time.UnixMilli(last.Load())), func() {
			last.Store(time.Now().UnixMilli())
			soon.Store(false)
			a.news.Tell(wakeOutbox)
		})
	}
}

// changed tells the pages of this replica and of the others that a topic is no longer current.
func (a *App) changed(topic string) {
	a.hub.Publish(topic)
	a.news.Tell(topic)
}

// heard takes what another replica told. It tells nobody on.
func (a *App) heard(names []string) {
	for _, name := range names {
		if !a.wake(name) {
			a.hub.Publish(name)
		}
	}
}

// missed: anything may have changed, and anything may be due.
func (a *App) missed() {
	a.hub.PublishAll()
	a.wakeAll()
}

func (a *App) wakeAll() {
	for _, name := range []string{wakeOutbox, wakeImports, wakeLooks, wakeReconcile, wakeAlerts, wakeBulk, wakeLetters} {
		a.wake(name)
	}
}

// announced are the use cases of a command: it works at nothing itself, and tells the servers.
func announced(n *store.News, d flow.Deps) flow.Deps {
	tell := func(name string) func() { return func() { n.Tell(name) } }
	d.Changed = func(topic string) { n.Tell(topic) }
	d.Wake, d.WakeImport, d.WakeLooks, d.WakeReconcile = tell(wakeOutbox), tell(wakeImports), tell(wakeLooks), tell(wakeReconcile)
	d.WakeAlerts, d.WakeBulk, d.WakeLetters = tell(wakeAlerts), tell(wakeBulk), tell(wakeLetters)
	return d
}
