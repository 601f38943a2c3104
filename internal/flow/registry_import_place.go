package flow

import (
	"context"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// importedDevelopment is a development as an import sees it; id 0 is one that the plan would make.
type importedDevelopment struct {
	id               int64
	code, name, zone string
	blocks           map[string]*importedBlock
	folded           map[string]string
	said             *claim // the row that said its name
	dirty            bool   // to be written
	loaded           bool   // its blocks are known
	units, contracts bool   // a sheet of its units or contracts was read: what is missing there is gone
}

type importedBlock struct {
	id          int64
	development *importedDevelopment
	code, name  string
	said        *claim
	dirty       bool
}

// placed is where a row lies, and what it says of that place.
type placed struct {
	block   *importedBlock
	changes []RegistryChange
	reasons []desk.FieldError
}

func (im *RegistryImport) keep(d *importedDevelopment) {
	d.blocks, d.folded = map[string]*importedBlock{}, map[string]string{}
	im.developments[d.code], im.folded[desk.Plain(d.code)] = d, d.code
}

// places finds the developments and blocks of rows, and makes or renames those that are not so yet, in a transaction
// before that of the rows: there are few of them.
func (im *RegistryImport) places(ctx context.Context, rows []RegistryRow) ([]placed, error) {
	out := make([]placed, len(rows))
	var changed []*importedDevelopment
	for i := range rows {
		r := &rows[i]
		im.columns[r.File] = r.Columns
		if r.Development == "" {
			continue
		}
		v := verdict{}
		d, err := im.development(ctx, r, &v)
		if err != nil {
			return nil, err
		}
		if d != nil && r.Block != "" && len(v.reasons) == 0 {
			out[i].block = im.block(d, r, &v)
		}
		if d != nil && len(v.changes) > 0 {
			changed = append(changed, d)
		}
		out[i].changes, out[i].reasons = v.changes, v.reasons
	}
	if im.plans || len(changed) == 0 {
		return out, nil
	}
	return out, im.putPlaces(ctx, changed)
}

func (im *RegistryImport) development(ctx context.Context, r *RegistryRow, v *verdict) (*importedDevelopment, error) {
	if _, err := time.LoadLocation(r.Zone); err != nil {
		v.bad("fuso", "fuso_desconhecido")
		return nil, nil
	}
	d := im.developments[r.Development]
	if d == nil {
		if other, ok := im.folded[desk.Plain(r.Development)]; ok {
			v.bad("cod_empreendimento", "maiusculas_diferentes", "outro", other)
			return nil, nil
		}
		if r.DevelopmentName == "" {
			v.bad("cod_empreendimento", "empreendimento_fora_do_cadastro")
			return nil, nil
		}
		if len(im.actor.Developments) > 0 {
			v.bad("cod_empreendimento", "fora_do_alcance")
			return nil, nil
		}
		d = &importedDevelopment{code: r.Development, name: r.DevelopmentName, zone: defaultZone, dirty: true, loaded: true}
		im.keep(d)
		v.changed("empreendimento", d.code, "", "", d.name)
		if r.Zone != "" {
			d.zone = r.Zone
		}
		d.said = &claim{im.print(r.DevelopmentName, r.Zone), refOf(r)}
	}
	if d.id != 0 && !im.actor.MayTouch(d.id) {
		v.bad("cod_empreendimento", "fora_do_alcance")
		return nil, nil
	}
	if d.id != 0 && !d.loaded {
		rows, err := im.flow.Store.Read().BlocksOfDevelopment(ctx, d.id)
		if err != nil {
			return nil, err
		}
		d.loaded = true
		for _, b := range rows {
			d.blocks[b.Code], d.folded[desk.Plain(b.Code)] = &importedBlock{id: b.ID, development: d, code: b.Code, name: b.Name}, b.Code
		}
	}
	d.units, d.contracts = d.units || r.Kind.hasUnits(), d.contracts || r.Kind.hasContracts()
	im.rename(d, r, v)
	return d, nil
}

const defaultZone = "America/Sao_Paulo"

func (im *RegistryImport) rename(d *importedDevelopment, r *RegistryRow, v *verdict) {
	if r.DevelopmentName == "" && r.Zone == "" {
		return
	}
	said := claim{im.print(r.DevelopmentName, r.Zone), refOf(r)}
	if d.said != nil {
		if d.said.said != said.said && im.columns[d.said.file()] == r.Columns {
			v.contradicts("nome_empreendimento", r, *d.said)
			return
		}
	} else {
		d.said = &said
	}
	set := func(field string, at *string, now string) {
		if now != "" && *at != now {
			v.changed("empreendimento", d.code, field, *at, now)
			*at, d.dirty = now, true
		}
	}
	set("nome_empreendimento", &d.name, r.DevelopmentName)
	set("fuso", &d.zone, r.Zone)
}

func (im *RegistryImport) block(d *importedDevelopment, r *RegistryRow, v *verdict) *importedBlock {
	b := d.blocks[r.Block]
	if b == nil {
		if other, ok := d.folded[desk.Plain(r.Block)]; ok {
			v.bad("cod_bloco", "maiusculas_diferentes", "outro", other)
			return nil
		}
		if r.Kind != OfBlocks && !r.Kind.hasUnits() {
			v.bad("cod_bloco", "bloco_desconhecido")
			return nil
		}
		b = &importedBlock{development: d, code: r.Block, name: r.Block, dirty: true}
		if r.BlockName != "" {
			b.name = r.BlockName
		}
		d.blocks[b.code], d.folded[desk.Plain(b.code)] = b, b.code
		v.changed("bloco", d.code+"-"+b.code, "", "", b.name)
	}
	if r.BlockName == "" {
		return b
	}
	said := claim{im.print(r.BlockName), refOf(r)}
	switch {
	case b.said == nil:
		b.said = &said
	case b.said.said != said.said:
		v.contradicts("nome_bloco", r, *b.said)
		return nil
	}
	if b.name != r.BlockName {
		v.changed("bloco", d.code+"-"+b.code, "nome_bloco", b.name, r.BlockName)
		b.name, b.dirty = r.BlockName, true
	}
	return b
}

// putPlaces writes them; the walk knows their ids once that is durable.
func (im *RegistryImport) putPlaces(ctx context.Context, changed []*importedDevelopment) error {
	ids, blocks := map[*importedDevelopment]int64{}, map[*importedBlock]int64{}
	err := im.flow.Store.Write(ctx, func(tx *store.Tx) error {
		w := im.flow.bare(ctx, tx)
		if err := im.mayGoOn(w); err != nil {
			return err
		}
		for _, d := range changed {
			ids[d] = d.id
			renamed := d.id != 0 && d.dirty
			if d.dirty {
				id, err := tx.UpsertDevelopment(w.ctx, db.UpsertDevelopmentParams{Code: d.code, Name: d.name, Zone: d.zone})
				if err != nil {
					return err
				}
				ids[d] = id
			}
			n := 0
			for _, b := range d.blocks {
				if !b.dirty {
					continue
				}
				id, err := tx.UpsertBlock(w.ctx, db.UpsertBlockParams{DevelopmentID: ids[d], Code: b.code, Name: b.name})
				if err != nil {
					return err
				}
				blocks[b], n = id, n+1
				renamed = renamed || b.id != 0
			}
			if renamed {
				if err := w.refind(ids[d]); err != nil {
					return err
				}
			}
			if err := w.audit(im.actor, "cadastro.importar", "empreendimento:"+d.code, map[string]any{"blocos": n}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for d, id := range ids {
		d.id, d.dirty = id, false
	}
	for b, id := range blocks {
		b.id, b.dirty = id, false
	}
	return nil
}
