package sso

import "time"

// At gives the provider another clock.
func (p *Provider) At(now func() time.Time) { p.now = now }
