package cli

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"go.yaml.in/yaml/v3"
)

// alertsCmd shows what the page of alerts decides. It is no part of the configuration's versions: nobody signs who is woken up.
type alertsCmd struct{ database }

func (c alertsCmd) Run(ctx context.Context, s streams, log *slog.Logger) (err error) {
	f, done, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	is, _, by, err := f.AlertSettings(ctx, operator())
	if err != nil {
		return err
	}
	receivers, err := f.AlertReceivers(ctx, operator())
	if err != nil {
		return err
	}
	firing, err := f.Alerts(ctx, operator())
	if err != nil {
		return err
	}
	b, err := json.Marshal(is)
	if err != nil {
		return err
	}
	doc := struct {
		Limits    map[string]any   `yaml:"limites"`
		By        string           `yaml:"mudado_por,omitempty"`
		Receivers []map[string]any `yaml:"destinos"`
		Firing    []map[string]any `yaml:"agora"`
	}{By: by, Receivers: []map[string]any{}, Firing: []map[string]any{}}
	if err := json.Unmarshal(b, &doc.Limits); err != nil {
		return err
	}
	for _, r := range receivers {
		doc.Receivers = append(doc.Receivers, map[string]any{"id": r.ID, "nome": r.Name, "canal": string(r.Channel), "destino": r.Target, "idioma": r.Language,
			"avisos": r.Kinds, "desligado": r.Disabled})
	}
	for _, a := range firing.Firing {
		doc.Firing = append(doc.Firing, map[string]any{"aviso": string(a.Kind), "de": a.Subject, "desde": a.Since.UTC(), "situacao": string(a.Phase)})
	}
	e := yaml.NewEncoder(s.out)
	e.SetIndent(2)
	return errors.Join(e.Encode(doc), e.Close())
}
