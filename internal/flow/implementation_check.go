package flow

import (
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// version is the evidence of what stands in the configuration: the version that runs.
func (c *checker) version(s *Step) error {
	v, err := c.q.ConfigVersionByID(c.ctx, c.inst.ConfigVersionID)
	if err != nil {
		return err
	}
	s.proof("versao", itoa(v.Number), fromMillis(v.CreatedAt), v.CreatedBy, "n", v.Number)
	return nil
}

func (c *checker) method(s *Step) error {
	if !c.cfg.Method.Integrated() {
		s.lack("metodo")
		return nil
	}
	return c.version(s)
}

func (c *checker) place(s *Step) error {
	e, err := c.f.endpointState(c.ctx, c.q, c.inst, c.cfg, desk.Homologation)
	if err != nil {
		return err
	}
	for _, action := range e.Lacks {
		if e.BaseURL == "" && len(e.URLs) == 0 && action != lackTokenURL {
			s.lack("endereco")
			break
		}
		s.lack("endereco_de", "acao", action)
	}
	for _, secret := range e.Secrets {
		if !secret.Set && !secret.Optional {
			s.lack("credencial", "nome", secret.Name)
		}
	}
	if len(s.Lacks) == 0 {
		s.proof("endereco", "", e.At, e.By, "url", mainAddress(e))
	}
	return nil
}

// mainAddress is what names an environment's place: its address, or the first of the actions' own.
func mainAddress(e EndpointState) string {
	if e.BaseURL != "" {
		return e.BaseURL
	}
	var all []string
	for _, u := range e.URLs {
		all = append(all, u)
	}
	slices.Sort(all)
	return strings.Join(all[:min(1, len(all))], "")
}

func (c *checker) failure(s *Step) error {
	if c.cfg.Failure == "" {
		s.lack("falha")
		return nil
	}
	if err := c.version(s); err != nil {
		return err
	}
	s.proof("status", c.cfg.Failure, time.Time{}, "", "status", c.cfg.Failure)
	return nil
}

// firing are the points that some status causes, in the source's order.
func (c *checker) firing() (on, off []desk.Point) {
	for _, p := range desk.Points {
		if slices.ContainsFunc(c.cfg.Statuses, func(s desk.Status) bool { return s.Point == p }) {
			on = append(on, p)
		} else {
			off = append(off, p)
		}
	}
	return on, off
}

// points: an order can be opened at least; what else is sent is the client's choice, and said.
func (c *checker) points(s *Step) error {
	on, off := c.firing()
	if !slices.Contains(on, desk.OpenOrder) {
		s.lack("ponto", "ponto", string(desk.OpenOrder))
	}
	if err := c.version(s); err != nil {
		return err
	}
	for _, p := range on {
		code := c.cfg.Statuses[slices.IndexFunc(c.cfg.Statuses, func(s desk.Status) bool { return s.Point == p })].Code
		s.proof("ponto", code, time.Time{}, "", "ponto", string(p), "status", code)
	}
	for _, p := range off {
		s.proof("ponto_desligado", "", time.Time{}, "", "ponto", string(p))
	}
	return nil
}

func (c *checker) units(s *Step) error {
	u, err := unitCheck(c.ctx, c.q, c.inst.ConnectionID, desk.Homologation)
	if err != nil {
		return err
	}
	if u.Units == 0 {
		s.lack("unidades")
	}
	for _, bad := range []struct {
		code string
		n    int64
	}{{"unidades_sem_id", u.Missing}, {"unidades_repetidas", u.Duplicates}, {"unidades_desconhecidas", u.Unknown}} {
		if bad.n > 0 {
			s.lack(bad.code, "count", int(bad.n))
		}
	}
	if u.WithID > 0 {
		s.proof("unidades", "", u.Checked, u.ListedBy, "count", int(u.WithID), "of", int(u.Units))
	}
	if u.Unchecked > 0 && u.WithID > 0 {
		s.proof("unidades_sem_conferir", "", time.Time{}, "", "count", int(u.Unchecked))
	}
	return nil
}

// sheet: a token to be handed over with the sheet; its first use is better than anybody's word.
func (c *checker) sheet(s *Step) error {
	env := c.standing.Phase.Active()
	tokens, err := c.f.Tokens(c.ctx)
	if err != nil {
		return err
	}
	found := false
	for _, t := range tokens {
		if t.Origin != desk.Field || t.Environment != env || !t.Works(c.f.Now()) {
			continue
		}
		found = true
		s.proof("token", "", t.CreatedAt, "", "nome", t.Name)
		if !t.LastUsedAt.IsZero() {
			s.proof("token_usado", "", t.LastUsedAt, "", "nome", t.Name)
		}
	}
	if !found {
		s.lack("token", "ambiente", string(env))
	}
	return nil
}

// key are the cases of the run that says most of the version that runs.
func (c *checker) key() ([]db.ConformanceCase, error) {
	if c.read || c.standing.Report == "" || c.standing.Proof == desk.ProofOther || c.standing.Proof == desk.ProofPlace {
		return c.cases, nil
	}
	var err error
	c.cases, err = c.q.ConformanceCases(c.ctx, c.standing.Report)
	c.read = err == nil
	return c.cases, err
}

// passedIn says whether an area of the run has cases that passed, and none that failed.
func (c *checker) passedIn(area string) (bool, error) {
	cases, err := c.key()
	passed := false
	for _, k := range cases {
		if k.Area != area {
			continue
		}
		switch CaseResult(k.Result) {
		case CaseFailed, CaseGoing:
			return false, err
		case CasePassed, CaseReserved:
			passed = true
		}
	}
	return passed, err
}

// proven: each point was carried out in homologation by the version that runs, by a delivery or in the conformance run.
func (c *checker) proven(s *Step) error {
	on, _ := c.firing()
	if len(on) == 0 {
		s.lack("ponto", "ponto", string(desk.OpenOrder))
	}
	for _, p := range on {
		d, err := c.q.DeliveredInVersion(c.ctx, db.DeliveredInVersionParams{ConfigVersionID: c.inst.ConfigVersionID, Point: p,
			Environment: desk.Homologation, UpTo: c.upTo})
		if err != nil && !store.NoRows(err) {
			return err
		}
		delivered := err == nil
		run, err := c.passedIn(string(p))
		if err != nil {
			return err
		}
		if delivered {
			s.proof("envio", d.ID, fromMillis(d.SettledAt.Int64), "", "ponto", string(p), "n", d.Number)
		}
		if run {
			s.proof("rodada", c.standing.Report, time.Time{}, "", "ponto", string(p))
		}
		if !delivered && !run {
			s.lack("ponto_sem_prova", "ponto", string(p))
		}
	}
	return nil
}

func (c *checker) inbound(s *Step) error {
	if !c.cfg.Method.FieldMayReport() {
		s.lack("metodo")
		return nil
	}
	n, err := c.q.FirstNews(c.ctx, db.FirstNewsParams{ConnectionID: c.inst.ConnectionID, Environment: desk.Homologation, UpTo: c.upTo})
	if err != nil && !store.NoRows(err) {
		return err
	}
	if err == nil {
		s.proof("recebimento", n.ID, fromMillis(n.ReceivedAt), "", "operacao", n.Operation)
	}
	for _, door := range []string{"entrada.rest", "entrada.soap"} {
		ok, err := c.passedIn(door)
		if err != nil {
			return err
		}
		if ok {
			s.proof("rodada_porta", c.standing.Report, time.Time{}, "", "porta", strings.ToUpper(strings.TrimPrefix(door, "entrada.")))
		}
	}
	if len(s.Proofs) == 0 {
		s.lack("recebimento")
	}
	return nil
}

func (c *checker) report(s *Step) error {
	if c.standing.Proof != desk.Proven {
		s.lack(string(c.standing.Proof), "run", c.standing.Report)
		return nil
	}
	key, err := conformanceKey(c.ctx, c.q, c.inst)
	if err != nil {
		return err
	}
	s.proof("relatorio", key.Run, key.SignedAt, key.SignedBy, "n", c.standing.Version)
	return nil
}

func (c *checker) data(s *Step) error {
	e, err := c.f.endpointState(c.ctx, c.q, c.inst, c.cfg, desk.Production)
	if err != nil {
		return err
	}
	if !e.Complete() {
		s.lack("dados_de_producao")
		return nil
	}
	s.proof("endereco", "", e.At, e.By, "url", mainAddress(e))
	p, err := c.q.Probe(c.ctx, db.ProbeParams{ConnectionID: c.inst.ConnectionID, Environment: desk.Production})
	if store.NoRows(err) {
		return nil
	}
	s.proof("sondagem", "", fromMillis(p.At), p.ByName, "http", p.HttpStatus, "ms", p.DurationMs)
	return err
}

// goLive is done once production is live, whatever it lacks by now: a pause is said by the page, and not a step to do.
func (c *checker) goLive(s *Step) error {
	if c.standing.Phase == desk.Implementing {
		ready, _, err := c.f.ready(c.ctx, c.q, c.inst)
		if err != nil {
			return err
		}
		ready.Reason = "asked for at the switch"
		for _, lack := range desk.GoLive.Lacks(ready) {
			s.lack(lackCode(lack, ready.Proof))
		}
		if len(s.Lacks) == 0 {
			s.lack("entrada")
		}
		return nil
	}
	rows, err := c.q.Switches(c.ctx, c.inst.ConnectionID)
	for _, r := range rows {
		s.proof("ato_"+r.Act, r.RunID.String, fromMillis(r.At), r.ByName, "n", r.Number)
	}
	return err
}
