package sso_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/sso"
)

// TestRules: what groups give, and what is no rule.
func TestRules(t *testing.T) {
	rules, err := sso.ParseRules([]string{"ti=admin", "cn=sac,ou=x=atendente@AUR+PDA", "obra=gestor@AUR", "geral=atendente"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := sso.New(sso.Config{Issuer: "https://login.example.com.br", ClientID: "ponte", Rules: rules})
	if err != nil || p.Label != "login.example.com.br" {
		t.Fatal(p, err)
	}
	for _, c := range []struct {
		groups []string
		roles  []desk.Role
		few    bool
		where  string
	}{
		{nil, nil, false, ""},
		{[]string{"TI", "futebol"}, nil, false, ""},
		{[]string{"cn=sac,ou=x"}, []desk.Role{desk.Attendant}, true, "AUR PDA"},
		{[]string{"obra", "cn=sac,ou=x"}, []desk.Role{desk.Attendant, desk.Manager}, true, "AUR PDA"},
		{[]string{"obra", "geral"}, []desk.Role{desk.Manager, desk.Attendant}, false, ""},
		{[]string{"obra", "ti"}, []desk.Role{desk.Admin, desk.Manager}, false, ""},
	} {
		roles, few, where := p.Grant(c.groups)
		if !slices.Equal(roles, c.roles) || few != c.few || strings.Join(where, " ") != c.where {
			t.Errorf("%q: %v %v %v", c.groups, roles, few, where)
		}
	}
	for _, bad := range []string{"", "=admin", "ti", "ti=root", "ti=admin@AUR", "sac=atendente@", "sac=atendente@AUR+"} {
		if _, err := sso.ParseRules([]string{bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// TestSettings that can't be meant are told at the start; a provider that is away is only told when it is asked.
func TestSettings(t *testing.T) {
	for _, bad := range []sso.Config{{}, {Issuer: "login.example.com.br", ClientID: "x"}, {Issuer: "http://login.example.com.br", ClientID: "x"}, {Issuer: "https://login.example.com.br"},
		{Issuer: "https://login.example.com.br", ClientID: "x", Create: true}} {
		if _, err := sso.New(bad); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
	p, err := sso.New(sso.Config{Issuer: "http://127.0.0.1:1", ClientID: "x", ClientSecret: "not to be told"})
	if err != nil {
		t.Fatal(err)
	}
	var f *sso.Failure
	if err := p.Look(t.Context()); !errors.As(err, &f) || !f.Away || f.Do == "" || strings.Contains(err.Error(), "not to be told") {
		t.Errorf("away: %v", err)
	}
	if to := p.Leave(t.Context(), "https://ponte.example.com.br/entrar"); to != "" {
		t.Errorf("leaves to %q", to)
	}
}
