package e2e

import (
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"ponte/internal/browsertest"
)

// twoBrowsers share nothing but the two servers: desk is the attendant's, hand the technician's phone.
type twoBrowsers struct {
	desk, hand *browsertest.Tab
}

// TestStoryInTwoBrowsers is the main job by the hands of the two people who do it: a call is recorded, goes to the
// field, is inspected, answered, repaired with a photo and closed; the attendant's page is never loaded again. Then an
// order that the field refuses, and its repair. Nothing but keys and clicks happens here.
func TestStoryInTwoBrowsers(t *testing.T) {
	for _, language := range []string{"pt-BR", "en"} {
		t.Run(language, func(t *testing.T) {
			p := launch(t, binary(t, released), nil, []string{"demo", "--addr=127.0.0.1:0", "--sandbox-addr=127.0.0.1:0", "--data=" + t.TempDir()},
				ponteURL, sandboxURL)
			window, phone := browsertest.Desktop, browsertest.Phone
			window.Language, phone.Language = language, language
			b := twoBrowsers{browsertest.Start(t).Tab(t, p.url(ponteURL), window), browsertest.Start(t).Tab(t, p.url(sandboxURL), phone)}
			b.hand.Open("/")
			b.desk.Open("/entrar?volta=/ocorrencias")
			b.desk.Until("focus on the login", `document.activeElement?.id === "login"`)
			b.desk.Keys("atendente@demo" + kb.Tab + "ponte-demo" + kb.Enter)
			b.desk.Until("the list", `location.pathname === "/ocorrencias"`)

			b.call()
			b.repair(t)
			b.refusal(happened[language])
			b.desk.Quiet()
			b.hand.Quiet()
		})
	}
}

// What the pages say: statuses are the catalogue's, in any language; the rest is translated.
const (
	inField  = "Em atendimento no campo"
	repaired = "Reparo executado"
	closed   = "Encerrada"
)

var happened = map[string]string{"pt-BR": "O que houve", "en": "What happened"}

// live waits until the page hears what changes.
func (b twoBrowsers) live() {
	b.desk.Until("a live page", `(e => e && !e.hidden && !e.classList.contains("off"))(document.querySelector("[data-live-state]"))`)
}

// open records an occurrence by keyboard.
func (b twoBrowsers) open(contract, description, subject string) {
	b.live()
	b.desk.Shortcut("n")
	b.desk.Until("the finder", `document.activeElement?.id === "quem"`)
	b.desk.Keys(contract)
	b.desk.Until("an answer", `document.querySelector("#achados[data-for='`+contract+`'] [data-choice]")`)
	b.desk.Keys(kb.Enter)
	b.desk.Until("the form", `document.activeElement?.id === "descricao"`)
	b.desk.Keys(description + kb.Tab + subject)
	b.desk.Do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.desk.Until("the occurrence", `/^\/ocorrencias\/\d+$/.test(location.pathname) && document.querySelector("h1")?.textContent === "`+subject+`"`)
	b.live()
	browsertest.Eval[any](b.desk, `window.sinceOpened = true; null`)
}

// move presses the button of a status, with what is said along with it.
func (b twoBrowsers) move(status, comment string) {
	if comment != "" {
		b.desk.Write("#comentario", comment)
	}
	b.desk.Click(`#mover button[value="` + status + `"]`)
}

func (b twoBrowsers) call() {
	b.open("AUR-A-101", "Mancha úmida no teto do banheiro da suíte.", "Infiltração no teto")
	b.hand.UntilText("main", "0") // the list is there, and empty
	b.move("20", "")
	b.desk.UntilText(".facts", "88001") // the order's number appears by itself
	b.desk.UntilText(".occ-head", inField)
	b.desk.Picture("historia-enviada-1440-light")
	b.hand.Until("the order on the phone", `document.querySelector("#ordens a[href^='/ordens/']")`)
	b.hand.Picture("historia-tecnico-360-light")
}

func (b twoBrowsers) repair(t *testing.T) {
	b.hand.Click("#ordens a[href^='/ordens/']")
	b.hand.UntilText(".where", "Marina Moreira Figueiredo")
	b.hand.Click("#agir .pri") // set the date, as it is proposed
	b.hand.Until("the form", `document.querySelector("#c-dia")?.value`)
	b.hand.Click(".go .pri")
	b.desk.Until("the visit in the header", `document.querySelector("#tl .visit, #tl [data-visit], #tl")?.textContent.match(/Vistoria|Inspection|Visit/)`)

	b.hand.Until("the order again", `document.querySelector("#agir .pri")`)
	b.hand.Click("#agir .pri")
	b.hand.Write("#c-texto", "Rejunte do box do 201 comprometido.")
	b.hand.Click(".go .pri")
	b.desk.UntilText("#tl", "Rejunte do box do 201 comprometido.")

	b.move("40", "A moradora do 201 libera o acesso na sexta.")
	b.hand.UntilText("#ordem", "A moradora do 201 libera o acesso na sexta.")
	b.desk.Until("the comment is off the desk", `document.querySelector("#comentario").value === ""`)
	b.desk.UntilText(".occ-head", inField)

	b.hand.Click("#agir .pri")
	b.hand.Do(chromedp.SetUploadFiles(chromedp.CSS("#c-fotos"), []string{photo(t, "teto.jpg")}))
	b.hand.Until("the preview", `document.querySelector(".shot canvas")`)
	b.hand.Write("#c-texto", "Rejunte refeito e teto pintado.")
	b.hand.Click(".go .pri")
	b.desk.UntilText(".occ-head", repaired)
	b.desk.UntilText("#tl", "Rejunte refeito e teto pintado.")
	b.desk.Until("the photo, seen", `[...document.querySelectorAll("#tl img")].some(i => i.alt.includes("teto.jpg") && i.complete && i.naturalWidth > 0)`)

	b.hand.Until("the order once more", `document.querySelector("#agir .pri")`)
	b.hand.Click("#agir .pri")
	b.hand.Write("#c-texto", "Infiltração resolvida; teto pintado.")
	b.hand.Click(".go .pri")
	b.desk.UntilText(".occ-head", closed)
	b.desk.UntilText("#tl", "Infiltração resolvida; teto pintado.")
	if !browsertest.Eval[bool](b.desk, `window.sinceOpened === true`) {
		t.Error("the attendant's page was loaded again on the way")
	}
	b.desk.Axe("the closed occurrence")
	b.desk.Picture("historia-encerrada-1440-light")
	b.hand.Axe("the closed order")
}

// refusal: the field refuses an order, for a reason that passes; the attendant reads it and sends again.
func (b twoBrowsers) refusal(happened string) {
	b.hand.Open("/console")
	b.hand.Do(chromedp.SetValue(chromedp.CSS("#c-tipo"), "recusar"), chromedp.SetValue(chromedp.CSS("#c-metodo"), "incluirSolicitacaoAtendimento"),
		chromedp.SetValue(chromedp.CSS("#c-quantas"), "1"))
	b.hand.Click("form[action='/console/falhas'] .pri")
	b.hand.UntilText("#falhas", "recusar")

	b.open("PDA-U-7", "Tomada da cozinha sem energia desde ontem.", "Tomada sem energia")
	b.move("20", "")
	b.desk.UntilText(".trouble", happened)
	b.desk.Axe("the refused occurrence")
	b.desk.Picture("historia-recusada-1440-light")
	b.desk.Click(".trouble .btn.danger")
	b.desk.Until("no trouble any more", `!document.querySelector(".trouble") && document.querySelector(".facts").textContent.includes("88002")`)
	b.desk.UntilText(".occ-head", inField)
	b.desk.Until("the same page", `window.sinceOpened === true`)
	b.hand.Open("/")
	b.hand.UntilText("#ordens", "Tomada sem energia")
}

// photo writes a picture as a camera would, if it saw a sunset.
func photo(t *testing.T, name string) string {
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
	defer func() { _ = f.Close() }()
	if err := jpeg.Encode(f, img, nil); err != nil {
		t.Fatal(err)
	}
	return file
}
