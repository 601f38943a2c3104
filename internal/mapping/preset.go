package mapping

import (
	"embed"
	"fmt"
	"reflect"
	"slices"

	"ponte/internal/desk"
)

//go:embed presets/*.yaml
var presets embed.FS

var presetNames = []string{"mobuss-atual", "mobuss-legado"}

// Presets are the names that Preset takes.
func Presets() []string { return slices.Clone(presetNames) }

// Preset is the YAML of an Integration as it ships, with its comments. Its error is a *desk.Error of code ErrConfig.
func Preset(name string) ([]byte, error) {
	if slices.Contains(presetNames, name) {
		return presets.ReadFile("presets/" + name + ".yaml")
	}
	e := desk.Fail(desk.ErrConfig)
	e.Fields = desk.BadField("integracao.preset", "preset_desconhecido").Fields
	return nil, e
}

// PresetIntegration is a preset, read.
func PresetIntegration(name string) (*Integration, error) {
	doc, err := Preset(name)
	if err != nil {
		return nil, err
	}
	in := &Integration{Policy: DefaultPolicy()}
	if err := decode(doc, in); err != nil {
		return nil, fmt.Errorf("mapping: preset %s: %w", name, err)
	}
	normalise(reflect.ValueOf(in).Elem())
	return in, nil
}

// DefaultClasses is a catalogue of items and failure types to start from.
func DefaultClasses() (desk.Classes, error) {
	var c desk.Classes
	doc, err := presets.ReadFile("presets/itens.yaml")
	if err == nil {
		err = decode(doc, &c)
	}
	return c, err
}

// Default is a whole document: the statuses of the demonstration, a method and a preset.
func Default(m desk.Method, preset string) (*Config, error) {
	doc, err := presets.ReadFile("presets/catalogo.yaml")
	if err != nil {
		return nil, err
	}
	c := &Config{}
	if err := decode(doc, &c.Catalogue); err != nil {
		return nil, fmt.Errorf("mapping: catalogue: %w", err)
	}
	integration, err := PresetIntegration(preset)
	if err != nil {
		return nil, err
	}
	c.Method, c.Integration = m, *integration
	return c, nil
}
