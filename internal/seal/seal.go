// Package seal encrypts what the database must hold but a copy of it must not show: credentials and raw calls.
//
// It promises AES-256-GCM with a random nonce, the key's id in the ciphertext so that keys can rotate, and a
// place (table, column and row) as associated data, so that a sealed value moved elsewhere does not open. It must
// not know what it seals.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Keyring seals with its first key and opens with any.
type Keyring struct {
	current key
	all     map[[4]byte]key
}

type key struct {
	id  [4]byte
	gcm cipher.AEAD
}

// MinSecret is the least length of a secret, in bytes.
const MinSecret = 16

// New makes a keyring from secrets, the current one first, then previous ones (PONTE_SECRET_KEY separates them by
// commas). Each has at least MinSecret bytes.
func New(secrets ...string) (*Keyring, error) {
	k := &Keyring{all: map[[4]byte]key{}}
	for i, s := range secrets {
		s = strings.TrimSpace(s)
		if len(s) < MinSecret {
			return nil, fmt.Errorf("secret-key: key %d has fewer than %d characters", i+1, MinSecret)
		}
		raw, err := hkdf.Key(sha256.New, []byte(s), nil, "ponte seal v1", 36)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(raw[:32])
		if err != nil {
			return nil, err
		}
		gcm, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		one := key{id: [4]byte(raw[32:]), gcm: gcm}
		if i == 0 {
			k.current = one
		}
		k.all[one.id] = one
	}
	if len(k.all) == 0 {
		return nil, errors.New("secret-key is not set: give PONTE_SECRET_KEY or PONTE_SECRET_KEY_FILE")
	}
	return k, nil
}

// version is the first byte of everything sealed.
const version = 1

// Seal encrypts plain for a place such as "attempt.exchange:ID". Nil stays nil.
func (k *Keyring) Seal(place string, plain []byte) []byte {
	if plain == nil {
		return nil
	}
	n := k.current.gcm.NonceSize()
	out := make([]byte, 5+n, 5+n+len(plain)+k.current.gcm.Overhead())
	out[0] = version
	copy(out[1:], k.current.id[:])
	_, _ = rand.Read(out[5 : 5+n]) // never fails: crypto/rand ends the process instead
	return k.current.gcm.Seal(out, out[5:5+n], plain, []byte(place))
}

// ErrOpen is answered for what was sealed with an unknown key, for another place, or altered.
var ErrOpen = errors.New("seal: does not open: another key, another place, or altered")

// Open decrypts what Seal made for the same place.
func (k *Keyring) Open(place string, sealed []byte) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	if len(sealed) < 5 || sealed[0] != version {
		return nil, ErrOpen
	}
	one, ok := k.all[[4]byte(sealed[1:5])]
	if !ok || len(sealed) < 5+one.gcm.NonceSize() {
		return nil, ErrOpen
	}
	n := one.gcm.NonceSize()
	plain, err := one.gcm.Open(nil, sealed[5:5+n], sealed[5+n:], []byte(place))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// Current says whether sealed was made with the current key; rekey seals the others anew.
func (k *Keyring) Current(sealed []byte) bool {
	return len(sealed) >= 5 && sealed[0] == version && [4]byte(sealed[1:5]) == k.current.id
}

// Fingerprints names the keys at hand, the current one first: to compare with KeyOf, and to show to people. They tell
// nothing of the keys that a sealed value does not tell.
func (k *Keyring) Fingerprints() []string {
	out := []string{hex.EncodeToString(k.current.id[:])}
	for id := range k.all {
		if id != k.current.id {
			out = append(out, hex.EncodeToString(id[:]))
		}
	}
	slices.Sort(out[1:])
	return out
}

// CurrentPrefix is how everything begins that is sealed with the current key.
func (k *Keyring) CurrentPrefix() []byte { return append([]byte{version}, k.current.id[:]...) }

// KeyOf answers the fingerprint of the key that something was sealed with, without opening it.
func KeyOf(sealed []byte) (fingerprint string, ok bool) {
	const least = 5 + 12 + 16 // what stands before the content, and behind it
	if len(sealed) < least || sealed[0] != version {
		return "", false
	}
	return hex.EncodeToString(sealed[1:5]), true
}
