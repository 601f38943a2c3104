package store

import "context"

// switchLock is the number of the lock between those who send and those who switch; any number would do that no other lock has.
const switchLock = 0x706f6e7465

// HoldSwitch keeps the environments from being switched until this transaction is durable; exclusive waits for all who
// hold them, and keeps new ones out. On an embedded database there is one writer at a time, so that nothing needs to be
// held. Call it first: what is read afterwards is what the last switch left.
func (tx *Tx) HoldSwitch(exclusive bool) error {
	if tx.dialect != Postgres {
		return nil
	}
	hold := `SELECT pg_advisory_xact_lock_shared($1)`
	if exclusive {
		hold = `SELECT pg_advisory_xact_lock($1)`
	}
	_, err := tx.raw.ExecContext(context.Background(), hold, int64(switchLock))
	return err
}

// peopleLock is the number of the lock between those who change who may administer.
const peopleLock = 0x706f6e7466

// HoldPeople lets one change at a time decide who may administer, so that two at once can't each count on the other's
// administrator. Call it first: what is read afterwards is what the last such change left.
func (tx *Tx) HoldPeople() error {
	if tx.dialect != Postgres {
		return nil
	}
	_, err := tx.raw.ExecContext(context.Background(), `SELECT pg_advisory_xact_lock($1)`, int64(peopleLock))
	return err
}
