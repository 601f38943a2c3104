package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// configFile reads the file of --config: the flags' own names, one level deep.
//
//	database-url: sqlite:/var/lib/ponte/ponte.db
//	public-url: https://ponte.example.com.br
func configFile(r io.Reader) (kong.Resolver, error) {
	values := map[string]string{}
	if err := yaml.NewDecoder(r).Decode(&values); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("config file: %w", err)
	}
	return fileValues(values), nil
}

type fileValues map[string]string

// Validate refuses a name that no command has: a typing error must not pass for a setting.
func (v fileValues) Validate(app *kong.Application) error {
	known := map[string]bool{}
	_ = kong.Visit(app, func(n kong.Visitable, next kong.Next) error {
		if f, ok := n.(*kong.Flag); ok {
			known[f.Name] = true
		}
		return next(nil)
	})
	var unknown []string
	for name := range v {
		if !known[name] {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return fmt.Errorf("config file: no setting is called %s", strings.Join(unknown, ", "))
	}
	return nil
}

// Resolve answers what the file says of a flag, unless the environment says something: what is nearer to the
// command wins, so flag, then environment, then file.
func (v fileValues) Resolve(_ *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
	for _, env := range f.Tag.Envs {
		if _, said := os.LookupEnv(env); said {
			return nil, nil
		}
	}
	if value, ok := v[f.Name]; ok {
		return value, nil
	}
	return nil, nil
}
