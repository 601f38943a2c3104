package mapping

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
)

// Facts is everything that a row can draw on, as it was when the movement was made. The cel tags are the names
// in configurations: they are kept for good.
type Facts struct {
	Occurrence  Occurrence  `cel:"ocorrencia"`
	Customer    Customer    `cel:"cliente"`
	Unit        Unit        `cel:"unidade"`
	Block       Block       `cel:"bloco"`
	Development Development `cel:"empreendimento"`
	Contract    Contract    `cel:"contrato"`
	Requester   Requester   `cel:"solicitante"`
	Movement    Movement    `cel:"movimentacao"`
	File        File        `cel:"anexo"`
	// Zone is the development's; dates are written in it. Nil is UTC.
	Zone *time.Location `cel:"-"`
}

type Occurrence struct {
	Number int64 `cel:"numero"`
	// LegacyID is what the order is called over there: 1234, then 1234-2 after a reopening.
	LegacyID    string    `cel:"numero_legado"`
	Subject     string    `cel:"assunto"`
	Description string    `cel:"descricao"`
	Type        string    `cel:"tipo"`
	Priority    string    `cel:"prioridade"`
	Place       string    `cel:"local"`
	Emergency   bool      `cel:"emergencia"`
	OpenedAt    time.Time `cel:"aberta_em"`
	Environment string    `cel:"ambiente"`
	// Item and Failure are codes of the catalogue of defects, with what people call them; empty where nobody said.
	Item        string `cel:"item"`
	ItemName    string `cel:"item_nome"`
	ItemPath    string `cel:"item_caminho"` // "Hidráulica > Torneira"
	Failure     string `cel:"falha"`
	FailureName string `cel:"falha_nome"`
}

type Customer struct {
	Name     string `cel:"nome"`
	Document string `cel:"cpf_cnpj"`
	Email    string `cel:"email"`
	Phone    string `cel:"telefone"`
}

type Unit struct {
	Number string `cel:"numero"`
	// MobussID is the one of the occurrence's environment: two databases, two ids (S7).
	MobussID   string `cel:"id_mobuss"`
	CommonArea bool   `cel:"area_comum"`
}

type Block struct {
	Code string `cel:"codigo"`
	Name string `cel:"nome"`
}

type Development struct {
	Code string `cel:"codigo"`
	Name string `cel:"nome"`
}

type Contract struct {
	Code string `cel:"codigo"`
}

type Requester struct {
	Name     string `cel:"nome"`
	Phone    string `cel:"telefone"`
	Relation string `cel:"relacao"`
}

type Movement struct {
	Comment    string    `cel:"comentario"`
	Author     string    `cel:"autor"`
	At         time.Time `cel:"data"`
	VisitStart time.Time `cel:"vistoria_inicio"`
	VisitEnd   time.Time `cel:"vistoria_fim"`
}

// File is the attachment that a call of MOBUSS_ANEXO is about; its zero value is that of every other call.
type File struct {
	Name   string `cel:"nome"`
	Type   string `cel:"tipo"` // what its bytes are, not what was said of them
	Size   int64  `cel:"tamanho"`
	SHA256 string `cel:"sha256"` // lower-case hex; its bytes are found by it
}

// Field is one fact, for a picker.
type Field struct {
	Name string // "unidade.id_mobuss"
	Type Type
}

// Fields lists the facts in the order of the page.
func Fields() []Field {
	out := make([]Field, len(factFields))
	for i, f := range factFields {
		out[i] = f.Field
	}
	return out
}

// FieldsOf are those that a row of this point may draw on: only MOBUSS_ANEXO knows of an attachment.
func FieldsOf(p desk.Point) []Field {
	return slices.DeleteFunc(Fields(), func(f Field) bool { return p != desk.SendFile && strings.HasPrefix(f.Name, "anexo.") })
}

// ReferenceNames are the values that a row can only name, because they are known when the call is bound.
func ReferenceNames() []string {
	return []string{RefOrderID, RefOrderNumber, RefDeliveryID, RefFileContent}
}

type factField struct {
	Field
	index []int
}

func (f factField) of(facts *Facts) any {
	return reflect.ValueOf(facts).Elem().FieldByIndex(f.index).Interface()
}

var (
	factFields = listFacts()
	factByName = func() map[string]factField {
		m := make(map[string]factField, len(factFields))
		for _, f := range factFields {
			m[f.Name] = f
		}
		return m
	}()
)

// listFacts reads the struct tags, so that a fact is named in one place only.
func listFacts() (out []factField) {
	types := map[reflect.Type]Type{
		reflect.TypeFor[string](): TypeText, reflect.TypeFor[int64](): TypeNumber,
		reflect.TypeFor[bool](): TypeBool, reflect.TypeFor[time.Time](): TypeMoment,
	}
	for group := range reflect.TypeFor[Facts]().Fields() {
		if group.Tag.Get("cel") == "-" {
			continue
		}
		for f := range group.Type.Fields() {
			name := group.Tag.Get("cel") + "." + f.Tag.Get("cel")
			out = append(out, factField{Field{name, types[f.Type]}, []int{group.Index[0], f.Index[0]}})
		}
	}
	return out
}
