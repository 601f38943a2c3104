package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

const (
	listAsked   = 500 // how often each question is asked, never twice the same
	searchBar   = 30 * time.Millisecond
	listBar     = 50 * time.Millisecond
	listsUnits  = 2 // occurrences for each unit
	listsAtOnce = 200
)

// lists measures the list of occurrences beside a registry of many units and twice as many occurrences on the embedded
// database: by status, by filters, by words, and the one search box. Signed in and over loopback, one reader at a time;
// everything was indexed by the server's own means.
func lists(ctx context.Context, t *table, dbURL string, units int) error {
	b, err := newBench(ctx, dbURL)
	if err != nil {
		return err
	}
	defer b.close()
	occurrences := units * listsUnits
	t.section(fmt.Sprintf("lists: %d units, %d occurrences (SQLite)", units, occurrences))
	t.bars = true
	there, err := b.app.Flow.Recent(ctx, admin(), 1)
	if err != nil {
		return err
	}
	began := time.Now()
	written := began
	if len(there) == 0 { // or else it was kept
		if err := b.registry(ctx, units); err != nil {
			return err
		}
		written = time.Now()
		if err := b.history(ctx, occurrences, units); err != nil {
			return err
		}
		t.note(fmt.Sprintf("units written in %.0f s, occurrences in %.0f s", written.Sub(began).Seconds(), time.Since(written).Seconds()))
	}
	for waits := true; waits; time.Sleep(100 * time.Millisecond) {
		if waits, err = b.app.Flow.Unfound(ctx); err != nil {
			return err
		}
	}
	took := time.Since(written)
	if len(there) == 0 {
		t.note(fmt.Sprintf("indexed %.0f s after the first of them was written (%.0f/s; the server rests as long as it indexes)", took.Seconds(), perSecond(occurrences, took)))
	}
	r, err := b.signedIn(ctx)
	if err != nil {
		return err
	}
	least, err := r.times(ctx, "/healthz")
	if err != nil {
		return err
	}
	for _, q := range listQuestions {
		took, err := r.each(ctx, q.path)
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		p99 := took.at(.99)
		t.row(q.name+": p99 (p50)", fmt.Sprintf("%s (%s)", millis(p99), millis(took.at(.5))), millis(least.at(.99))+" /healthz",
			fmt.Sprintf("%.1f", float64(p99)/float64(least.at(.99))), "< "+millis(q.bar), p99 < q.bar)
	}
	return nil
}

// each asks a question in many ways.
func (r *reader) each(ctx context.Context, path func(i int) string) (times, error) {
	var took times
	for i := range listAsked {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+path(i), nil)
		if err != nil {
			return nil, err
		}
		began := time.Now()
		if err := r.read(req); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}

type listQuestion struct {
	name string
	bar  time.Duration
	path func(i int) string
}

func pick(i int, of []string) string { return of[i%len(of)] }

var listQuestions = []listQuestion{
	{"list, open", listBar, func(int) string { return "/ocorrencias" }},
	{"list, all, a later page", listBar, func(i int) string {
		return fmt.Sprintf("/ocorrencias?visao=todas&apos=%d.0", time.Now().Add(-time.Duration(i)*time.Hour).UnixMilli())
	}},
	{"list, a development", listBar, func(i int) string {
		return "/ocorrencias?visao=todas&empreendimento=" + pick(i, []string{"AUR", "PDA"})
	}},
	{"list, type and priority", listBar, func(i int) string {
		return "/ocorrencias?visao=todas&tipo=" + pick(i, historyTypes) + "&prioridade=" + pick(i/7, historyPriorities)
	}},
	{"list, opened in a month, closed, type", listBar, func(i int) string {
		day := time.Now().AddDate(0, -i%30, 0)
		return "/ocorrencias?visao=todas&situacao=encerrada&tipo=" + pick(i, historyTypes) + "&de=" + day.AddDate(0, -1, 0).Format(time.DateOnly) + "&ate=" + day.Format(time.DateOnly)
	}},
	{"list, open for long, type, development", listBar, func(i int) string {
		return fmt.Sprintf("/ocorrencias?idade=%d&tipo=%s&empreendimento=AUR", 7+i%90, pick(i, historyTypes))
	}},
	{"board", listBar, func(int) string { return "/ocorrencias/quadro" }},
	{"board, a development, the closed ones too", listBar, func(i int) string {
		return "/ocorrencias/quadro?visao=todas&coluna=10&coluna=20&coluna=50&coluna=90&coluna=99&empreendimento=" + pick(i, []string{"AUR", "PDA"})
	}},
	{"search, a common word", searchBar, func(i int) string { return "/ocorrencias?visao=todas&q=" + pick(i, historyWords) }},
	{"search, two words", searchBar, func(i int) string {
		return "/ocorrencias?visao=todas&q=" + pick(i, historyWords) + "+" + pick(i/3+5, historyWords)
	}},
	{"search, as it is typed", searchBar, func(i int) string {
		w := pick(i, historyWords)
		return "/ocorrencias?visao=todas&q=" + w[:min(len(w), 2+i%7)]
	}},
	{"search, a rare word", searchBar, func(i int) string { return fmt.Sprintf("/ocorrencias?visao=todas&q=lote%d", i*37) }},
	{"search, common and rare, open", searchBar, func(i int) string { return fmt.Sprintf("/ocorrencias?q=%s+lote%d", pick(i, historyWords), i*37) }},
	{"search, a word in a status and a month", searchBar, func(i int) string {
		day := time.Now().AddDate(0, -i%30, 0)
		return "/ocorrencias?visao=todas&status=90&q=" + pick(i, historyWords) + "&de=" + day.AddDate(0, -1, 0).Format(time.DateOnly) + "&ate=" + day.Format(time.DateOnly)
	}},
	{"search, a customer's name", searchBar, func(i int) string {
		return fmt.Sprintf("/ocorrencias?visao=todas&q=%s+%s+%d", pick(i, []string{"ana", "bento", "celia"}), pick(i, []string{"souza", "lima", "prado"}), i*13)
	}},
	{"search, no such word", searchBar, func(i int) string { return fmt.Sprintf("/ocorrencias?visao=todas&q=xyzzy%d", i) }},
	{"search, a number", searchBar, func(i int) string { return fmt.Sprintf("/ocorrencias?visao=todas&q=%d", firstFilled+i*11) }},
	{"the one search box, a name", searchBar, func(i int) string {
		return fmt.Sprintf("/busca?q=%s+%d", pick(i, []string{"ana", "bento", "celia"}), i*13)
	}},
	{"the one search box, a unit's number that every block has", searchBar, func(i int) string { return fmt.Sprintf("/busca?q=ap+%d", 1+i%unitsInBlock) }},
	{"the one search box, such a number and a common name", searchBar, func(i int) string {
		return fmt.Sprintf("/busca?q=%d+%s+%s", 1+i%unitsInBlock, pick(i, []string{"ana", "bento", "celia"}), pick(i, []string{"souza", "lima", "prado"}))
	}},
	{"the one search box, such a number and a rare name", searchBar, func(i int) string {
		u := made(i * 13)
		return "/busca?q=" + url.QueryEscape(u.number+" "+u.name)
	}},
	{"the one search box, such a number in a development", searchBar, func(i int) string { return fmt.Sprintf("/busca?q=%d+D%04d", 1+i%unitsInBlock, i%40) }},
}

var (
	historyWords = []string{"infiltracao", "vazamento", "rachadura", "azulejo", "torneira", "porta", "janela", "tomada", "pintura", "esgoto", "ralo", "piso", "umidade",
		"mofo", "rejunte", "elevador", "garagem", "varanda", "cozinha", "banheiro"}
	historyTypes      = []string{"geral", "hidraulica", "eletrica", "impermeabilizacao", "revestimento", "esquadrias", "pintura", "estrutura", "area_comum"}
	historyPriorities = []string{"normal", "baixa", "alta", "urgente"}
)

// history writes occurrences of years past, each with an opening and a comment.
func (b *bench) history(ctx context.Context, n, units int) error {
	now := time.Now()
	for first := 0; first < n; first += listsAtOnce {
		err := b.app.RawWrite(ctx, func(tx *store.Tx) error {
			for i := first; i < min(first+listsAtOnce, n); i++ {
				if err := happened(context.WithoutCancel(ctx), tx, i, units, now.Add(-time.Duration(n-i)*time.Minute).UnixMilli()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func happened(ctx context.Context, tx *store.Tx, i, units int, at int64) error {
	status := lives[len(lives)-1].status
	for left, l := i*7919%1000, 0; l < len(lives)-1; l++ {
		if left -= lives[l].share; left < 0 {
			status = lives[l].status
			break
		}
	}
	word := func(n int) string { return historyWords[(i*7919/11+n*13+i/(n+1))%len(historyWords)] }
	unit := int64(registryAhead + i*31%units)
	text := fmt.Sprintf("O morador conta de %s e %s perto da %s, lote%d; aumenta com a chuva.", word(0), word(1), word(2), i%50000)
	o, err := tx.InsertOccurrence(ctx, db.InsertOccurrenceParams{Number: int64(firstFilled + i), Environment: desk.Homologation, ConnectionID: 1,
		Origin: desk.House, Subject: word(0) + " na " + word(3), Description: text, Type: pick(i*31/7, historyTypes), Priority: pick(i*17/5, historyPriorities),
		StatusCode: status, DevelopmentID: int64(1 + i%2), UnitID: unit, CustomerID: unit, OpenedAt: at, CreatedAt: at, CreatedBy: "bench",
		News: "Rejunte refeito; aguardar 48 h de cura.", NewsBy: "Jorge Lima", NewsAt: at + 3000})
	if err != nil {
		return err
	}
	for m, kind := range []string{"abertura", "comentario"} {
		comment := ""
		if m > 0 {
			comment = "Rejunte refeito em " + word(4) + "; aguardar 48 h de cura."
		}
		if _, err := tx.InsertMovement(ctx, db.InsertMovementParams{OccurrenceID: o, Kind: kind, ToStatus: status, Comment: comment, Origin: desk.House,
			ActorKind: "usuario", ActorID: fmt.Sprint(1 + i%40), ActorName: "Ana Souza", At: at + int64(m), ArrivedAt: at + int64(m)}); err != nil {
			return err
		}
	}
	return nil
}
