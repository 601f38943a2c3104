package desk

import (
	"fmt"
	"strings"
	"time"
)

// Kind says what sort of answer an error is; every door has exactly one table from kind to its own form.
type Kind int

const (
	Internal Kind = iota
	Invalid
	Unauthenticated
	Forbidden
	NotFound
	MethodNotAllowed
	Conflict
	TooLarge
	Unsupported
	Unprocessable
	TooMany
	Unavailable
)

// FieldError says what is wrong with one field. Code is a message id; Args fill it in. The value itself is
// never part of it, because it may be personal data.
type FieldError struct {
	Field string
	Code  string
	Args  map[string]any
}

// Error is every error that a caller can do something about. Anything else is internal: logged whole and shown
// generically.
type Error struct {
	Kind Kind
	// Code is stable and scripted against: the "codigo" of CONTRACT.md.
	Code   string
	Args   map[string]any
	Fields []FieldError
	// KeptCall is the id of the received call that was kept with this error, if one was.
	KeptCall string
	// RetryAfter is how long a caller should wait, where that is known.
	RetryAfter time.Duration
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	for _, f := range e.Fields {
		fmt.Fprintf(&b, " [%s: %s]", f.Field, f.Code)
	}
	if r, ok := e.Args["motivo"]; ok {
		fmt.Fprintf(&b, " (%v)", r)
	}
	return b.String()
}

// Reason is the machine-readable cause inside a code that covers several, such as the reason a transition is
// invalid. Empty where the code says it all.
func (e *Error) Reason() string {
	s, _ := e.Args["motivo"].(string)
	return s
}

// Fail makes an error of the catalogue below; args are pairs of name and value.
func Fail(code string, args ...any) *Error {
	k, ok := kinds[code]
	if !ok {
		panic("desk: no such error code: " + code)
	}
	e := &Error{Kind: k, Code: code}
	for i := 0; i+1 < len(args); i += 2 {
		if e.Args == nil {
			e.Args = make(map[string]any, len(args)/2)
		}
		e.Args[args[i].(string)] = args[i+1]
	}
	return e
}

// BadField is parametro_invalido for one field.
func BadField(field, code string, args ...any) *Error {
	e := Fail(ErrParameter)
	e.Fields = []FieldError{{Field: field, Code: code, Args: pairs(args)}}
	return e
}

func pairs(args []any) map[string]any {
	if len(args) == 0 {
		return nil
	}
	m := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i].(string)] = args[i+1]
	}
	return m
}

// The codes of CONTRACT.md, "Errors", and those that only pages and commands can meet.
const (
	ErrContent          = "conteudo_invalido"
	ErrUnknownParameter = "parametro_desconhecido"
	ErrUnauthenticated  = "nao_autenticado"
	ErrForbidden        = "sem_permissao"
	ErrNotFound         = "ocorrencia_nao_encontrada"
	ErrRoute            = "rota_nao_encontrada"
	ErrHTTPMethod       = "metodo_http"
	ErrMethod           = "metodo_de_integracao"
	ErrClosed           = "ocorrencia_encerrada"
	ErrTransition       = "transicao_invalida"
	ErrTooLarge         = "conteudo_grande_demais"
	ErrUnsupported      = "tipo_nao_aceito"
	ErrParameter        = "parametro_invalido"
	ErrBlock            = "bloqueio_incluir_cliente_obrigatorio"
	ErrCustomer         = "cliente_nao_identificado"
	ErrUnit             = "unidade_nao_identificada"
	ErrAmbiguousUnit    = "unidade_ambigua"
	ErrNoContract       = "unidade_sem_contrato_do_cliente"
	ErrTooMany          = "muitas_chamadas"
	ErrInternal         = "erro_interno"
	ErrUnavailable      = "indisponivel"

	// ErrDelivery is answered when a delivery is not in a state in which the act makes sense.
	ErrDelivery = "envio_em_outro_estado"
	// ErrNoDelivery and ErrSending are of the deliveries' page: there is none, or nothing is sent now, so sending again
	// would lead nowhere.
	ErrNoDelivery = "envio_nao_encontrado"
	ErrSending    = "envio_desligado"
	// ErrNoCall, ErrCallState and ErrCallUnread are of the received calls' page: there is none, somebody settled it
	// meanwhile, or nothing could be read from it that could be sent again.
	ErrNoCall     = "recebimento_nao_encontrado"
	ErrCallState  = "recebimento_em_outro_estado"
	ErrCallUnread = "recebimento_ilegivel"
	// ErrNoBulkMove and ErrBulkMove are of occurrences moved together: there is no such act, or it has gone on meanwhile.
	ErrNoBulkMove = "movimentacao_em_lote_nao_encontrada"
	ErrBulkMove   = "movimentacao_em_lote_mudou"
	// ErrNoFinding and ErrFinding are of the reconciliation: there is no such finding, or it, or what it is about, is no
	// longer as it was found.
	ErrNoFinding = "achado_nao_encontrado"
	ErrFinding   = "achado_em_outro_estado"
	// ErrResetKey is answered to a link for a new password that is unknown, used or expired.
	ErrResetKey = "link_de_senha_invalido"
	// ErrSSO is answered to whom the house's provider sent and who is not let in; why is for the log. ErrSSOAway: the
	// provider can't be asked. ErrLocalOff: nobody signs in by password here.
	ErrSSO      = "sso_recusado"
	ErrSSOAway  = "sso_indisponivel"
	ErrLocalOff = "entrada_local_desligada"
	// ErrNoPerson and ErrPersonInUse are of a person's data: there is no such person, or what they asked for is not done.
	ErrNoPerson    = "pessoa_nao_encontrada"
	ErrPersonInUse = "pessoa_em_uso"
	// ErrLetter: a letter to a customer can't be sent again, for the reason named.
	ErrLetter = "carta_nao_enviada"
	// ErrConfig is answered when a configuration can't be used; Fields name the rows.
	ErrConfig = "configuracao_invalida"
	// ErrConfigChanged is answered when another version runs by now than the one that a change was made from.
	ErrConfigChanged = "configuracao_mudou"
	// ErrSwitch is answered when the environments can't be switched so now; Fields name what is missing.
	ErrSwitch = "troca_de_ambiente"
	// ErrLocked is answered while production's data can't be entered, or not in this way.
	ErrLocked = "producao_trancada"
	// ErrProbe is answered when production did not answer its probe as it should; nothing was kept.
	ErrProbe = "sondagem_falhou"
	// ErrNoConformance and ErrConformance are of the conformance runs: there is none, or its state doesn't allow the act.
	ErrNoConformance = "conformidade_nao_encontrada"
	ErrConformance   = "conformidade_em_outro_estado"
	// ErrNoImport, ErrImportState and ErrPlanChanged are of the registry's import by page: there is none, it has gone on
	// meanwhile, or its plan is no longer the one that was shown.
	ErrNoImport    = "importacao_nao_encontrada"
	ErrImportState = "importacao_em_outro_estado"
	ErrPlanChanged = "plano_mudou"
	// ErrOfTheERP: what the ERP owns is changed there and imported, never here.
	ErrOfTheERP = "cadastro_do_erp"
)

var kinds = map[string]Kind{
	ErrNoPerson: NotFound, ErrPersonInUse: Conflict, ErrLetter: Conflict,
	ErrNoConformance: NotFound, ErrConformance: Conflict,
	ErrContent: Invalid, ErrUnknownParameter: Invalid,
	ErrUnauthenticated: Unauthenticated, ErrForbidden: Forbidden,
	ErrNotFound: NotFound, ErrRoute: NotFound, ErrHTTPMethod: MethodNotAllowed,
	ErrMethod: Conflict, ErrClosed: Conflict, ErrTransition: Conflict, ErrDelivery: Conflict,
	ErrTooLarge: TooLarge, ErrUnsupported: Unsupported,
	ErrParameter: Unprocessable, ErrBlock: Unprocessable, ErrCustomer: Unprocessable, ErrUnit: Unprocessable,
	ErrAmbiguousUnit: Unprocessable, ErrNoContract: Unprocessable, ErrConfig: Unprocessable, ErrConfigChanged: Conflict,
	ErrTooMany: TooMany, ErrInternal: Internal, ErrUnavailable: Unavailable,
	ErrNoDelivery: NotFound, ErrSending: Conflict,
	ErrNoImport: NotFound, ErrImportState: Conflict, ErrPlanChanged: Conflict, ErrOfTheERP: Conflict,
	ErrNoFinding: NotFound, ErrFinding: Conflict,
	ErrNoBulkMove: NotFound, ErrBulkMove: Conflict,
	ErrNoCall: NotFound, ErrCallState: Conflict, ErrCallUnread: Unprocessable, ErrResetKey: NotFound,
	ErrSSO: Forbidden, ErrSSOAway: Unavailable, ErrLocalOff: Forbidden,
	ErrSwitch: Conflict, ErrLocked: Conflict, ErrProbe: Unprocessable,
}
