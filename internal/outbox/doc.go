// Package outbox carries deliveries to the field: it claims due lanes, sends their bound requests, looks up what
// became of those whose outcome is unknown, and settles.
//
// It promises that a lane's messages go strictly in order, that nothing whose outcome is unknown is sent again
// before it was looked up, and that stopping hands its leases back. Order and exactly-once are kept by the lane
// protocol in the database (docs/delivery-states.md), not by this process: any number of workers and processes
// may run. It must not know SQL or what a call means; claim and settle are use cases of flow.
package outbox
