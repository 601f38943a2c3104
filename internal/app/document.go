package app

import (
	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// Change is one difference between two configurations.
type Change = mapping.Change

// ParseDocument reads a configuration file: see mapping.ParseDocument.
func ParseDocument(text []byte) (*mapping.Document, error) { return mapping.ParseDocument(text) }

// ConfigSchema is the JSON Schema of a configuration file.
func ConfigSchema() ([]byte, error) { return mapping.Schema() }

// Presets are the names that PresetDocument takes.
func Presets() []string { return mapping.Presets() }

// PresetDocument is a whole file to start from: the statuses of the demonstration, a preset, and homologation's address.
func PresetDocument(preset string, m desk.Method, url string) ([]byte, error) {
	c, err := mapping.Default(m, preset)
	if err != nil {
		return nil, err
	}
	if !m.Sends() {
		for i := range c.Statuses { // points can't be switched on where nothing is sent
			c.Statuses[i].Point, c.Statuses[i].AfterSuccess = desk.NoPoint, ""
		}
	}
	d := mapping.Document{Config: *c, Environments: mapping.Environments{Homologation: &mapping.Place{URL: url}}}
	return d.YAML()
}
