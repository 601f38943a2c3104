package flow

import (
	"context"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// is tells what becomes of a thing that a row names.
type is byte

const (
	unnamed is = iota
	same
	fresh
	altered
)

// verdict is what is decided of a row before anything of it is written.
type verdict struct {
	unit                                    db.Unit
	customer                                db.Customer
	contract                                db.Contract
	unitIs, customerIs, contractIs, partyIs is
	occurrenceIs                            is
	changes                                 []RegistryChange
	reasons, warnings                       []desk.FieldError
	claims                                  []heldClaim
}

func (v *verdict) bad(field, code string, args ...any) {
	v.reasons = append(v.reasons, desk.BadField(field, code, args...).Fields...)
}

func (v *verdict) changed(thing, key, field, old, now string) {
	v.changes = append(v.changes, RegistryChange{thing, key, field, old, now})
}

func (v *verdict) outcome(r *RegistryRow) RegistryOutcome {
	o := RegistryOutcome{File: r.File, Line: r.Line, State: RowSame, Changes: v.changes, Reasons: v.reasons, Warnings: v.warnings}
	switch {
	case len(v.reasons) > 0:
		o.State, o.Changes, o.Warnings = RowConflict, nil, nil
	case slices.ContainsFunc(v.changes, func(c RegistryChange) bool { return c.Field == "" }):
		o.State = RowNew
	case len(v.changes) > 0:
		o.State = RowChanged
	}
	return o
}

// decide reads what is there and says what the row does to it.
func (im *RegistryImport) decide(ctx context.Context, s *standing, r *RegistryRow, p placed) (v verdict, err error) {
	v.changes, v.reasons = slices.Clone(p.changes), slices.Clone(p.reasons)
	if len(v.reasons) > 0 {
		return v, nil
	}
	if r.Unit != "" {
		if err := im.decideUnit(ctx, s, r, p.block, &v); err != nil {
			return v, err
		}
	}
	if r.Document != "" {
		im.decideCustomer(s, r, &v)
	}
	if len(v.reasons) > 0 {
		return v, nil
	}
	if r.Kind == OfOccurrences {
		im.decideOccurrence(s, r, p.block, &v)
	} else if r.Contract != "" {
		err = im.decideContract(ctx, s, r, p.block, &v)
	} else if r.Relation != "" {
		im.decideParty(s, r, p.block, &v)
	}
	if err == nil && len(v.reasons) == 0 { // a refused row has said nothing
		for _, c := range v.claims {
			im.said.put(c.at, c.claim)
		}
	}
	return v, err
}

// settled: a plan has told of it with an earlier row.
func (im *RegistryImport) settled(e earlier) bool { return im.plans && e.named && e.alike }

func unitName(b *importedBlock, number string) string {
	return b.development.code + "-" + b.code + "-" + number
}

func (im *RegistryImport) decideUnit(ctx context.Context, s *standing, r *RegistryRow, b *importedBlock, v *verdict) error {
	key := desk.UnitKey(r.Unit)
	if key == "" {
		v.bad("numero", "valor_invalido")
		return nil
	}
	at := im.hash("unidade", b.development.code, b.code, key)
	had, twice := im.claim(v, at, r, r.Kind.hasUnits(), func() uint32 {
		return im.print(r.Unit, r.has(HasCommonArea, yes(r.CommonArea)), r.has(HasMobussHomologation, r.MobussHomologation), r.has(HasMobussProduction, r.MobussProduction))
	})
	if twice != nil {
		v.contradicts("numero", r, *twice)
	}
	if r.Kind.hasUnits() {
		im.claimMobuss(r, at, v)
	}
	found := s.findUnit(r.Unit, key, b, v)
	if len(v.reasons) > 0 {
		return nil
	}
	name := unitName(b, r.Unit)
	switch {
	case found != nil:
		v.unit, v.unitIs = *found, same
		im.seenUnits.set(found.ID)
	case im.plans && had.named:
		v.unitIs = same
		return nil
	case !r.Kind.hasUnits():
		v.bad("numero", "unidade_desconhecida")
		return nil
	default:
		v.unit, v.unitIs = db.Unit{DevelopmentID: b.development.id, BlockID: b.id, Number: r.Unit, NumberKey: key}, fresh
		v.changed("unidade", name, "", "", name)
	}
	if r.Kind.hasUnits() && !im.settled(had) {
		im.fillUnit(r, name, v)
		return im.warnMobuss(ctx, s, r, v)
	}
	return nil
}

// findUnit finds the unit by how people write its number: "0101" is the 101 of the same block.
func (s *standing) findUnit(number, key string, b *importedBlock, v *verdict) *db.Unit {
	found := s.units[store.UnitAt{Block: b.id, Key: key}]
	if b.id == 0 || len(found) == 0 {
		return nil
	}
	if i := slices.IndexFunc(found, func(u db.Unit) bool { return u.Number == number }); i >= 0 {
		return &found[i]
	}
	if len(found) > 1 {
		v.bad("numero", "unidade_parecida", "numeros", []string{found[0].Number, found[1].Number})
	}
	return &found[0]
}

// fillUnit takes over what the sheet says of the unit.
func (im *RegistryImport) fillUnit(r *RegistryRow, name string, v *verdict) {
	u := &v.unit
	set := func(field string, old, now string) bool {
		if old == now {
			return false
		}
		if v.unitIs != fresh {
			v.unitIs = altered
			v.changed("unidade", name, field, old, now)
		}
		return true
	}
	if set("numero", u.Number, r.Unit) {
		u.Number = r.Unit
	}
	if r.Columns.Has(HasCommonArea) && set("area_comum", yes(u.CommonArea), yes(r.CommonArea)) {
		u.CommonArea = r.CommonArea
	}
	if r.Columns.Has(HasMobussHomologation) && set("id_mobuss_homologacao", u.IDMobussHomologacao.String, r.MobussHomologation) {
		u.IDMobussHomologacao = store.NullText(r.MobussHomologation)
	}
	if r.Columns.Has(HasMobussProduction) && set("id_mobuss_producao", u.IDMobussProducao.String, r.MobussProduction) {
		u.IDMobussProducao = store.NullText(r.MobussProduction)
	}
}

// claimMobuss: two units of one import can't have the same id.
func (im *RegistryImport) claimMobuss(r *RegistryRow, unit uint64, v *verdict) {
	one := func(field, id string) {
		if id == "" {
			return
		}
		at := im.hash(field, id)
		if had, ok := im.said.get(at); ok && had.said != uint32(unit) {
			v.bad(field, "id_mobuss_repetido", "linha", had.line())
		} else if !ok {
			v.claims = append(v.claims, heldClaim{at, claim{uint32(unit), refOf(r)}})
		}
	}
	one("id_mobuss_homologacao", r.MobussHomologation)
	one("id_mobuss_producao", r.MobussProduction)
}

// warnMobuss: an id that another unit has now may be meant to move, by a later row; if it isn't, calls that name it
// will be ambiguous.
func (im *RegistryImport) warnMobuss(ctx context.Context, s *standing, r *RegistryRow, v *verdict) error {
	if v.unitIs != fresh && v.unitIs != altered {
		return nil
	}
	warn := func(field, unit string) {
		v.warnings = append(v.warnings, desk.BadField(field, "id_mobuss_de_outra_unidade", "unidade", unit).Fields...)
	}
	for env, field := range []string{"id_mobuss_homologacao", "id_mobuss_producao"} {
		id := mobussID(env, &v.unit)
		if id == "" || !r.Columns.Has([]RegistryColumns{HasMobussHomologation, HasMobussProduction}[env]) {
			continue
		}
		other := s.otherOfMobuss(env, id, v.unit.ID)
		if other == nil {
			continue
		}
		at, err := s.many.Place(ctx, other.ID)
		if err != nil {
			return err
		}
		warn(field, at.DevelopmentCode+"-"+at.BlockCode+"-"+at.Number)
	}
	return nil
}

func (im *RegistryImport) decideCustomer(s *standing, r *RegistryRow, v *verdict) {
	says := r.Columns.Has(HasName | HasEmail | HasPhone)
	had, twice := im.claim(v, im.hash("cliente", string(r.Document)), r, says, func() uint32 {
		return im.print(r.has(HasName, r.Name), r.has(HasEmail, r.Email), r.has(HasPhone, r.Phone))
	})
	if twice != nil {
		v.contradicts("cpf_cnpj", r, *twice)
		return
	}
	c, found := s.customers[r.Document]
	name := r.Document.Masked()
	switch {
	case found:
		v.customer, v.customerIs = c, same
	case im.plans && had.named:
		v.customerIs = same
		return
	case r.Name == "":
		v.bad("cpf_cnpj", "cliente_desconhecido")
		return
	default:
		v.customer, v.customerIs = db.Customer{Name: r.Name, Email: r.Email, Phone: r.Phone, DocumentKey: store.NullText(string(r.Document))}, fresh
		v.changed("cliente", name, "", "", r.Name)
		return
	}
	if im.settled(had) {
		return
	}
	set := func(field string, at *string, now string) {
		if *at != now {
			v.customerIs = altered
			v.changed("cliente", name, field, *at, now)
			*at = now
		}
	}
	if r.Name != "" { // a customer has a name: an empty cell can't take it away
		set("nome", &v.customer.Name, r.Name)
	}
	if r.Columns.Has(HasEmail) {
		set("email", &v.customer.Email, r.Email)
	}
	if r.Columns.Has(HasPhone) {
		set("telefone", &v.customer.Phone, r.Phone)
	}
}

func (im *RegistryImport) decideContract(ctx context.Context, s *standing, r *RegistryRow, b *importedBlock, v *verdict) error {
	had, twice := im.claim(v, im.hash("contrato", r.Contract), r, true, func() uint32 {
		return im.print(b.development.code, b.code, desk.UnitKey(r.Unit), string(r.Document), r.has(HasCurrent, yes(r.Current)))
	})
	if twice != nil {
		v.contradicts("cod_contrato", r, *twice)
		return nil
	}
	c, found := s.contracts[r.Contract]
	switch {
	case found:
		v.contract, v.contractIs = c, same
		im.seenContract.set(c.ID)
	case im.plans && had.named:
		v.contractIs = same
		return nil
	default:
		v.contract, v.contractIs = db.Contract{Current: r.Current || !r.Columns.Has(HasCurrent)}, fresh
		v.changed("contrato", r.Contract, "", "", unitName(b, r.Unit))
		return nil
	}
	if im.settled(had) {
		return nil
	}
	if c.UnitID != v.unit.ID {
		v.contractIs = altered
		old, err := s.many.Place(ctx, c.UnitID)
		if err != nil {
			return err
		}
		v.changed("contrato", r.Contract, "numero", old.DevelopmentCode+"-"+old.BlockCode+"-"+old.Number, unitName(b, r.Unit))
	}
	if c.CustomerID != v.customer.ID {
		v.contractIs = altered
		old, err := s.many.CustomerByID(ctx, c.CustomerID)
		if err != nil {
			return err
		}
		v.changed("contrato", r.Contract, "cpf_cnpj", desk.Document(old.DocumentKey.String).Masked(), r.Document.Masked())
	}
	if r.Columns.Has(HasCurrent) && c.Current != r.Current {
		v.contractIs, v.contract.Current = altered, r.Current
		v.changed("contrato", r.Contract, "vigente", yes(c.Current), yes(r.Current))
	}
	return nil
}

func (im *RegistryImport) decideParty(s *standing, r *RegistryRow, b *importedBlock, v *verdict) {
	at := im.hash("vinculo", b.development.code, b.code, desk.UnitKey(r.Unit), string(r.Document), string(r.Relation))
	had, _ := im.claim(v, at, r, true, func() uint32 { return 0 })
	if im.settled(had) {
		v.partyIs = same
		return
	}
	if v.unit.ID != 0 && v.customer.ID != 0 {
		if v.partyIs = same; s.parties[db.UnitParty{UnitID: v.unit.ID, CustomerID: v.customer.ID, Kind: string(r.Relation)}] {
			return
		}
	}
	v.partyIs = fresh
	v.changed("vinculo", unitName(b, r.Unit), "", "", string(r.Relation)+" "+r.Document.Masked())
}
