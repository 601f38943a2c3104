package sandbox

import (
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"ponte/internal/browsertest"
)

// dayRig is a rig whose time is Monday 23 November, 14:30, and goes on from there; back sets it back for a while.
func dayRig(t *testing.T) (r *rig, back func(time.Duration)) {
	begun, start := time.Now(), time.Date(2026, 11, 23, 14, 30, 0, 0, saoPaulo())
	var earlier atomic.Int64
	s, err := Open(Options{Dir: t.TempDir(), Token: token, epoch: "c0ffee", RetryMin: 20 * time.Millisecond,
		RetryMax: 40 * time.Millisecond, Clock: func() time.Time {
			return start.Add(time.Since(begun) - time.Duration(earlier.Load()))
		}})
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, s), func(d time.Duration) { earlier.Store(int64(d)) }
}

// openFull opens an order with all that the preset sends.
func (r *rig) openFull(legacy, subject, description, development, block, unit, customer string) string {
	r.t.Helper()
	return r.api("incluirSolicitacaoAtendimento", fmt.Sprintf(`{"idUnidade":"MOB-AUR-%s-%s","idLegado":%q,"assunto":%q,
		"desSolicitacao":%q,"empreendimento":%q,"bloco":%q,"unidade":%q,"nomeCliente":%q,"nomeSolicitante":%q,
		"telefoneSolicitante":"(11) 98765-4321","local":"Banheiro da suíte","cpfCnpjCliente":"52998224725"}`, block, unit,
		legacy, subject, description, development, block, unit, customer, customer)).fields["idMobuss"].(string)
}

func (r *rig) houseSays(id, author, text string) {
	r.t.Helper()
	r.api("incluirComentarioSolicitacaoAtendimento",
		fmt.Sprintf(`{"idSolicitacaoAtendimento":%q,"autor":%q,"comentario":%q}`, id, author, text))
}

// fullDay is a list with every group in it; it answers the order that the pictures show.
func (r *rig) fullDay(back func(time.Duration)) (shown string) {
	r.t.Helper()
	back(6 * 24 * time.Hour)
	defer back(0)
	aurora, park := "Residencial Aurora", "Parque das Águas"
	late := r.openFull("1187", "Torneira da área de serviço pingando", "Pinga dia e noite.", park, "Bloco único", "7", "Rita Alves")
	r.act(late, `{"acao":"agendar","inicio":"2026-11-20T10:00","fim":"2026-11-20T11:00"}`)
	r.act(late, `{"acao":"vistoriar","data":"2026-11-20T10:20"}`)
	shown = r.openFull("1234", "Infiltração no teto do banheiro da suíte",
		"Mancha úmida no teto do banheiro da suíte; aumenta quando o apartamento de cima usa o chuveiro.", aurora, "Bloco A", "101", "Marina Figueiredo Prado")
	r.act(shown, `{"acao":"agendar","inicio":"2026-11-23T15:30","fim":"2026-11-23T16:30","tecnico":"Jorge Lima"}`)
	back(6 * time.Minute)
	r.houseSays(shown, "Ana Souza", "Cliente ligou: a mancha voltou a crescer desde ontem à noite. Pode passar hoje antes das 18h?")
	second := r.openFull("1240", "Vazamento no sifão da pia", "A pia da cozinha vaza.", aurora, "Bloco B", "304", "Otávio Nunes")
	r.act(second, `{"acao":"agendar","inicio":"2026-11-23T17:00","fim":"2026-11-23T18:00"}`)
	tomorrow := r.openFull("1238", "Rejunte solto no box", "Placas soltas.", aurora, "Bloco A", "802", "Lia Prado")
	r.act(tomorrow, `{"acao":"agendar","inicio":"2026-11-24T09:00","fim":"2026-11-24T10:00"}`)
	back(2 * time.Hour)
	r.openFull("1251", "Porta-balcão não trava", "O trinco não alcança.", park, "Bloco único", "12", "Caio Melo")
	closed := r.openFull("1201", "Tomada da cozinha sem energia", "Nenhuma tomada funciona.", aurora, "Bloco A", "101", "Marina Figueiredo Prado")
	r.act(closed, `{"acao":"executar","texto":"Disjuntor trocado."}`)
	r.act(closed, `{"acao":"encerrar","texto":"Disjuntor trocado; tudo testado."}`)
	return shown
}

// TestTechnicianAtWork goes from the list through every step to the list again, on a phone, while the list and the
// order keep themselves young.
func TestTechnicianAtWork(t *testing.T) {
	r, back := dayRig(t)
	p := newPonte(t)
	r.ring(p, "rest")
	b := browsertest.Start(t)
	x := r.tab(b, phone)
	x.Open("/")
	x.UntilText("#vazio", "Nenhuma ordem por aqui")
	x.look("lista-vazia-360-light")

	id := r.fullDay(back)
	x.UntilText("#hoje", "Infiltração no teto") // by itself
	x.UntilText("#quantas", "5 abertas")
	x.look("lista-360-light")

	// A new order, from nothing to closed.
	fresh := r.openFull("1260", "Janela não fecha", "A folha raspa no trilho.", "Residencial Aurora", "Bloco A", "503", "Paulo Reis")
	x.Until("the new order on the list", `document.querySelector("#sem-data [href*='`+fresh+`']")`)
	x.Click("#sem-data [href*='" + fresh + "']")
	x.UntilText(".tbar .st", "Aberta")
	x.look("ordem-nova-360-light")
	x.Click("#agir .pri")
	x.UntilText("h1", "Agendar a vistoria")
	if got := browsertest.Eval[string](x.Tab, `["dia", "inicio", "fim"].map(n => document.getElementById("c-" + n).value).join()`); got != "2026-11-24,09:00,10:00" {
		t.Errorf("proposed: %s", got)
	}
	x.look("agendar-360-light")
	x.Click(".go .pri")
	x.UntilText("#feito", "Vistoria agendada")
	x.UntilText(".where", "Amanhã, 09:00")
	x.Click("#agir .pri")
	x.Write("#c-texto", "Trilho amassado.")
	x.Click(".go .pri")
	x.UntilText(".tbar .st", "Em execução")

	x.Click("#agir .pri")
	x.UntilText("h1", "Concluir o reparo")
	x.Do(chromedp.SetUploadFiles(chromedp.CSS("#c-fotos"), []string{picturesque(t, "trilho.jpg")}))
	x.Do(chromedp.SetUploadFiles(chromedp.CSS("#c-fotos"), []string{picturesque(t, "folha.jpg")}))
	x.Until("two previews", `document.querySelectorAll(".shot canvas").length === 2`)
	x.Write("#c-texto", "Trilho trocado e folha regulada.")
	x.look("executar-360-light")
	x.Click(".go .pri")
	x.UntilText("#feito", "Reparo concluído")
	x.Until("two photos", `[...document.querySelectorAll(".deeds img")].filter(i => i.complete && i.naturalWidth > 0).length === 2`)
	x.UntilText(".deeds", "Trilho trocado e folha regulada.")

	x.Click("#agir .pri")
	x.Write("#c-texto", "Trilho da janela trocado.")
	x.look("encerrar-360-light")
	x.Click(".go .pri")
	x.UntilText(".tbar .st", "Encerrada")
	x.UntilText(".notices", "6 avisos entregues")
	x.look("ordem-encerrada-360-light")
	x.Click("#agir .pri")
	x.Until("it among the closed", `document.querySelector("#encerradas [href*='`+fresh+`']")`)
	var ops []string
	for _, h := range p.all() {
		if strings.HasPrefix(h.params["id_externo"], fresh+":") {
			ops = append(ops, h.op)
		}
	}
	if got := strings.Join(ops, " "); got != "vistorias vistorias movimentacoes anexos anexos encerramento" {
		t.Errorf("Ponte heard: %s", got)
	}

	// The order of the pictures, as the house sees it go on.
	r.act(id, `{"acao":"vistoriar"}`)
	for _, at := range []struct {
		browsertest.Window
		name string
	}{{phone, "360-light"}, {darkPhone, "360-dark"}, {desk, "1440-light"}} {
		y := r.tab(b, at.Window)
		y.Open("/ordens/" + id)
		y.UntilText(".notices", "avisos entregues")
		y.look("ordem-" + at.name)
		y.Open("/")
		y.UntilText("#hoje", "Infiltração")
		if at.name != "360-light" {
			y.look("lista-" + at.name)
		}
		y.Quiet()
	}
	x.Quiet()
}

// picturesque is a JPEG with something on it.
func picturesque(t *testing.T, name string) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for y := range 480 {
		for x := range 640 {
			img.Set(x, y, color.RGBA{uint8(90 + x/8), uint8(120 + y/8), uint8(150 - x/16), 255})
		}
	}
	file := filepath.Join(t.TempDir(), name)
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := jpeg.Encode(f, img, nil); err != nil {
		t.Fatal(err)
	}
	return file
}
