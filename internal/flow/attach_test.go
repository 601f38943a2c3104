package flow_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ponte/internal/blob"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// filesBench is a bench over either database, that knows where the files lie.
type filesBench struct {
	*bench
	dir string
	mu  sync.Mutex // guards the clock
}

// jump moves the clock.
func (b *filesBench) jump(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = b.clock.Add(d)
}

func eachFilesBench(t *testing.T, f func(b *filesBench)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) { f(newFilesBench(t, s)) })
}

func newFilesBench(t *testing.T, s *store.Store) *filesBench {
	dir := t.TempDir()
	url, err := blob.URL(dir)
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	b := &filesBench{bench: &bench{t: t, clock: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}, dir: dir}
	b.Installation = flowtest.New(t, s, flow.Deps{Blobs: blobs, Now: func() time.Time {
		b.jump(time.Millisecond)
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.clock
	}})
	return b
}

// lying are the files in the store.
func (b *filesBench) lying() (out []string) {
	b.t.Helper()
	err := filepath.WalkDir(b.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

const aPhoto = "\xff\xd8\xff uma foto do teto"

func (b *filesBench) upload(name, content string) flow.Upload {
	b.t.Helper()
	u, err := b.StoreFile(b.t.Context(), flowtest.Attendant(), name, "image/jpeg", strings.NewReader(content))
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

func (b *filesBench) content(a desk.Actor, number, id int64) string {
	b.t.Helper()
	f, err := b.OpenAttachment(b.t.Context(), a, number, id)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = f.Content.Close() }()
	content, err := io.ReadAll(f.Content)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(content)
}

func (b *filesBench) points(number int64) (out []string) {
	for _, d := range b.show(number).Deliveries {
		out = append(out, string(d.Point)+" "+string(d.State))
	}
	return out
}

func (b *filesBench) wantPoints(number int64, want ...string) {
	b.t.Helper()
	if got := b.points(number); !slices.Equal(got, want) {
		b.t.Errorf("deliveries %v, want %v", got, want)
	}
}

func (b *filesBench) attach(id string, a desk.Actor, in flow.AttachInput) error {
	_, err := b.Attach(b.t.Context(), b.Call("IncluirAnexo", id, id, a), in)
	return err
}

// TestFilesFollowTheirMovement: one delivery each, behind the movement's own, with the bytes by their hash.
func TestFilesFollowTheirMovement(t *testing.T) {
	eachFilesBench(t, func(b *filesBench) {
		n := b.Open(b.t)
		if err := b.AttachByHand(b.t.Context(), flowtest.Attendant(), n, []flow.Upload{b.upload("antes.jpg", aPhoto)}); err != nil {
			b.t.Fatal(err)
		}
		before := b.show(n).Attachments
		if len(before) != 1 || before[0].MovementID != 0 || !before[0].Image || !before[0].Inline || !before[0].Sendable() || before[0].Sent != "" {
			b.t.Fatalf("attached %+v", before)
		}
		secret := b.upload("custo.pdf", "%PDF-1.7 custo")
		secret.Internal = true
		if err := b.MoveByHand(b.t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "20",
			Files: []flow.Upload{b.upload("../teto.jpg", aPhoto+"!"), secret}, Attachments: []int64{before[0].ID, before[0].ID}}); err != nil {
			b.t.Fatal(err)
		}
		b.wantPoints(n, "MOBUSS_ISA fila", "MOBUSS_ANEXO fila", "MOBUSS_ANEXO fila")
		b.settle(b.one(desk.OpenOrder), accepted)
		for _, want := range []string{"teto.jpg", "antes.jpg"} {
			j := b.one(desk.SendFile)
			if j.Request.Header["nomeAnexo"] != want || j.Request.Header["idMobussOrigem"] != "SAT-1" || j.Request.Header["idLegadoAnexo"] != j.DeliveryID {
				b.t.Errorf("headers %v, want %s", j.Request.Header, want)
			}
			r, err := b.FileBytes(b.t.Context(), j.Request.File.SHA256)
			if err != nil {
				b.t.Fatal(err)
			}
			if content, _ := io.ReadAll(r); int64(len(content)) != j.Request.File.Size || !strings.HasPrefix(string(content), aPhoto) {
				b.t.Errorf("bytes %q", content)
			}
			_ = r.Close()
			b.settle(j, flow.Outcome{Verdict: flow.Done})
		}
		b.wantPoints(n, "MOBUSS_ISA entregue", "MOBUSS_ANEXO entregue", "MOBUSS_ANEXO entregue")
		o := b.show(n)
		if o.Status.Code != "50" {
			b.t.Errorf("a file's success moves to %s", o.Status.Code)
		}
		m := o.Movements[1]
		if len(m.Attachments) != 2 || m.Attachments[0].Sent != desk.Delivered || m.Attachments[1].Sent != "" || m.Attachments[1].Sendable() || o.Deliveries[1].AttachmentID != m.Attachments[0].ID {
			b.t.Errorf("with the movement: %+v", m.Attachments)
		}
		if len(o.Attachments) != 3 || o.Attachments[0].Sent != desk.Delivered {
			b.t.Errorf("attachments %+v", o.Attachments)
		}
	})
}

// TestWhatNeverLeaves: not what came from Mobuss, not what is for the house, not another occurrence's, not twice.
func TestWhatNeverLeaves(t *testing.T) {
	b := newFilesBench(t, storetest.New(t, store.SQLite))
	n, other := b.opened(), b.Open(t)
	secret := b.upload("custo.pdf", "%PDF-1.7 custo")
	secret.Internal = true
	if err := errors.Join(
		b.attach("a-1", b.Field, flow.AttachInput{Number: n, Name: "campo.jpg", Content: []byte(aPhoto)}),
		b.AttachByHand(t.Context(), flowtest.Attendant(), n, []flow.Upload{secret, b.upload("casa.jpg", aPhoto)}),
		b.AttachByHand(t.Context(), flowtest.Attendant(), other, []flow.Upload{b.upload("outra.jpg", aPhoto)})); err != nil {
		t.Fatal(err)
	}
	fromField, internal, house := b.show(n).Attachments[0], b.show(n).Attachments[1], b.show(n).Attachments[2]
	if fromField.Sendable() || internal.Sendable() || !house.Sendable() {
		t.Error("the page would offer the wrong ones")
	}
	choose := func(ids ...int64) error {
		return b.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "40", Comment: "veja", Attachments: ids})
	}
	for id, want := range map[int64]string{fromField.ID: "anexo_do_campo", internal.ID: "anexo_interno",
		b.show(other).Attachments[0].ID: "nao_existe", 999: "nao_existe"} {
		if err := choose(id); fieldCode(err) != want {
			t.Errorf("attachment %d: %v, want %s", id, err, want)
		}
	}
	b.wantPoints(n, "MOBUSS_ISA entregue") // the movements were refused whole
	if err := choose(house.ID); err != nil {
		t.Fatal(err)
	}
	if err := choose(house.ID); fieldCode(err) != "anexo_ja_enviado" {
		t.Errorf("twice to one order: %v", err)
	}
	b.settle(b.one(desk.AddComment), flow.Outcome{Verdict: flow.Done})
	b.settle(b.one(desk.SendFile), refusedBecause("recusado_pelo_mobuss"))
	if err := b.Skip(t.Context(), flowtest.Attendant(), b.show(n).Deliveries[2].ID, "mandada por e-mail"); err != nil {
		t.Fatal(err)
	}
	if err := choose(house.ID); err != nil { // given up, it may be chosen again
		t.Error(err)
	}
}

// fieldCode is the code of what is wrong with the first field.
func fieldCode(err error) string {
	var e *desk.Error
	if errors.As(err, &e) && len(e.Fields) > 0 {
		return e.Fields[0].Code
	}
	return fmt.Sprint(err)
}

// TestFilesWhereNothingIsSent: ignored with the reason, and only where the movement itself would have fired.
func TestFilesWhereNothingIsSent(t *testing.T) {
	b := newFilesBench(t, storetest.New(t, store.SQLite))
	n := b.opened()
	with := func(status string) {
		t.Helper()
		if err := b.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: status, Comment: "x", Files: []flow.Upload{b.upload("a.jpg", aPhoto)}}); err != nil {
			t.Fatal(err)
		}
	}
	with("90") // no point
	b.wantPoints(n, "MOBUSS_ISA entregue")
	with("10")
	cfg := flowtest.Config(t)
	cfg.Method = desk.MethodB
	if err := b.Configure(t.Context(), flowtest.Admin(), cfg); err != nil {
		t.Fatal(err)
	}
	with("20")
	b.wantPoints(n, "MOBUSS_ISA entregue", "MOBUSS_ISA ignorado", "MOBUSS_ANEXO ignorado")
	if d := b.show(n).Deliveries[2]; d.Reason.Code != desk.WhyMethodSendsNothing || d.AttachmentID == 0 {
		t.Errorf("%+v", d)
	}
	cfg = flowtest.Config(t)
	delete(cfg.Integration.Points, desk.SendFile) // a configuration of before
	if err := b.Configure(t.Context(), flowtest.Admin(), cfg); err != nil {
		t.Fatal(err)
	}
	with("40")
	b.wantPoints(n, "MOBUSS_ISA entregue", "MOBUSS_ISA ignorado", "MOBUSS_ANEXO ignorado", "MOBUSS_ICSA fila", "MOBUSS_ANEXO ignorado")
	if d := b.show(n).Deliveries[4]; d.Reason.Code != desk.WhyNoFilePoint {
		t.Errorf("%+v", d)
	}
}

// TestARefusedFileIsAFailure like any other; sent again, it leaves the failure status for where it came from.
func TestARefusedFileIsAFailure(t *testing.T) {
	b := newFilesBench(t, storetest.New(t, store.SQLite))
	n := b.opened()
	if err := b.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "40", Comment: "x",
		Files: []flow.Upload{b.upload("a.jpg", aPhoto), b.upload("b.jpg", aPhoto+"b")}}); err != nil {
		t.Fatal(err)
	}
	b.settle(b.one(desk.AddComment), flow.Outcome{Verdict: flow.Done})
	b.want(n, "50", desk.Delivered, desk.Delivered, desk.Queued, desk.Queued)
	if _, err := b.Move(t.Context(), b.Call("MovimentarOcorrencia", "m-1", "", b.Field), flow.MoveInput{Number: n, Status: "60"}); err != nil {
		t.Fatal(err)
	}
	b.settle(b.one(desk.SendFile), refusedBecause("recusado_pelo_mobuss"))
	o := b.want(n, "99", desk.Delivered, desk.Delivered, desk.Refused, desk.Queued)
	if jobs := b.claim(); len(jobs) != 0 {
		t.Fatalf("the second overtakes the first: %+v", jobs)
	}
	first := o.Deliveries[2]
	if err := b.Resend(t.Context(), flowtest.Attendant(), first.ID); err != nil {
		t.Fatal(err)
	}
	j := b.one(desk.SendFile)
	if j.DeliveryID != first.ID || j.Request.Header["nomeAnexo"] != "a.jpg" {
		t.Errorf("resent %s: %v", j.DeliveryID, j.Request.Header)
	}
	b.settle(j, flow.Outcome{Verdict: flow.Done})
	b.want(n, "60", desk.Delivered, desk.Delivered, desk.Delivered, desk.Queued)
	b.settle(b.one(desk.SendFile), flow.Outcome{Verdict: flow.Done})
	b.want(n, "60", desk.Delivered, desk.Delivered, desk.Delivered, desk.Delivered)
}

// A large file gets the time that a slow line needs, and its lane a lease that outlasts it.
func TestALargeFileHasTime(t *testing.T) {
	b := newFilesBench(t, storetest.New(t, store.SQLite))
	n := b.opened()
	if err := b.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "40", Comment: "x",
		Files: []flow.Upload{b.upload("a.jpg", aPhoto+strings.Repeat("x", 10<<20))}}); err != nil {
		t.Fatal(err)
	}
	b.settle(b.one(desk.AddComment), flow.Outcome{Verdict: flow.Done})
	j := b.one(desk.SendFile)
	if j.Extra < 2*time.Minute {
		t.Errorf("10 MiB have %v", j.Extra)
	}
	b.clock = b.clock.Add(time.Minute + j.Extra/2) // beyond the plain lease
	if jobs := b.claim(); len(jobs) != 0 {
		t.Fatal("claimed again while it may be on the wire")
	}
	b.clock = b.clock.Add(j.Extra)
	if again := b.one(desk.SendFile); !again.LookUp || again.Extra != 0 {
		t.Errorf("after its lease: %+v", again)
	}
}
