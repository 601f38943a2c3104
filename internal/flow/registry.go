package flow

import (
	"context"
	"fmt"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Registry is a piece of the ERP's registry, whole in itself: what it names is created or brought up to date.
type Registry struct {
	Developments []RegistryDevelopment
}

// RegistryDevelopment is a development with its blocks.
type RegistryDevelopment struct {
	Code, Name, Zone string
	Blocks           []RegistryBlock
}

// RegistryBlock is a block with its units.
type RegistryBlock struct {
	Code, Name string
	Units      []RegistryUnit
}

// RegistryUnit is a unit with who belongs to it.
type RegistryUnit struct {
	Number                                   string
	CommonArea                               bool
	MobussIDHomologation, MobussIDProduction string
	Contracts                                []RegistryContract
	Parties                                  []RegistryParty
}

// RegistryContract ties a customer to the unit.
type RegistryContract struct {
	Code     string
	Customer RegistryCustomer
	Former   bool // no longer current
}

// RegistryParty is a tenant, a syndic or the condominium.
type RegistryParty struct {
	Kind     desk.Relation
	Customer RegistryCustomer
}

// RegistryCustomer is a person or company; Document in any punctuation.
type RegistryCustomer struct{ Name, Document, Email, Phone string }

// unitsPerWrite bounds a transaction, so that calls get in between.
const unitsPerWrite = 100

// PutRegistry creates or brings up to date. Doing it again changes nothing.
func (f *Flow) PutRegistry(ctx context.Context, a desk.Actor, r Registry) error {
	if !a.Has(desk.Consultant) {
		return desk.Fail(desk.ErrForbidden)
	}
	for _, d := range r.Developments {
		for _, b := range d.Blocks {
			for from := 0; from == 0 || from < len(b.Units); from += unitsPerWrite {
				units := b.Units[from:min(from+unitsPerWrite, len(b.Units))]
				if err := f.putUnits(ctx, a, d, b, units); err != nil {
					return fmt.Errorf("%s %s: %w", d.Code, b.Code, err)
				}
			}
		}
	}
	return nil
}

func (f *Flow) putUnits(ctx context.Context, a desk.Actor, d RegistryDevelopment, b RegistryBlock, units []RegistryUnit) error {
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		if d.Zone == "" {
			d.Zone = "America/Sao_Paulo"
		}
		development, err := tx.UpsertDevelopment(w.ctx, db.UpsertDevelopmentParams{Code: d.Code, Name: d.Name, Zone: d.Zone})
		if err != nil {
			return err
		}
		block, err := tx.UpsertBlock(w.ctx, db.UpsertBlockParams{DevelopmentID: development, Code: b.Code, Name: b.Name})
		if err != nil {
			return err
		}
		for _, u := range units {
			if err := w.putUnit(development, block, u); err != nil {
				return fmt.Errorf("unit %s: %w", u.Number, err)
			}
		}
		return w.audit(a, "cadastro.gravar", "empreendimento:"+d.Code, map[string]any{"bloco": b.Code, "unidades": len(units)})
	})
}

func (w *work) putUnit(development, block int64, u RegistryUnit) error {
	unit, err := w.UpsertUnit(w.ctx, db.UpsertUnitParams{DevelopmentID: development, BlockID: block, Number: u.Number,
		NumberKey: desk.UnitKey(u.Number), CommonArea: u.CommonArea,
		IDMobussHomologacao: store.NullText(u.MobussIDHomologation), IDMobussProducao: store.NullText(u.MobussIDProduction)})
	if err != nil {
		return err
	}
	for _, c := range u.Contracts {
		customer, err := w.putCustomer(c.Customer)
		if err != nil {
			return err
		}
		if _, err := w.UpsertContract(w.ctx, db.UpsertContractParams{Code: c.Code, UnitID: unit, CustomerID: customer, Current: !c.Former}); err != nil {
			return err
		}
	}
	for _, p := range u.Parties {
		customer, err := w.putCustomer(p.Customer)
		if err != nil {
			return err
		}
		if err := w.UpsertUnitParty(w.ctx, db.UpsertUnitPartyParams{UnitID: unit, CustomerID: customer, Kind: string(p.Kind)}); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) putCustomer(c RegistryCustomer) (int64, error) {
	d, ok := desk.ParseDocument(c.Document)
	if !ok {
		return 0, desk.BadField("cpf_cnpj", "cpf_cnpj_invalido")
	}
	id, err := w.UpsertCustomer(w.ctx, db.UpsertCustomerParams{Name: c.Name, DocumentKey: store.NullText(string(d)), Email: c.Email, Phone: c.Phone})
	if err != nil {
		return 0, err
	}
	return id, w.indexCustomer(id, c.Name, c.Phone)
}

// indexCustomer keeps the keys by which people find a customer.
func (w *work) indexCustomer(id int64, name, phone string) error {
	if err := w.SetCustomerKeys(w.ctx, db.SetCustomerKeysParams{ID: id, PhoneKey: desk.PhoneKey(phone)}); err != nil {
		return err
	}
	if err := w.UnfindCustomer(w.ctx, id); err != nil {
		return err
	}
	if err := w.ForgetCustomerWords(w.ctx, id); err != nil {
		return err
	}
	for _, word := range desk.Words(name) {
		if err := w.InsertCustomerWord(w.ctx, db.InsertCustomerWordParams{Word: word, CustomerID: id}); err != nil {
			return err
		}
	}
	return nil
}
