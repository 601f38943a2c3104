package auth

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/alexedwards/argon2id"
)

// params are OWASP's second row: 19 MiB, two passes, one thread. About 60 ms on the machines that we know.
var params = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// MaxPassword is how long a password may be, in bytes. Longer ones are refused before any work is done.
const MaxPassword = 512

// ErrPasswordLength is answered for a password that is empty or longer than MaxPassword.
var ErrPasswordLength = errors.New("auth: password is empty or too long")

// nobody has the form of a hash and belongs to no password that anyone knows: what an unknown account is compared
// with, so that the clock doesn't tell who exists.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$cG9udGU6IG5pbmd1w6ltIQ$q3yB1dV0m8uJ4m9aT0sLw2kZpQxR7eHnC5fGtUiOvYs"

// Passwords hashes and verifies, a few at a time: each takes 19 MiB while it runs. It is safe for concurrent use.
type Passwords struct{ slots chan struct{} }

// NewPasswords makes room for as many at a time as there are processors, and two at least.
func NewPasswords() *Passwords {
	return &Passwords{slots: make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))}
}

// Hash makes what is kept of a password. It waits for a slot, until ctx ends.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if password == "" || len(password) > MaxPassword {
		return "", ErrPasswordLength
	}
	if err := p.enter(ctx); err != nil {
		return "", err
	}
	defer p.leave()
	return argon2id.CreateHash(password, &params)
}

// Verify says whether password is the one that hash was made of. An empty hash is an account that doesn't exist:
// it takes the same time and the answer is no.
func (p *Passwords) Verify(ctx context.Context, password, hash string) (bool, error) {
	if len(password) > MaxPassword {
		password = "" // no account has it; the work is done all the same
	}
	if err := p.enter(ctx); err != nil {
		return false, err
	}
	defer p.leave()
	if hash == "" {
		_, err := argon2id.ComparePasswordAndHash(password, nobody)
		return false, err
	}
	same, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("auth: verify a password: %w", err)
	}
	return same, nil
}

func (p *Passwords) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Passwords) leave() { <-p.slots }
