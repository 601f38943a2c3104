package desk_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ponte/internal/desk"
)

// TestReadUnit: what people write, against a registry of four units. Whatever isn't wholly a unit's is nobody's.
func TestReadUnit(t *testing.T) {
	units := map[string]struct {
		number string
		desk.Place
	}{
		"AUR-A-101": {"101", desk.Place{DevelopmentCode: "AUR", DevelopmentName: "Residencial Aurora", BlockCode: "A", BlockName: "Bloco A"}},
		"AUR-B-101": {"101", desk.Place{DevelopmentCode: "AUR", DevelopmentName: "Residencial Aurora", BlockCode: "B", BlockName: "Bloco B"}},
		"PDA-2-101": {"101", desk.Place{DevelopmentCode: "PDA", DevelopmentName: "Parque das Águas", BlockCode: "2", BlockName: "Torre Sul"}},
		"PDA-2-2":   {"2", desk.Place{DevelopmentCode: "PDA", DevelopmentName: "Parque das Águas", BlockCode: "2", BlockName: "Torre Sul"}},
	}
	const none = ""
	for text, want := range map[string]string{
		"ap 101 bl A": "AUR-A-101", "A-101": "AUR-A-101", "apto. 0101": "AUR-A-101 AUR-B-101 PDA-2-101", "101/A": "AUR-A-101",
		"bloco A unidade 101": "AUR-A-101", "AUR A 101": "AUR-A-101", "101A": "AUR-A-101", "a101": "AUR-A-101", "Ap101 BlA": "AUR-A-101",
		"Residencial Aurora, bloco B, apartamento 101": "AUR-B-101", "101 - Torre A": "AUR-A-101", "unid. 101 do bloco b": "AUR-B-101",
		"Aurora 101": "AUR-A-101 AUR-B-101", "torre 2 apto 101": "PDA-2-101", "TORRE2 AP101": "PDA-2-101", "101 sul": "PDA-2-101",
		"parque das aguas 2": "PDA-2-2", "ÁGUAS ap 2": "PDA-2-2", "2-101": "PDA-2-101", "101-2": "PDA-2-101",
		"ap 101 bl C": none, "C-101": none, "AUR C 101": none, "PDA A 101": none, "apartamento": none, "": none, "bloco A": none,
		"101 fundos": none, "o cliente do apartamento 101 do bloco A ligou de novo hoje": none, "102 A": none, "bl 101": none, "A 101 B": none,
	} {
		var got []string
		for name, u := range units {
			for _, w := range desk.ReadUnit(text) {
				if w.Number == desk.UnitKey(u.number) && w.Fits(u.Place) && !strings.Contains(strings.Join(got, " "), name) {
					got = append(got, name)
				}
			}
		}
		if len(got) != len(strings.Fields(want)) {
			t.Errorf("%q: %v, want %s (%+v)", text, got, want, desk.ReadUnit(text))
		}
		for _, name := range strings.Fields(want) {
			if !strings.Contains(strings.Join(got, " "), name) {
				t.Errorf("%q: %v lacks %s", text, got, name)
			}
		}
	}
}

// TestReadUnitFindsItsOwn: however a unit is written, it is among the readings, and never in another block.
func TestReadUnitFindsItsOwn(t *testing.T) {
	forms := []string{"ap %[1]s bl %[2]s", "%[2]s-%[1]s", "%[1]s/%[2]s", "bloco %[2]s unidade %[1]s", "%[3]s %[2]s %[1]s", "%[3]s-%[2]s-%[1]s", "Apto. 0%[1]s, Torre %[2]s"}
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`[1-9][0-9]{0,3}`).Draw(t, "number")
		block := rapid.StringMatching(`[A-D]`).Draw(t, "block")
		other := string("ABCD"[(strings.Index("ABCD", block)+1)%4])
		text := fmt.Sprintf(rapid.SampledFrom(forms).Draw(t, "form"), number, block, "XYZ")
		here, there := desk.Place{DevelopmentCode: "XYZ", BlockCode: block}, desk.Place{DevelopmentCode: "XYZ", BlockCode: other}
		found := false
		for _, w := range desk.ReadUnit(text) {
			found = found || w.Number == number && w.Fits(here)
			if w.Fits(there) {
				t.Errorf("%q fits block %s: %+v", text, other, w)
			}
		}
		if !found {
			t.Errorf("%q is not read: %+v", text, desk.ReadUnit(text))
		}
	})
}

func TestOneTypo(t *testing.T) {
	for pair, want := range map[string]bool{
		"SOUZA SOUSA": true, "SILVA SLIVA": true, "MARINA MARIANA": true, "MARIANA MARINA": true, "PRADO PRADOS": true, "PRADO RADO": true,
		"PRADO PRADO": false, "PRADO PARDOS": false, "ANA LIA": false, "TELES SELET": false, "JOAO JOAOOO": false, "AB BA": true, "A B": true,
	} {
		a, b, _ := strings.Cut(pair, " ")
		if got := desk.OneTypo(a, b); got != want || desk.OneTypo(b, a) != want {
			t.Errorf("%s: %v", pair, got)
		}
	}
}

// TestNearDocuments: a valid CPF with one typo leads back to it, and to few others.
func TestNearDocuments(t *testing.T) {
	const right = "52998224725"
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, 10).Draw(t, "at")
		var typed string
		switch rapid.IntRange(0, 3).Draw(t, "typo") {
		case 0:
			typed = right[:i] + fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "digit")) + right[i+1:]
		case 1:
			typed = right[:i] + right[i+1:]
		case 2:
			typed = right[:i] + fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "digit")) + right[i:]
		case 3:
			j := min(i+1, 10)
			b := []byte(right)
			b[i], b[j] = b[j], b[i]
			typed = string(b)
		}
		if typed == right {
			return
		}
		near := desk.NearDocuments(typed)
		found := false
		for _, d := range near {
			found = found || d == right
			if _, ok := desk.ParseDocument(string(d)); !ok {
				t.Errorf("%s is no document", d)
			}
		}
		if !found || len(near) > 20 {
			t.Errorf("%s: %d near, the right one among them: %v", typed, len(near), found)
		}
	})
}

func TestNearCodes(t *testing.T) {
	const right = "MOB-AUR-A-101"
	for _, typed := range []string{"MOB-AUR-A-102", "MOB-AUR-B-101", "MOB-AUR-A101", "MOB-AUR-A-1101", "MOBB-AUR-A-101", "MBO-AUR-A-101", "OB-AUR-A-10", ""} {
		near := desk.NearCodes(typed)
		found := false
		for _, c := range near {
			found = found || c == right
		}
		if want := typed != "OB-AUR-A-10" && typed != ""; found != want || len(near) > 600 {
			t.Errorf("%q: found %v among %d", typed, found, len(near))
		}
	}
}
