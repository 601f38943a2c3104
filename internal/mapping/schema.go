package mapping

import (
	"encoding/json"
	"reflect"
	"strings"

	"ponte/internal/desk"
)

// Schema is the JSON Schema of a configuration file, made from the types that it is read into. It tells an editor what
// may stand where; references and expressions are checked by ParseDocument.
func Schema() ([]byte, error) {
	root := schemaOf(reflect.TypeFor[Document](), "")
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Configuração do Ponte"
	b, err := json.MarshalIndent(root, "", "  ")
	return append(b, '\n'), err
}

// words are the types that take few texts.
var words = map[reflect.Type][]string{
	reflect.TypeFor[desk.Method]():      {string(desk.NoMethod), string(desk.MethodA), string(desk.MethodB), string(desk.MethodC)},
	reflect.TypeFor[desk.StatusKind]():  texts(desk.StatusKinds()),
	reflect.TypeFor[desk.Mover]():       texts(desk.Movers()),
	reflect.TypeFor[desk.FindingKind](): texts(desk.ByItself),
	reflect.TypeFor[Action]():           {string(ActRetry), string(ActLookUp), string(ActRefuse)},
	reflect.TypeFor[AuthKind]():         texts(AuthKinds),
	reflect.TypeFor[ClientStyle]():      {string(ClientInHeader), string(ClientInBody)},
	reflect.TypeFor[BodyKind]():         {string(BodyJSON), string(BodyForm), string(BodyQuery), string(BodyXML), string(BodyMultipart)},
	reflect.TypeFor[AnswerKind]():       {string(AnswerJSON), string(AnswerJSONList), string(AnswerText), string(AnswerXML)},
	reflect.TypeFor[Envelope]():         {string(NoEnvelope), string(SOAP11), string(SOAP12)},
	reflect.TypeFor[IfEmpty]():          {string(EmptyOmit), string(EmptyNull), string(EmptyText), string(EmptyRefuse)},
	reflect.TypeFor[Type]():             texts(Types),
}

func texts[S ~string](all []S) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = string(s)
	}
	return out
}

// mayLack are the keys that a document may leave out though their type has no omitempty: they have a default, or
// "nothing" is a value.
func mayLack(path string) bool {
	return strings.HasPrefix(path, "integracao.politica") || path == "status_de_falha" || strings.HasSuffix(path, ".parametros") ||
		path == "ambientes.homologacao.permite_rede_privada"
}

type object = map[string]any

func schemaOf(t reflect.Type, path string) object {
	out := object{}
	if note := noteOf(path); note != "" {
		out["description"] = note
	}
	set := func(kind string, more object) object {
		out["type"] = kind
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[Duration]():
		return set("string", object{"pattern": `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`})
	case reflect.TypeFor[Scalar]():
		out["type"] = []string{"string", "number", "boolean"}
		return out
	}
	switch t.Kind() {
	case reflect.Struct:
		properties, required := object{}, []string{}
		propertiesOf(t, path, properties, &required)
		return set("object", object{"properties": properties, "required": required, "additionalProperties": false})
	case reflect.Slice:
		return set("array", object{"items": schemaOf(t.Elem(), path)})
	case reflect.Map:
		names := object{}
		if t.Key() == reflect.TypeFor[desk.Point]() {
			names["enum"] = []string{string(desk.OpenOrder), string(desk.AddComment), string(desk.AskVisit), string(desk.CloseOrder), string(desk.SendFile)}
		} else if path == "ambientes.homologacao.enderecos" {
			names["pattern"] = `^(MOBUSS_(ISA|IVV|ICSA|SRSA|ANEXO)(\.consulta)?|janela\..+)$`
		} else if t == reflect.TypeFor[HTTPTable]() {
			names["pattern"] = "^[1-5][0-9][0-9]$"
		}
		return set("object", object{"propertyNames": names, "additionalProperties": schemaOf(t.Elem(), path)})
	case reflect.Bool:
		return set("boolean", nil)
	case reflect.Int, reflect.Int64:
		return set("integer", nil)
	case reflect.Float64:
		return set("number", nil)
	}
	if few, ok := words[t]; ok {
		return set("string", object{"enum": few})
	}
	return set("string", nil)
}

func propertiesOf(t reflect.Type, path string, properties object, required *[]string) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "-" {
			continue
		}
		if strings.Contains(options, "inline") {
			propertiesOf(f.Type, path, properties, required)
			continue
		}
		at := strings.TrimPrefix(path+"."+name, ".")
		properties[name] = schemaOf(f.Type, at)
		if !strings.Contains(options, "omitempty") && !mayLack(at) {
			*required = append(*required, name)
		}
	}
}
