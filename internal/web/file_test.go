package web_test

import (
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

const tinyPhoto = "\xff\xd8\xff uma foto do teto"

// TestPhotosAreKept: with a note, alone, for the house only, and with the opening; the page shows them where they came.
func TestPhotosAreKept(t *testing.T) {
	h := newHouse(t)
	n := h.open("AUR-A-101", "Vazamento", "Pinga.")
	b := h.signedIn("atendente@demo")
	photo := wall(320, 240, 1)
	for _, c := range []struct {
		name     string
		form     []string
		internal bool
	}{
		{"com texto", []string{"status", "", "comentario", "Veja a mancha."}, false},
		{"sozinha", []string{"status", "", "comentario", ""}, false},
		{"nota da casa", []string{"status", "", "comentario", "Só nós.", "interno", "on"}, true},
		{"só a foto fica", []string{"status", "", "comentario", "O texto pode ir.", "anexos_internos", "T"}, true},
		{"com movimento", []string{"status", "90", "comentario", "Fechado."}, false},
		{"movimento e nota da casa", []string{"status", "10", "comentario", "", "interno", "on"}, true},
	} {
		if c.form[1] == "10" {
			b = h.signedIn("gestor@demo") // who may reopen
		}
		before := len(h.attachments(n))
		if a := b.send(path(n)+"/movimentacoes", []part{{c.name + ".jpg", photo}, {"laudo.pdf", "%PDF-1.7 laudo"}}, c.form...); a.status != 303 {
			t.Fatalf("%s: %d %s", c.name, a.status, a.body)
		}
		got := h.attachments(n)[before:]
		if len(got) != 2 || got[0].Name != c.name+".jpg" || got[0].SHA256 != sum(photo) || got[0].MovementID == 0 || got[1].Type != "application/pdf" {
			t.Fatalf("%s: %+v", c.name, got)
		}
		if got[0].Internal != c.internal || got[1].Internal != c.internal {
			t.Errorf("%s: internal %v, want %v", c.name, got[0].Internal, c.internal)
		}
		page := b.get(path(n)).body
		for _, want := range []string{fmt.Sprintf(`<img src="%s/miniatura" alt="%s.jpg" width="112" height="84" loading="lazy"`, filePath(n, got[0].ID), c.name), filePath(n, got[1].ID), "laudo.pdf"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %s", c.name, want)
			}
		}
	}
	if page := b.get(path(n)).body; !strings.Contains(page, "anexou 2 arquivos") {
		t.Error("files without a word have no words")
	}
	if ids := h.deliveries(n); len(ids) != 0 {
		t.Errorf("sent: %v", ids)
	}

	found, err := h.Search(t.Context(), h.ana, "AUR-B-203", 1)
	h.must(err)
	who := found.People[0]
	a := b.send("/ocorrencias/nova", []part{{"mancha.jpg", photo}}, "unidade", fmt.Sprint(who.UnitID), "cliente", fmt.Sprint(who.CustomerID), "descricao", "Mancha no teto.", "relacao", "proprietario")
	if a.status != 303 {
		t.Fatalf("opening: %d %s", a.status, a.body)
	}
	page := b.get(a.header.Get("Location")).body
	if !strings.Contains(page, `alt="mancha.jpg"`) {
		t.Error("the opening's photo is not shown")
	}
}

// TestPhotosGoWithTheMovement that tells Mobuss: new ones, and those that were ticked; each once, none for the house only.
func TestPhotosGoWithTheMovement(t *testing.T) {
	h := newHouse(t)
	n := h.open("AUR-A-101", "Vazamento", "Pinga.")
	b := h.signedIn("atendente@demo")
	b.send(path(n)+"/movimentacoes", []part{{"antes.jpg", tinyPhoto}}, "status", "", "comentario", "")
	b.send(path(n)+"/movimentacoes", []part{{"segredo.jpg", tinyPhoto + "2"}}, "status", "", "comentario", "", "interno", "on")
	h.fieldSends(n, "do-campo.jpg", tinyPhoto+"3")
	ids := h.attachments(n)
	tick := func(a flow.Attachment) string { return fmt.Sprintf(`name="enviar" value="%d"`, a.ID) }
	page := b.get(path(n)).body
	if !strings.Contains(page, tick(ids[0])) || strings.Contains(page, tick(ids[1])) || strings.Contains(page, tick(ids[2])) {
		t.Error("not exactly what may go is offered")
	}
	id := fmt.Sprint(ids[0].ID)
	for _, c := range []struct {
		form []string
		says string
	}{
		{[]string{"status", "", "comentario", "guarde-me", "enviar", id}, "só com um botão de seta"},
		{[]string{"status", "90", "comentario", "guarde-me", "enviar", id}, "só com um botão de seta"},
		{[]string{"status", "20", "comentario", "guarde-me", "enviar", fmt.Sprint(ids[1].ID)}, "só para a casa e não vai ao campo"},
		{[]string{"status", "20", "comentario", "guarde-me", "enviar", fmt.Sprint(ids[2].ID)}, "veio do Mobuss e não volta"},
		{[]string{"status", "20", "comentario", "guarde-me", "enviar", "x"}, "Não existe mais"},
	} {
		if a := b.send(path(n)+"/movimentacoes", nil, c.form...); a.status != 422 || !strings.Contains(a.body, c.says) || !strings.Contains(a.body, "guarde-me") {
			t.Errorf("%v: %d, want %q", c.form, a.status, c.says)
		}
	}
	if a := b.send(path(n)+"/movimentacoes", []part{{"agora.jpg", tinyPhoto + "4"}, {"agora2.jpg", tinyPhoto + "5"}}, "status", "20", "comentario", "", "enviar", id); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	all := h.attachments(n)
	if got, want := strings.Join(h.deliveries(n), ", "), fmt.Sprintf("%d fila, %d fila, %d fila", all[3].ID, all[4].ID, all[0].ID); got != want {
		t.Errorf("deliveries %s, want %s", got, want)
	}
	if page := b.get(path(n)).body; !strings.Contains(page, "Enviar 3 arquivos:") || strings.Contains(page, tick(ids[0])) {
		t.Error("the page does not tell of the three, or offers what is on its way")
	}
	// One fails: it is told of by its name, with the two ways on.
	h.settle(accepted("88214"))
	h.settle(rejected("Formato recusado"))
	page = b.get(path(n)).body
	for _, want := range []string{"O arquivo “agora.jpg” não chegou ao Mobuss", "Enviar “agora.jpg”:", "Enviar 2 arquivos:", "/reenviar", "/pular"} {
		if !strings.Contains(page, want) {
			t.Errorf("after the refusal the page lacks %q", want)
		}
	}
	if a := b.post("/integracao/envios/"+h.troubled(n)+"/pular", "ocorrencia", fmt.Sprint(n), "motivo", "Mandei por e-mail"); a.status != 303 {
		t.Errorf("skipping: %d", a.status)
	}
	if page := b.get(path(n)).body; !strings.Contains(page, tick(all[3])) {
		t.Error("what was skipped is not offered again")
	}
}

// TestRefusedFiles: each by its name, with what to do; what was typed stays, and nothing is recorded.
func TestRefusedFiles(t *testing.T) {
	h := newHouse(t)
	n := h.open("AUR-A-101", "Vazamento", "Pinga.")
	b := h.signedIn("atendente@demo")
	found, err := h.Search(t.Context(), h.ana, "AUR-B-203", 1)
	h.must(err)
	who := found.People[0]
	many := make([]part, desk.MaxFiles+1)
	for i := range many {
		many[i] = part{fmt.Sprintf("foto %d.jpg", i), tinyPhoto}
	}
	for _, c := range []struct {
		name  string
		files []part
		says  string
	}{
		{"html", []part{{"foto.jpg", "<!DOCTYPE html><script>alert(1)</script>"}}, "“foto.jpg” é uma página da internet"},
		{"svg", []part{{"planta.svg", `<svg onload="alert(1)"/>`}}, "“planta.svg” é uma página da internet"},
		{"exe as jpg", []part{{"férias.jpg", "MZ\x90\x00" + strings.Repeat("\x00", 64)}}, "“férias.jpg” é um programa"},
		{"by name", []part{{"foto.jpg.exe", tinyPhoto}}, "tem nome de programa"},
		{"empty", []part{{"vazia.jpg", ""}}, "“vazia.jpg” está vazio"},
		{"too large", []part{{"grande.jpg", tinyPhoto + strings.Repeat("x", desk.MaxFile)}, {"boa.jpg", tinyPhoto}}, "“grande.jpg” tem mais de 20 MB"},
		{"too many", many, "São arquivos demais: o máximo é 20"},
		{"one of two", []part{{"boa.jpg", tinyPhoto}, {"<b>.svg", "<svg/>"}}, "“_b_.svg”"},
	} {
		for _, x := range []*browser{b, b.htmx()} {
			a := x.send(path(n)+"/movimentacoes", c.files, "status", "20", "comentario", "guarde-me")
			if a.status != 422 || !strings.Contains(a.body, c.says) || !strings.Contains(a.body, `aria-describedby="erro-mover"`) {
				t.Errorf("%s: %d, want %q", c.name, a.status, c.says)
			}
			if kept := strings.Contains(a.body, "guarde-me") && strings.Contains(a.body, "escolha-os de novo"); kept != (x == b) {
				t.Errorf("%s: without a script the text stays and the files are asked for again; with it the browser has both", c.name)
			}
			a = x.send("/ocorrencias/nova", c.files, "unidade", fmt.Sprint(who.UnitID), "cliente", fmt.Sprint(who.CustomerID), "descricao", "guarde-me", "relacao", "proprietario", "anexos_internos", "T")
			if a.status != 422 || !strings.Contains(a.body, c.says) || !strings.Contains(a.body, "guarde-me") || !regexp.MustCompile(`name="anexos_internos"[^>]* checked`).MatchString(a.body) {
				t.Errorf("%s, opening: %d, want %q", c.name, a.status, c.says)
			}
		}
	}
	if got := h.attachments(n); len(got) != 0 {
		t.Errorf("recorded: %+v", got)
	}
	if p, err := h.Page(t.Context(), h.ana, n); err != nil || len(p.Movements) != 1 {
		t.Errorf("moved: %v", err)
	}
	// Both kinds of mistake are told of at once.
	if a := b.send("/ocorrencias/nova", []part{{"planta.svg", "<svg/>"}}, "unidade", fmt.Sprint(who.UnitID), "cliente", fmt.Sprint(who.CustomerID), "descricao", "", "relacao", "proprietario"); !strings.Contains(a.body, `id="erro-anexos"`) || !strings.Contains(a.body, `id="erro-descricao"`) {
		t.Error("one mistake hides the other")
	}
	// Limits of the form: fields are no way around them, nor is a form that says it has files.
	for name, a := range map[string]answer{
		"a field beyond measure": b.send(path(n)+"/movimentacoes", nil, "status", "", "comentario", strings.Repeat("a", 2<<20)),
		"fields beyond number":   b.send(path(n)+"/movimentacoes", nil, strings.Split(strings.Repeat("a,b,", 300)+"status,", ",")...),
	} {
		if a.status != 413 && a.status != 400 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	// Who only watches brings nothing in.
	if a := h.signedIn("consultor@demo").send(path(n)+"/movimentacoes", []part{{"foto.jpg", tinyPhoto}}, "status", ""); a.status != 403 {
		t.Errorf("a consultant: %d", a.status)
	}
}

// TestBrokenUpload: a form that breaks off is the sender's, not ours; nothing is recorded.
func TestBrokenUpload(t *testing.T) {
	h := newHouse(t)
	n := h.open("AUR-A-101", "Vazamento", "Pinga.")
	b := h.signedIn("atendente@demo")
	body := "--b\r\nContent-Disposition: form-data; name=\"anexos\"; filename=\"foto.jpg\"\r\n\r\n" + tinyPhoto
	for _, kind := range []string{"multipart/form-data; boundary=b", "multipart/form-data"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.http.URL+path(n)+"/movimentacoes", strings.NewReader(body))
		h.must(err)
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if a := b.do(r); a.status != 400 {
			t.Errorf("%s: %d", kind, a.status)
		}
	}
	if len(h.attachments(n)) != 0 || strings.Contains(h.log.String(), "request failed") {
		t.Errorf("recorded, or logged as ours: %s", h.log.String())
	}
}

// TestServedInert: what a browser is told of a file, whatever its bytes are.
func TestServedInert(t *testing.T) {
	h := newHouse(t)
	n, other := h.open("AUR-A-101", "Vazamento", "Pinga."), h.open("AUR-A-102", "Porta", "Raspa.")
	b := h.signedIn("consultor@demo")
	photo := wall(640, 480, 2)
	hugePNG := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\x00\x00\x00"
	cases := []struct {
		name, content, kind, how string
		thumbnail                bool
	}{
		{"teto da suíte (1).jpg", photo, "image/jpeg", "inline", true},
		{"laudo.pdf", "%PDF-1.7 <script>", "application/pdf", "inline", false},
		{"poliglota.gif", "GIF89a=\"<script>alert(1)</script>\"", "image/gif", "inline", false},
		{"bomba.zip", "PK\x03\x04" + strings.Repeat("\x00", 5000), "application/octet-stream", "attachment", false},
		{"enorme.png", hugePNG, "image/png", "inline", false},
		{"notas.txt", "1 < 2 <script>alert(1)</script>", "application/octet-stream", "attachment", false},
	}
	for _, c := range cases {
		h.must(h.AttachByHand(t.Context(), h.ana, n, []flow.Upload{h.upload(c.name, c.content)}))
	}
	for i, a := range h.attachments(n) {
		c := cases[i]
		got := b.get(filePath(n, a.ID))
		how, options, err := mime.ParseMediaType(got.header.Get("Content-Disposition"))
		if got.status != 200 || got.body != c.content || got.header.Get("Content-Type") != c.kind || err != nil || how != c.how || options["filename"] != c.name {
			t.Errorf("%s: %d, %d bytes, %v", c.name, got.status, len(got.body), got.header)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache", "Accept-Ranges": "bytes",
			"ETag": `"` + sum(c.content) + `"`, "Cross-Origin-Resource-Policy": "same-origin"} {
			if got.header.Get(name) != want {
				t.Errorf("%s: %s is %q", c.name, name, got.header.Get(name))
			}
		}
		if csp := got.header.Values("Content-Security-Policy"); len(csp) != 1 || !strings.HasPrefix(csp[0], "default-src 'none';") || !strings.Contains(csp[0], "sandbox") || strings.Contains(csp[0], "allow-") {
			t.Errorf("%s: %v", c.name, csp)
		}
		small := b.get(filePath(n, a.ID) + "/miniatura")
		if c.thumbnail != (small.status == 200) || c.thumbnail && (small.header.Get("Content-Type") != "image/jpeg" || small.header.Get("ETag") == got.header.Get("ETag")) {
			t.Errorf("%s: thumbnail %d %v", c.name, small.status, small.header)
		}
		if !c.thumbnail && small.status != 404 {
			t.Errorf("%s: thumbnail %d", c.name, small.status)
		}
		for _, p := range []string{filePath(other, a.ID), filePath(other, a.ID) + "/miniatura", filePath(99999, a.ID)} {
			if x := b.get(p); x.status != 404 {
				t.Errorf("%s by another occurrence: %d", p, x.status)
			}
		}
	}
	first := h.attachments(n)[0]
	ask := func(name, value string) answer {
		return (&browser{h, b.Client, http.Header{name: {value}}}).get(filePath(n, first.ID))
	}
	if a := ask("If-None-Match", `"`+sum(photo)+`"`); a.status != 304 || a.body != "" {
		t.Errorf("the same again: %d with %d bytes", a.status, len(a.body))
	}
	if a := ask("Range", "bytes=2-9"); a.status != 206 || a.body != photo[2:10] {
		t.Errorf("a part: %d %q", a.status, a.body)
	}
	if a := ask("Range", "bytes=999999999-"); a.status != 416 {
		t.Errorf("a part beyond the end: %d", a.status)
	}
	for _, id := range []string{"0", "-1", "x", "1e3", "99999999999999999999", "424242"} {
		if a := b.get(path(n) + "/anexos/" + id); a.status != 404 {
			t.Errorf("%s: %d", id, a.status)
		}
	}
	if a := h.browser().get(filePath(n, first.ID)); a.status != 303 || !strings.HasPrefix(a.header.Get("Location"), "/entrar") {
		t.Errorf("without a session: %d", a.status)
	}
	if len(photo) < 1000 {
		t.Error("the photo is none")
	}
}

// TestTimelineOfFiles: what the field sends stands by itself, a technician's photos as one, and is told by whom.
func TestTimelineOfFiles(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	h.at(time.Minute) // a clock that never stands: within one millisecond nothing tells a comment's place among files
	for i := range 3 {
		h.fieldSends(n, fmt.Sprintf("reparo %d.jpg", i), tinyPhoto+fmt.Sprint(i))
	}
	h.fieldSays(n, "Jorge Lima", "Terminei.")
	h.fieldSends(n, "depois.jpg", tinyPhoto+"9")
	b := h.signedIn("atendente@demo")
	for _, filter := range []string{"", "campo"} {
		page := b.get(path(n) + "?mostrar=" + filter).body
		_, tl, _ := strings.Cut(page, `id="tl"`)
		last, said, three := strings.Index(tl, "mandou uma foto"), strings.Index(tl, "Terminei."), strings.Index(tl, "mandou 3 fotos")
		if last < 0 || said < last || three < said {
			t.Errorf("%q: told in another order: %d %d %d", filter, last, said, three)
		}
	}
	if _, tl, _ := strings.Cut(b.get(path(n)+"?mostrar=envios").body, `id="tl"`); strings.Contains(tl, "mandou") {
		t.Error("files that were not sent stand among the deliveries")
	}
	rev := revision.FindStringSubmatch(b.get(path(n)).body)[1]
	h.fieldSends(n, "mais.jpg", tinyPhoto+"10")
	if a := b.htmx().get(path(n) + "?parte=1&rev=" + rev); a.status != 200 || !strings.Contains(a.body, `alt="mais.jpg"`) {
		t.Errorf("a file that arrives is no news: %d", a.status)
	}
}
