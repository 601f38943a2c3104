package flow_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestCorpus: what is hostile is refused, or is inert; where it is refused, nothing is written but the kept call.
func TestCorpus(t *testing.T) {
	b := newFilesBench(t, storetest.New(t, store.SQLite))
	n := b.Open(t)
	pe := "MZ\x90\x00" + strings.Repeat("\x00", 60) + "PE\x00\x00"
	bomb := "PK\x03\x04" + strings.Repeat("\x00", 5000)
	hugePNG := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\x00\x00\x00"
	for i, c := range []struct{ name, content, want string }{
		{"foto.jpg", "<!DOCTYPE html><script>alert(1)</script>", desk.ErrUnsupported},
		{"planta.svg", `<svg onload="alert(1)"/>`, desk.ErrUnsupported},
		{"foto.jpg", "\xef\xbb\xbf<?xml version=\"1.0\"?><svg/>", desk.ErrUnsupported},
		{"foto.jpg", pe, desk.ErrUnsupported},
		{"foto.jpg", "\x7fELF\x02", desk.ErrUnsupported},
		{"foto.jpg", "#!/bin/sh\n", desk.ErrUnsupported},
		{"nota.js", "alert(1)", desk.ErrUnsupported},
		{"foto.jpg.exe", aPhoto, desk.ErrUnsupported},
		{"foto.jpg.exe. . ", aPhoto, desk.ErrUnsupported},
		{"foto\u202egpj.exe", aPhoto, desk.ErrUnsupported},
		{"foto.HTML", aPhoto, desk.ErrUnsupported},
		{"grande.jpg", aPhoto + strings.Repeat("x", desk.MaxFile+1-len(aPhoto)), desk.ErrTooLarge},
		{"vazio.jpg", "", "arquivo_vazio"},

		{"poliglota.gif", "GIF89a=\"<script>alert(1)</script>\"", ""},
		{"poliglota.jpg", aPhoto + "<html><script>alert(1)</script></html>", ""},
		{"bomba.zip", bomb, ""},
		{"enorme.png", hugePNG, ""},
		{"cortada.jpg", "\xff\xd8\xff\xe0\x00\x10JFIF", ""},
		{"texto.txt", "1 < 2 <script>", ""},
		{"justo.bin", strings.Repeat("\x00", desk.MaxFile), ""},
	} {
		before, kept := len(b.lying()), b.kept()
		err := b.attach(fmt.Sprint("c-", i), b.Field, flow.AttachInput{Number: n, Name: c.name, Type: "image/jpeg", Content: []byte(c.content)})
		if got := firstOf(err); got != c.want {
			t.Errorf("%q: %v, want %q", c.name, err, c.want)
		}
		if b.kept() != kept+1 {
			t.Errorf("%q: the call was not kept", c.name)
		}
		if c.want != "" && len(b.lying()) != before {
			t.Errorf("%q: it was refused and lies in the store", c.name)
		}
		_, err = b.StoreFile(t.Context(), flowtest.Attendant(), c.name, "image/jpeg", strings.NewReader(c.content))
		if got := firstOf(err); got != c.want {
			t.Errorf("%q by hand: %v, want %q", c.name, err, c.want)
		}
	}
	for _, a := range b.show(n).Attachments {
		f, err := b.OpenAttachment(t.Context(), flowtest.Attendant(), n, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		_ = f.Content.Close()
		if f.ServedType != desk.TypeUnknown && f.ServedType != "image/gif" && f.ServedType != "image/jpeg" && f.ServedType != "image/png" {
			t.Errorf("%s is served as %s", a.Name, f.ServedType)
		}
		if _, err := b.OpenThumbnail(t.Context(), flowtest.Attendant(), n, a.ID); code(err) != desk.ErrNotFound {
			t.Errorf("%s has a thumbnail: %v", a.Name, err)
		}
	}
}

// firstOf is the code of an error, or of its field.
func firstOf(err error) string {
	var e *desk.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e) && len(e.Fields) > 0:
		return e.Fields[0].Code
	}
	return code(err)
}

// kept counts the calls that were kept.
func (b *filesBench) kept() int64 {
	b.t.Helper()
	n, err := b.Store.Read().CountInboundCalls(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// Nobody's occurrence, no method, another environment: not a byte is stored for it.
func TestNothingIsStoredForNobody(t *testing.T) {
	b := newFilesBench(t, storetest.New(t, store.SQLite))
	n := b.Open(t)
	in := flow.AttachInput{Number: 4711, Name: "a.jpg", Content: []byte(aPhoto)}
	if err := b.attach("a-1", b.Field, in); code(err) != desk.ErrNotFound {
		t.Errorf("no such occurrence: %v", err)
	}
	production := b.Field
	production.Environment, in.Number = desk.Production, n
	if err := b.attach("a-2", production, in); code(err) != desk.ErrForbidden {
		t.Errorf("an environment that takes no calls yet: %v", err)
	}
	cfg := flowtest.Config(t)
	cfg.Method = desk.NoMethod
	if err := b.Configure(t.Context(), flowtest.Admin(), cfg); err != nil {
		t.Fatal(err)
	}
	if err := b.attach("a-3", b.Field, in); code(err) != desk.ErrMethod {
		t.Errorf("no method: %v", err)
	}
	if left := b.lying(); len(left) != 0 {
		t.Errorf("stored: %v", left)
	}
}

// TestSweep: what nobody names goes after a day, with what was stored anew meanwhile left alone.
func TestSweep(t *testing.T) {
	eachFilesBench(t, func(b *filesBench) {
		n := b.Open(b.t)
		orphan, named := b.upload("a.jpg", aPhoto), b.upload("b.jpg", aPhoto+"b")
		if err := b.AttachByHand(b.t.Context(), flowtest.Attendant(), n, []flow.Upload{named}); err != nil {
			b.t.Fatal(err)
		}
		sweep := func(want int) {
			b.t.Helper()
			if got, err := b.SweepFiles(b.t.Context()); got != want || err != nil {
				b.t.Fatalf("swept %d, want %d: %v", got, want, err)
			}
		}
		sweep(0)
		b.jump(25 * time.Hour)
		b.upload("c.jpg", aPhoto) // the orphan's bytes again: it is young
		sweep(0)
		if err := b.AttachByHand(b.t.Context(), flowtest.Attendant(), n, []flow.Upload{orphan}); err != nil {
			b.t.Errorf("what lies there can be named: %v", err)
		}
		late := b.upload("d.jpg", aPhoto+"d")
		b.jump(25 * time.Hour)
		sweep(1)
		if err := b.AttachByHand(b.t.Context(), flowtest.Attendant(), n, []flow.Upload{late}); fieldCode(err) != "arquivo_expirou" {
			b.t.Errorf("what was swept is named: %v", err)
		}
		again := b.upload("d.jpg", aPhoto+"d")
		if err := b.AttachByHand(b.t.Context(), flowtest.Attendant(), n, []flow.Upload{again}); err != nil {
			b.t.Fatal(err)
		}
		b.jump(25 * time.Hour)
		sweep(0)
		for _, a := range b.show(n).Attachments {
			if got := b.content(flowtest.Attendant(), n, a.ID); !strings.HasPrefix(got, aPhoto) {
				b.t.Errorf("%s: %q", a.Name, got)
			}
		}
		if left := b.lying(); len(left) != 3 {
			b.t.Errorf("lying: %v", left)
		}
	})
}

// TestSweepBesideUploads: sweeps run while the very same bytes are stored and named. Every attachment that was
// acknowledged can be read.
func TestSweepBesideUploads(t *testing.T) {
	eachFilesBench(t, func(b *filesBench) {
		n := b.Open(b.t)
		ctx := b.t.Context()
		done := make(chan struct{})
		var sweeps, uploads sync.WaitGroup
		for range 2 {
			sweeps.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					if _, err := b.SweepFiles(ctx); err != nil {
						b.t.Error(err)
						return
					}
				}
			})
		}
		for range 4 {
			uploads.Go(func() {
				for i := range 15 {
					// Old at once: every clock reading of the sweep is more than a day after this one's.
					u, err := b.StoreFile(ctx, flowtest.Attendant(), "a.jpg", "", bytes.NewReader(fmt.Append([]byte(aPhoto), i%3)))
					if err != nil {
						b.t.Error(err)
						return
					}
					b.jump(25 * time.Hour)
					err = b.AttachByHand(ctx, flowtest.Attendant(), n, []flow.Upload{u})
					if err != nil && fieldCode(err) != "arquivo_expirou" {
						b.t.Error(err)
					}
				}
			})
		}
		uploads.Wait()
		close(done)
		sweeps.Wait()
		o := b.show(n)
		for _, a := range o.Attachments {
			if got := b.content(flowtest.Attendant(), n, a.ID); !strings.HasPrefix(got, aPhoto) {
				b.t.Errorf("%s: %q", a.Name, got)
			}
		}
		b.t.Logf("%d of 60 were named before a sweep came", len(o.Attachments))
	})
}
