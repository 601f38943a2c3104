// Package alert tells whoever runs the installation of trouble: it looks where each condition stands, and sends what flow
// decided by mail and webhook.
//
// It promises that one process of all replicas decides, that what was decided is sent at least once, under an id that stays
// the same however often, and that it says what happened, what it means and what to do, without personal data. It must not
// know what makes a condition true, nor how a receiver is reached.
package alert
