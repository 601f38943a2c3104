package flowtest

import (
	"encoding/json"
	"fmt"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// EnterProduction puts production's address and credentials there without the form, its key and its probe: for tests of
// what must never reach it.
func (in *Installation) EnterProduction(t testing.TB, e flow.Endpoint) {
	t.Helper()
	plain, err := json.Marshal(e.Secrets)
	if err != nil {
		t.Fatal(err)
	}
	err = in.Store.Write(t.Context(), func(tx *store.Tx) error {
		inst, err := tx.Installation(t.Context())
		if err != nil {
			return err
		}
		place := fmt.Sprintf("endpoint.credentials:%d/%s", inst.ConnectionID, desk.Production)
		return tx.UpsertEndpoint(t.Context(), db.UpsertEndpointParams{ConnectionID: inst.ConnectionID, Environment: desk.Production,
			BaseUrl: e.BaseURL, AllowPrivate: e.AllowPrivate, Credentials: in.Keys.Seal(place, plain)})
	})
	if err != nil {
		t.Fatal(err)
	}
}
