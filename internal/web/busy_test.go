package web_test

import (
	"fmt"
	"time"

	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

// busy is an ordinary day at the desk: some twenty occurrences in every state there is, of two developments. It
// answers the number of the story's leak, which is one of them.
func (h *house) busy() int64 {
	h.t.Helper()
	people := []flow.RegistryCustomer{
		{Name: "Helena Duarte Lins", Document: "390.533.447-05", Phone: "(11) 91234-5678"},
		{Name: "Paulo Ricardo Meira", Document: "168.995.350-09", Phone: "(11) 99876-1122"},
		{Name: "Lívia Sampaio", Document: "935.411.347-80", Phone: "(11) 97777-4141"},
	}
	block := flow.RegistryBlock{Code: "U", Name: "Bloco único"}
	for i := range 18 {
		n := fmt.Sprint(i + 1)
		block.Units = append(block.Units, flow.RegistryUnit{Number: n, MobussIDHomologation: "MOB-PDA-U-" + n,
			Contracts: []flow.RegistryContract{{Code: "PDA-U-" + n, Customer: people[i%len(people)]}}})
	}
	h.must(h.PutRegistry(h.t.Context(), flowtest.Admin(), flow.Registry{Developments: []flow.RegistryDevelopment{
		{Code: "PDA", Name: "Parque das Águas", Blocks: []flow.RegistryBlock{block}}}}))
	n := h.story()
	const hour = time.Hour
	for i, o := range []struct {
		unit, subject, text string
		ago                 time.Duration
		moves               []string // status=comment, or campo=what the field says
	}{
		{"PDA-U-12", "Tomada da cozinha sem energia", "A tomada ao lado da pia parou.", 40 * hour, []string{"20=", "campo=Peça encomendada, volto na quinta."}},
		{"PDA-U-2", "Vazamento no sifão da pia", "Pinga no armário.", 30 * hour, []string{"20=", "60=Sifão trocado."}},
		{"AUR-B-203", "Porta de entrada raspando no piso", "Raspa ao abrir.", 26 * hour, []string{"20=", "campo=Agendado com a moradora."}},
		{"PDA-U-7", "Interfone mudo", "Não toca.", 9 * hour, []string{"20="}},
		{"PDA-U-3", "Trinca na parede da sala, junto à janela", "Cresceu desde o mês passado.", 8 * hour, nil},
		{"AUR-A-102", "Rejunte do box soltando", "Solta perto do ralo.", 7 * hour, []string{"20="}},
		{"PDA-U-5", "Piso laminado estufado no quarto 2", "Perto da porta da varanda.", 6 * hour, []string{"20=", "campo=Aguardando a cura do contrapiso."}},
		{"AUR-B-101", "Porta-balcão não trava", "O trinco gira em falso.", 5 * hour, []string{"20=", "recusa=Solicitação em edição por RALVES", "40=Cliente volta só na sexta."}},
		{"PDA-U-8", "Ralo da varanda devolvendo água", "Quando chove forte.", 4 * hour, []string{"20=", "campo=Visita feita, falta a tampa."}},
		{"PDA-U-9", "Azulejo oco na lavanderia", "Som oco em três peças.", 3 * hour, nil},
		{"AUR-A-102", "Pintura descascando na garagem", "Na vaga 14.", 2 * hour, []string{"90=Era da vaga do vizinho."}},
		{"PDA-U-11", "Pressão baixa no chuveiro da suíte", "Só na água quente.", hour, []string{"20="}},
		{"PDA-U-4", "Esquadria com entrada de água na sala", "Molha o rodapé.", 35 * time.Minute, nil},
		{"PDA-U-6", "Cheiro de gás na cozinha", "Forte junto ao forno.", 12 * time.Minute, nil},
	} {
		h.at(o.ago)
		x, err := h.OpenByHand(h.t.Context(), h.ana, flow.OpenInput{Project: o.unit, BlockNewCustomer: "T", Subject: o.subject, Description: o.text, Emergency: o.unit == "PDA-U-6"})
		h.must(err)
		h.play(x, o.moves, fmt.Sprint(88230+i), o.ago)
	}
	h.at(0)
	return n
}

func (h *house) play(x int64, moves []string, order string, ago time.Duration) {
	h.t.Helper()
	for i, m := range moves {
		h.at(ago - time.Duration(i+1)*4*time.Minute)
		code, text := m[:2], ""
		if n := len("campo="); len(m) >= n && m[:n] == "campo=" {
			h.fieldSays(x, "Rita Alves", m[n:])
			continue
		}
		if n := len("recusa="); len(m) >= n && m[:n] == "recusa=" {
			continue
		}
		text = m[3:]
		switch code {
		case "60":
			_, err := h.Move(h.t.Context(), h.Call("MovimentarOcorrencia", "", text+order, h.Field), flow.MoveInput{Number: x, Status: code, Comment: text})
			h.must(err)
		case "40":
			h.move(x, code, text)
			h.settle(rejected("Solicitação " + order + " em edição por RALVES"))
		case "20":
			h.move(x, code, text)
			if order != "88241" { // one is still on its way
				h.settle(accepted(order))
			}
		default:
			h.move(x, code, text)
		}
	}
}

// visitToday books inspections for today.
func (h *house) visitsToday(n ...int64) {
	h.t.Helper()
	zone, err := time.LoadLocation("America/Sao_Paulo")
	h.must(err)
	y, m, d := time.Now().In(zone).Date()
	for i, number := range n {
		start := time.Date(y, m, d, 9+4*i, 30, 0, 0, zone)
		h.fieldVisits(number, "agendada", []string{"Jorge Lima", "Rita Alves"}[i%2], "", start, start.Add(time.Hour))
	}
}
