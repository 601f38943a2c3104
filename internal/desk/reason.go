package desk

import "encoding/json"

// Reason is why something is as it is: a message id and its arguments, kept as data so that each reader sees it
// in their language.
type Reason struct {
	Code string
	Args map[string]any
}

// Because makes a reason; args are pairs of name and value.
func Because(code string, args ...any) Reason { return Reason{Code: code, Args: pairs(args)} }

// ArgsJSON is the arguments as they are stored; empty where there are none.
func (r Reason) ArgsJSON() string {
	if len(r.Args) == 0 {
		return ""
	}
	b, err := json.Marshal(r.Args)
	if err != nil {
		return "" // only what json can hold is ever put in
	}
	return string(b)
}

// ParseReason reads what ArgsJSON wrote.
func ParseReason(code, args string) Reason {
	r := Reason{Code: code}
	if args != "" {
		_ = json.Unmarshal([]byte(args), &r.Args)
	}
	return r
}

// Reasons that the rules themselves give; Mobuss's answers and the network's failures have theirs in mapping and
// connector.
const (
	WhyMethodSendsNothing = "metodo_nao_envia"
	WhyOtherEnvironment   = "outro_ambiente"
	WhyPersonSkipped      = "pulado_por_pessoa"
	WhyCorrected          = "correcao_de_cadastro" // unit or customer of an occurrence
	WhyCancelled          = "cancelada"            // by the house, before the field knew of it
	WhyCancelledFirst     = "cancelada_antes"      // a call whose occurrence was cancelled before it left
	WhyOrderClosed        = "ordem_ja_encerrada"
	WhyMissingData        = "dados_faltando"
	WhyUnreadable         = "envio_ilegivel"
	WhyRetryLimit         = "limite_de_tentativas"
	WhyNoLookUp           = "sem_consulta"
	WhyUnclear            = "consulta_sem_resposta_clara"
	WhyCrashed            = "interrompido_durante_o_envio"
	WhyRestored           = "restaurado_de_copia"
	WhyNoFilePoint        = "anexo_sem_configuracao"
	WhyImported           = "importada_do_sistema_anterior"
	WhyUnknownType        = "tipo_desconhecido_virou_padrao"
	WhyUnknownPriority    = "prioridade_desconhecida_virou_padrao"
)
