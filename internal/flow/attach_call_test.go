package flow_test

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestAttach is IncluirAnexo: the same again is the same, also after the closing and when its file can't be had.
func TestAttach(t *testing.T) {
	eachFilesBench(t, func(b *filesBench) {
		n := b.opened()
		in := flow.AttachInput{Number: n, Name: "teto.jpg", Type: "image/png", Content: []byte(aPhoto)}
		for range 2 {
			if err := b.attach("a-1", b.Field, in); err != nil {
				b.t.Fatal(err)
			}
		}
		if _, err := b.Close(b.t.Context(), b.Call("EncerrarOcorrencia", "c-1", "", b.Field), flow.CloseInput{Number: n, Solution: "feito"}); err != nil {
			b.t.Fatal(err)
		}
		if err := b.attach("a-2", b.Field, flow.AttachInput{Number: n, Name: "depois.jpg", Content: []byte(aPhoto)}); err != nil {
			b.t.Errorf("after the closing: %v", err)
		}
		if err := b.attach("a-1", b.Field, flow.AttachInput{Number: n, Name: "teto.jpg", Content: []byte("<html>")}); err != nil {
			b.t.Errorf("the same id with another body: %v", err)
		}
		o := b.show(n)
		if len(o.Attachments) != 2 || o.Attachments[0].Type != "image/jpeg" || o.Attachments[0].Name != "teto.jpg" || o.Attachments[0].Origin != desk.Field {
			b.t.Fatalf("%+v", o.Attachments)
		}
		if got := b.content(b.Field, n, o.Attachments[0].ID); got != aPhoto {
			b.t.Errorf("bytes %q", got)
		}
		if left := b.lying(); len(left) != 1 { // the same bytes lie once
			b.t.Errorf("%d files", len(left))
		}
		if len(o.Movements) != 4 { // opened, sent, in the field, closed
			b.t.Errorf("an attachment is no movement: %d", len(o.Movements))
		}
	})
}

// TestSameAttachAtOnce: however many callers, one attachment.
func TestSameAttachAtOnce(t *testing.T) {
	eachFilesBench(t, func(b *filesBench) {
		n := b.Open(b.t)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if err := b.attach("a-1", b.Field, flow.AttachInput{Number: n, Name: "a.jpg", Content: []byte(aPhoto)}); err != nil {
					b.t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := len(b.show(n).Attachments); got != 1 {
			b.t.Errorf("%d attachments", got)
		}
	})
}

// TestFetched: by URL, from allowed hosts, and not at all where the same call came before.
func TestFetched(t *testing.T) {
	b := newFilesBench(t, storetest.New(t, store.SQLite))
	n := b.Open(t)
	asked := 0
	b.Fetch = func(_ context.Context, url string, allowed func(string) bool, private bool) (io.ReadCloser, string, error) {
		asked++
		if !allowed("arquivos.exemplo.com.br") || !private {
			return nil, "", desk.BadField("url", "host_nao_permitido")
		}
		return io.NopCloser(strings.NewReader(strings.TrimPrefix(url, "https://x/"))), "image/jpeg", nil
	}
	in := flow.AttachInput{Number: n, Name: "a.jpg", URL: "https://x/" + aPhoto}
	if err := b.attach("a-1", b.Field, in); fieldCode(err) != "host_nao_permitido" {
		t.Errorf("no host is allowed: %v", err)
	}
	cfg := flowtest.Config(t)
	cfg.Files.Hosts = []string{"arquivos.exemplo.com.br"}
	if err := b.Configure(t.Context(), flowtest.Admin(), cfg); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := b.attach("a-1", b.Field, in); err != nil {
			t.Fatal(err)
		}
	}
	in.URL = "https://x/"
	if err := b.attach("a-2", b.Field, in); fieldCode(err) != "arquivo_vazio" {
		t.Errorf("an empty file: %v", err)
	}
	if asked != 3 || len(b.show(n).Attachments) != 1 {
		t.Errorf("asked %d times for %d attachments", asked, len(b.show(n).Attachments))
	}
}

// TestWhoSeesFiles: programs only their environment's and nothing internal, and nobody by a wrong number.
func TestWhoSeesFiles(t *testing.T) {
	b := newFilesBench(t, storetest.New(t, store.SQLite))
	n, other := b.Open(t), b.Open(t)
	if err := b.CommentByHand(t.Context(), flowtest.Attendant(), flow.CommentInput{Number: n, Private: true, Files: []flow.Upload{b.upload("custo.pdf", "%PDF-1.7")}}); err != nil {
		t.Fatal(err)
	}
	id := b.show(n).Attachments[0].ID
	if len(b.show(n).Movements[1].Attachments) != 1 || b.content(flowtest.Attendant(), n, id) != "%PDF-1.7" {
		t.Error("the desk doesn't see its own")
	}
	if shown, err := b.Show(t.Context(), b.House, n); err != nil || len(shown.Attachments) != 0 {
		t.Errorf("a program sees what is internal: %v", err)
	}
	production := b.House
	production.Environment = desk.Production
	elsewhere := flowtest.Attendant()
	elsewhere.Developments = []int64{999}
	for name, c := range map[string]struct {
		actor      desk.Actor
		number, id int64
	}{"a program": {b.House, n, id}, "another environment": {production, n, id}, "another development": {elsewhere, n, id},
		"another occurrence": {flowtest.Attendant(), other, id}, "no such file": {flowtest.Attendant(), n, 999}} {
		if f, err := b.OpenAttachment(t.Context(), c.actor, c.number, c.id); code(err) != desk.ErrNotFound {
			t.Errorf("%s: %+v %v", name, f, err)
		}
	}
	if _, err := b.OpenThumbnail(t.Context(), flowtest.Attendant(), n, id); code(err) != desk.ErrNotFound {
		t.Errorf("a thumbnail of a PDF: %v", err)
	}
	if _, err := b.StoreFile(t.Context(), desk.Actor{Kind: "usuario", Roles: []desk.Role{desk.Consultant}}, "a.jpg", "", strings.NewReader(aPhoto)); code(err) != desk.ErrForbidden {
		t.Errorf("a consultant attaches: %v", err)
	}
}
