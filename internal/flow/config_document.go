package flow

import (
	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// The configuration as doors see it, which know use cases and not how a call is mapped.
type (
	// ConfigDocument is a configuration file, read.
	ConfigDocument = mapping.Document
	// ConfigPlace is where an environment is.
	ConfigPlace = mapping.Place
	// ConfigChange is one difference between two configurations.
	ConfigChange = mapping.Change
)

// ParseConfig reads a configuration file; everything that is wrong with it comes in one configuracao_invalida, by line and
// row: see mapping.ParseDocument.
func ParseConfig(text []byte) (*ConfigDocument, error) { return mapping.ParseDocument(text) }

// ConfigSchema is the JSON Schema of a configuration file.
func ConfigSchema() ([]byte, error) { return mapping.Schema() }

// ConfigPresets are the names that PresetConfig takes.
func ConfigPresets() []string { return mapping.Presets() }

// PresetConfig is a whole file to start from: the statuses of the demonstration, a preset, and homologation's address.
func PresetConfig(preset string, m desk.Method, url string) (*ConfigDocument, error) {
	c, err := mapping.Default(m, preset)
	if err != nil {
		return nil, err
	}
	if !m.Sends() {
		for i := range c.Statuses { // points can't be switched on where nothing is sent
			c.Statuses[i].Point, c.Statuses[i].AfterSuccess = desk.NoPoint, ""
		}
	}
	return &mapping.Document{Config: *c, Environments: mapping.Environments{Homologation: &mapping.Place{URL: url}}}, nil
}
