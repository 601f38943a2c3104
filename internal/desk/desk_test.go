package desk_test

import (
	"testing"
	"time"

	"ponte/internal/desk"
)

func TestParseDocument(t *testing.T) {
	for text, want := range map[string]string{
		"529.982.247-25": "52998224725", "52998224725": "52998224725", " 529 982 247 25 ": "52998224725",
		"11.222.333/0001-81": "11222333000181", "12.ABC.345/01DE-35": "12ABC34501DE35", "12abc34501de35": "12ABC34501DE35",
	} {
		if got, ok := desk.ParseDocument(text); !ok || string(got) != want {
			t.Errorf("ParseDocument(%q) = %q, %v; want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "529.982.247-26", "111.111.111-11", "5299822472", "12.ABC.345/01DE-36",
		"11.222.333/0001-8A", "529.982.247-25x", "00000000000000", "ção"} {
		if got, ok := desk.ParseDocument(text); ok {
			t.Errorf("ParseDocument(%q) = %q is accepted", text, got)
		}
	}
	d, _ := desk.ParseDocument("52998224725")
	if d.Masked() != "***.982.247-**" || d.String() != "529.982.247-25" {
		t.Errorf("masked %s, whole %s", d.Masked(), d)
	}
}

func TestUnitKey(t *testing.T) {
	for in, want := range map[string]string{
		"101": "101", "ap 101": "101", "Apto. 0101": "101", "Apartamento 101": "101", "101-A": "101A", "AC": "AC",
		"Casa 7": "7", "apoio": "APOIO", "0": "0", "00": "00", "un. 12b": "12B", "MOB-AUR-A-101": "MOBAURA101",
	} {
		if got := desk.UnitKey(in); got != want {
			t.Errorf("UnitKey(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNarrowUnits(t *testing.T) {
	a := desk.UnitCandidate{ID: 1, DevelopmentCode: "AUR", BlockCode: "A", Number: "101"}
	b := desk.UnitCandidate{ID: 2, DevelopmentCode: "AUR", BlockCode: "B", Number: "101"}
	p := desk.UnitCandidate{ID: 3, DevelopmentCode: "PDA", BlockCode: "U", Number: "101"}
	all := []desk.UnitCandidate{a, b, p}
	for _, c := range []struct {
		name       string
		all        []desk.UnitCandidate
		dev, block string
		theirs     map[int64]bool
		want       int64
		code       string
	}{
		{"none", nil, "", "", nil, 0, desk.ErrUnit},
		{"one", []desk.UnitCandidate{a}, "", "", nil, 1, ""},
		{"several", all, "", "", nil, 0, desk.ErrAmbiguousUnit},
		{"development leaves one", all, "pda", "", nil, 3, ""},
		{"block leaves one", all, "AUR", "b", nil, 2, ""},
		{"block leaves none", all, "AUR", "C", nil, 0, desk.ErrUnit},
		{"the customer's", all, "", "", map[int64]bool{2: true}, 2, ""},
		{"none is the customer's", all, "", "", map[int64]bool{9: true}, 0, desk.ErrUnit},
		{"one is left before the customer counts", all, "PDA", "", map[int64]bool{1: true}, 3, ""},
		{"two are the customer's", all, "", "", map[int64]bool{1: true, 2: true}, 0, desk.ErrAmbiguousUnit},
	} {
		got, left, err := desk.NarrowUnits(c.all, c.dev, c.block, c.theirs)
		code := ""
		if err != nil {
			code = err.Code
		}
		if got.ID != c.want || code != c.code || (code == desk.ErrAmbiguousUnit) != (len(left) > 1) {
			t.Errorf("%s: unit %d, code %q, %d left", c.name, got.ID, code, len(left))
		}
	}
}

func TestRetryDelay(t *testing.T) {
	p := desk.RetryPolicy{First: 200 * time.Millisecond, Max: 5 * time.Second, Jitter: 0.2, Limit: time.Hour}
	for _, c := range []struct {
		attempts int
		after    time.Duration
		roll     float64
		want     time.Duration
	}{
		{1, 0, 0.5, 200 * time.Millisecond}, {2, 0, 0.5, 400 * time.Millisecond}, {1, 0, 0, 160 * time.Millisecond},
		{10, 0, 0.5, 5 * time.Second}, {5000, 0, 0.5, 5 * time.Second}, {0, 0, 0.5, 200 * time.Millisecond},
		{1, 9 * time.Second, 0.5, 9 * time.Second}, {10, time.Second, 0.5, 5 * time.Second},
	} {
		if got := p.Delay(c.attempts, c.after, c.roll); got != c.want {
			t.Errorf("Delay(%d, %v, %v) = %v, want %v", c.attempts, c.after, c.roll, got, c.want)
		}
	}
	if p.Exhausted(2*time.Hour, 90*time.Minute) || !p.Exhausted(2*time.Hour, 0) {
		t.Error("paused time must not count towards the limit")
	}
}

func TestCheckPoint(t *testing.T) {
	const ok, resend = "", "resend"
	for _, c := range []struct {
		point   desk.Point
		live    desk.OrderState
		opening desk.DeliveryState
		want    string
	}{
		{desk.OpenOrder, "", "", ok},
		{desk.OpenOrder, desk.OrderOpening, desk.Queued, "abertura_em_andamento"},
		{desk.OpenOrder, desk.OrderOpening, desk.Sending, "abertura_em_andamento"},
		{desk.OpenOrder, desk.OrderOpening, desk.Uncertain, "abertura_em_andamento"},
		{desk.OpenOrder, desk.OrderOpening, desk.Refused, resend},
		{desk.OpenOrder, desk.OrderOpen, desk.Delivered, "ordem_aberta"},
		{desk.OpenOrder, desk.OrderOpen, "", "ordem_aberta"}, // Mobuss opened it
		{desk.AddComment, "", "", "sem_ordem"},
		{desk.AskVisit, desk.OrderOpening, desk.Queued, ok},
		{desk.CloseOrder, desk.OrderOpening, desk.Uncertain, ok},
		{desk.AddComment, desk.OrderOpening, desk.Refused, "sem_ordem"},
		{desk.AddComment, desk.OrderOpen, desk.Delivered, ok},
	} {
		again, err := desk.CheckPoint(c.point, c.live, c.opening)
		got := ok
		if err != nil {
			got = err.Reason()
		} else if again {
			got = resend
		}
		if got != c.want {
			t.Errorf("CheckPoint(%s, %q, %q) = %q, want %q", c.point, c.live, c.opening, got, c.want)
		}
	}
}

func TestMethods(t *testing.T) {
	for m, want := range map[desk.Method][4]bool{ // RULES.md's table: sends, opens, reports; and integrated
		desk.NoMethod: {false, false, false, false}, desk.MethodA: {true, false, true, true},
		desk.MethodB: {false, true, true, true}, desk.MethodC: {true, true, true, true},
	} {
		if got := [4]bool{m.Sends(), m.FieldMayOpen(), m.FieldMayReport(), m.Integrated()}; got != want {
			t.Errorf("%s: %v, want %v", m, got, want)
		}
	}
}

// TestDeliveryStates: a state that is done stays, and nothing leaves fila for entregue without being sent.
func TestDeliveryStates(t *testing.T) {
	for _, from := range desk.DeliveryStates {
		for _, to := range desk.DeliveryStates {
			if from.Done() && from != to && from.CanBecome(to) {
				t.Errorf("%s is done and becomes %s", from, to)
			}
		}
	}
	for _, bad := range [][2]desk.DeliveryState{{desk.Queued, desk.Delivered},
		{desk.Sending, desk.Ignored}, {desk.Refused, desk.Sending}, {desk.Refused, desk.Delivered}} {
		if bad[0].CanBecome(bad[1]) {
			t.Errorf("%s becomes %s", bad[0], bad[1])
		}
	}
}

// TestNamesDocument: a CPF or CNPJ is found among other words, in any punctuation; what only looks like one is none.
func TestNamesDocument(t *testing.T) {
	for text, want := range map[string]bool{"529.982.247-25": true, "maria 529.982.247-25": true, "de 529 982 247 25 hoje": true, "(52998224725),": true,
		"11.222.333/0001-81 infiltração": true, "11 222 333 0001 81": true, "": false, "maria": false, "529.982.247-26": false, "OS 88214": false, "11 98888 7777": false} {
		if got := desk.NamesDocument(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
