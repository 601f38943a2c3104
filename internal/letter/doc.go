// Package letter puts letters to customers into words and sends those that flow wrote.
//
// It promises that one process of all replicas sends at a time, that a letter goes out once, and once more at the most for each
// crash amid its sending and for an answer that nobody heard, under a Message-ID that stays; that what somebody else wrote is never read as a heading, a link or
// markup; and that log lines name nobody. It must not know who gets a letter, nor how mail travels.
package letter
