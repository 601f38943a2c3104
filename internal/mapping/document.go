package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"ponte/internal/desk"
)

// Document is a configuration as people move it from one installation to another: the document of a version and,
// beside it, where homologation is. It never holds credentials, and says nothing of production, whose address is
// entered at the go-live alone.
type Document struct {
	Config       `yaml:",inline"`
	Environments Environments `yaml:"ambientes,omitempty"`
	// Classes are nil where the file does not speak of items: what is there stays. Reading a file adds and changes, and
	// takes nothing away.
	Classes *desk.Classes `yaml:"itens_e_falhas,omitempty"`
}

// Environments is the part of a file that lies outside the version.
type Environments struct {
	// Homologation is nil where the file does not speak of it: what is there stays.
	Homologation *Place `yaml:"homologacao,omitempty"`
}

// ParseDocument reads a whole file. It gathers everything that is wrong, down to the rules and expressions of Compile,
// in one *desk.Error of code ErrConfig whose fields say where in the file they stand: linha_do_arquivo and, for a
// row of a call, parametro, its target.
func ParseDocument(doc []byte) (*Document, error) {
	f := &Document{Config: Config{Integration: Integration{Policy: DefaultPolicy()}}}
	err := decode(doc, f)
	if err == nil {
		normalise(reflect.ValueOf(f).Elem())
		err = f.Check()
	}
	var known *desk.Error
	if errors.As(err, &known) {
		locate(doc, known.Fields)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Check says whether the file can be used: Compile's rules, its addresses, and no credentials in it.
func (f *Document) Check() error {
	e := desk.Fail(desk.ErrConfig)
	_, err := Compile(&f.Config)
	var known *desk.Error
	if errors.As(err, &known) {
		e.Fields = known.Fields
	} else if err != nil {
		return err
	}
	if h := f.Environments.Homologation; h != nil {
		e.Fields = append(e.Fields, f.CheckPlace("ambientes.homologacao", *h)...)
	}
	e.Fields = append(e.Fields, secretsIn(&f.Config)...)
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// secretNames are parts of names that only credentials have.
var secretNames = []string{"authorization", "token", "senha", "password", "secret", "api-key", "apikey", "api_key"}

func isSecretName(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(secretNames, func(s string) bool { return strings.Contains(name, s) })
}

// secretsIn finds fixed values where only a credential can be meant. They belong to an environment, sealed: a document
// is kept for ever, shown and sent by mail.
func secretsIn(c *Config) (out []desk.FieldError) {
	headers := func(at string, h map[string]string) {
		for _, name := range slices.Sorted(maps.Keys(h)) {
			if h[name] != "" && isSecretName(name) {
				out = append(out, desk.BadField(at+".cabecalhos."+name, "segredo_no_documento").Fields...)
			}
		}
	}
	call := func(at string, c Call) {
		headers(at, c.Header)
		for i, p := range c.Params {
			if p.Fixed != nil && p.Fixed.Value != "" && isSecretName(p.Target) {
				out = append(out, desk.BadField(rowAt(at, i)+".fixo", "segredo_no_documento").Fields...)
			}
		}
	}
	headers("integracao", c.Integration.Header)
	for _, p := range slices.Sorted(maps.Keys(c.Integration.Points)) {
		at := "integracao.pontos." + string(p)
		call(at, c.Integration.Points[p].Call)
		for _, name := range slices.Sorted(maps.Keys(c.Integration.Points[p].LookUps)) {
			call(at+".consultas."+name, c.Integration.Points[p].LookUps[name].Call)
		}
	}
	asked := c.Integration.Reconcile.calls()
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		call("integracao."+name, asked[name])
	}
	for _, code := range slices.Sorted(maps.Keys(c.Integration.Windows)) {
		call("integracao.janelas."+code, c.Integration.Windows[code].call())
	}
	return out
}

// YAML is the file in its canonical form, each block with a comment that says what it is: ParseDocument of it gives f
// again, and YAML of that the same bytes.
func (f *Document) YAML() ([]byte, error) {
	var n yaml.Node
	if err := n.Encode(f); err != nil {
		return nil, fmt.Errorf("mapping: write configuration: %w", err)
	}
	comment(&n, "")
	var b bytes.Buffer
	b.WriteString(fileHead)
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(&n); err != nil {
		return nil, fmt.Errorf("mapping: write configuration: %w", err)
	}
	return b.Bytes(), nil
}

const fileHead = `# Configuração do Ponte. Cada chave está descrita em docs/configuration.md.
# Conferir e aplicar: ponte config import ARQUIVO (mostra o plano antes). Credenciais nunca ficam aqui:
# ponte config secret homologacao NOME.

`

// comment heads the blocks that blockNotes knows.
func comment(n *yaml.Node, path string) {
	if n.Kind != yaml.MappingNode || n.Style&yaml.FlowStyle != 0 {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		at := strings.TrimPrefix(path+"."+n.Content[i].Value, ".")
		if blockNotes[at] {
			n.Content[i].HeadComment = "# " + noteOf(at)
		}
		comment(n.Content[i+1], at)
	}
}
