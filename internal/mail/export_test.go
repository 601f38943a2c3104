package mail

import (
	"bytes"
	"crypto/tls"
	"net/mail"
	"time"

	"ponte/internal/desk"
)

// Trust makes the sender believe other roots than the system's, and wait less long.
func (s *Sender) Trust(c *tls.Config, patience time.Duration) {
	s.config, s.timeout, s.patience = c, patience, patience
}

// Render is a letter as it goes over the wire.
func Render(from string, l desk.Letter) ([]byte, error) {
	m, err := message(&mail.Address{Address: from}, l)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	_, err = m.WriteTo(&b)
	return b.Bytes(), err
}

// MaxLetters and Tries are the queue's.
const MaxLetters = maxLetters

var Tries = len(pauses) + 1
