package mapping

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"ponte/internal/desk"
)

// HoleInAddress is the code of a complete address for a call whose path has a hole to be filled.
const HoleInAddress = "endereco_com_lacuna"

// Place is where an environment is.
type Place struct {
	// URL is what the calls' paths are appended to. It may be empty where every action has an address of its own.
	URL          string `yaml:"url"`
	AllowPrivate bool   `yaml:"permite_rede_privada"`
	// TokenURL is where client credentials become a token, for AuthOAuth.
	TokenURL string `yaml:"url_do_token,omitempty"`
	// URLs are complete addresses in place of URL and a call's own path, by action: "MOBUSS_ISA", its look-up
	// "MOBUSS_ISA.consulta", the window of a status "janela.70".
	URLs map[string]string `yaml:"enderecos,omitempty"`
}

// Equal says whether both are the same.
func (p Place) Equal(q Place) bool {
	return p.URL == q.URL && p.AllowPrivate == q.AllowPrivate && p.TokenURL == q.TokenURL && maps.Equal(p.URLs, q.URLs)
}

const (
	lookUpSuffix = ".consulta"
	windowPrefix = "janela."
)

// CallAddress is the action of a point's call, or of its look-up, as Place.URLs names it.
func CallAddress(p desk.Point, lookUp bool) string {
	if lookUp {
		return string(p) + lookUpSuffix
	}
	return string(p)
}

// WindowAddress is the action of a status that only opens a window.
func WindowAddress(statusCode string) string { return windowPrefix + statusCode }

// Origins are the servers that a place speaks of, "https://host:port", sorted. Credentials are entrusted to them.
// A window is opened by a person's browser, without credentials, and is none.
func (p Place) Origins() []string {
	var out []string
	add := func(text string) {
		if u, err := url.Parse(text); err == nil && u.Host != "" {
			out = append(out, strings.ToLower(u.Scheme+"://"+u.Host))
		}
	}
	add(p.URL)
	add(p.TokenURL)
	for action, address := range p.URLs {
		if !strings.HasPrefix(action, windowPrefix) {
			add(address)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// AddressOf is an action's complete address, or what its path is appended to; empty where there is neither.
func (p Place) AddressOf(action string) string {
	if own := p.URLs[action]; own != "" {
		return own
	}
	return p.URL
}

// Unaddressed are the configured actions that a place gives no address to.
func (c *Config) Unaddressed(p Place) (out []string) {
	if p.URL != "" {
		return nil
	}
	for _, action := range c.Actions() {
		if p.URLs[action] == "" {
			out = append(out, action)
		}
	}
	return out
}

// Actions are the calls that a configuration has, each followed by its look-up where one is in use, in the source's order.
func (c *Config) Actions() (out []string) {
	for _, p := range append(slices.Clone(desk.Points), desk.SendFile) {
		cfg, ok := c.Integration.Points[p]
		if !ok {
			continue
		}
		out = append(out, CallAddress(p, false))
		if _, ok := cfg.LookUps[cfg.LookUp]; ok {
			out = append(out, CallAddress(p, true))
		}
	}
	return out
}

// CheckPlace says what is wrong with a place for this configuration; at is the path of its fields.
func (c *Config) CheckPlace(at string, p Place) (out []desk.FieldError) {
	if p.URL != "" {
		out = append(out, CheckURL(at+".url", p.URL)...)
	}
	if p.TokenURL != "" {
		out = append(out, CheckAddress(at+".url_do_token", p.TokenURL)...)
	}
	for _, action := range slices.Sorted(maps.Keys(p.URLs)) {
		field := at + ".enderecos." + action
		switch {
		case !isAction(action):
			out = append(out, desk.BadField(field, "endereco_sem_acao").Fields...)
		case p.URLs[action] != "":
			out = append(out, CheckAddress(field, p.URLs[action])...)
		}
		if row := c.hole(action); row != "" && p.URLs[action] != "" {
			out = append(out, desk.BadField(field, HoleInAddress, "linha_da_chamada", row).Fields...)
		}
	}
	return out
}

func isAction(action string) bool {
	if code, ok := strings.CutPrefix(action, windowPrefix); ok {
		return code != "" && !strings.ContainsAny(code, ". ")
	}
	return isQuestion(action) || desk.Point(strings.TrimSuffix(action, lookUpSuffix)).Configurable()
}

// hole is the target of the first row that fills a hole in the path of an action's call; a complete address has none to
// fill. Empty: there is none.
func (c *Config) hole(action string) string {
	if code, isWindow := strings.CutPrefix(action, windowPrefix); isWindow {
		return pathRow(c.Integration.Windows[code].Params)
	}
	if isQuestion(action) {
		return pathRow(c.Integration.Reconcile.calls()[action].Params)
	}
	point, asks := strings.CutSuffix(action, lookUpSuffix)
	cfg := c.Integration.Points[desk.Point(point)]
	call := cfg.Call
	if asks {
		call = cfg.LookUps[cfg.LookUp].Call
	}
	return pathRow(call.Params)
}

// pathRow is the target of the first row that fills a hole in a path; "" where none does.
func pathRow(rows []Param) string {
	for _, row := range rows {
		if strings.HasPrefix(row.Target, "caminho:") {
			return row.Target
		}
	}
	return ""
}

// CheckURL says what is wrong with an environment's address; a name and password in it would be credentials.
func CheckURL(field, text string) []desk.FieldError {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return desk.BadField(field, "url_invalida").Fields
	case u.User != nil:
		return desk.BadField(field, "segredo_no_documento").Fields
	}
	return nil
}

// CheckAddress says what is wrong with a complete address: as CheckURL, but it may have a query string, in which nothing
// may be called like a credential.
func CheckAddress(field, text string) []desk.FieldError {
	bad := desk.BadField(field, "endereco_invalido").Fields
	u, err := url.Parse(text)
	if err != nil || strings.ContainsAny(text, "{}# ") {
		return bad
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return bad
	}
	for name := range query {
		if isSecretName(name) {
			return desk.BadField(field, "segredo_no_documento").Fields
		}
	}
	u.RawQuery, u.ForceQuery = "", false
	wrong := CheckURL(field, u.String())
	if len(wrong) > 0 && wrong[0].Code == "url_invalida" {
		return bad
	}
	return wrong
}
