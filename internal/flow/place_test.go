package flow_test

import (
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestWhereToSendIsToldAtOnce: lanes that wait for an address or a credential go as soon as it is entered, by whichever
// of the ways, and do not wait for the outbox to look again.
func TestWhereToSendIsToldAtOnce(t *testing.T) {
	woken := 0
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{Wake: func() { woken++ }})
	const url = "https://campo.example.com.br"
	for name, enter := range map[string]func() error{
		"address": func() error {
			return in.SetPlace(t.Context(), flowtest.Admin(), desk.Homologation, mapping.Place{URL: url})
		},
		"credentials": func() error {
			return in.SetSecrets(t.Context(), flowtest.Admin(), desk.Homologation, map[string]string{"token": "sandbox-token"})
		},
		"both": func() error {
			return in.SetEndpoint(t.Context(), flowtest.Admin(), desk.Homologation, flow.Endpoint{BaseURL: url})
		},
	} {
		woken = 0
		if err := enter(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if woken == 0 {
			t.Errorf("%s: entered, and the outbox was told nothing", name)
		}
	}
}
