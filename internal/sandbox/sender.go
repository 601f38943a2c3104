package sandbox

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	answerRead = 64 << 10 // how much of an answer is read
	answerKept = 1 << 10  // and how much of it is kept for people to look at
)

// What can be wrong with an attempt, besides an HTTP status. These are kept with the call and told by the controls; the
// pages have words of their own for them (view_notices.go).
const (
	troubleTimeout   = "tempo esgotado"
	troubleNetwork   = "rede: " // and what the network said
	troubleCutShort  = "resposta interrompida"
	troubleSlowDown  = "Ponte pediu para esperar"
	troubleNoNumber  = "a resposta não traz o número da ocorrência"
	troubleAddress   = "endereço inválido"
	troubleUnopened  = "a abertura desta ordem foi recusada"
	troubleNoLegacy  = "a ordem não tem idLegado"
	troubleFileGone  = "os bytes do anexo não estão mais na pasta"
	troubleFileStuck = "os bytes do anexo não puderam ser lidos"
)

// verdict is what became of one attempt. State callQueued means: try again.
type verdict struct {
	state      string
	status     int
	body       string
	trouble    string
	number     string // Ponte's number, from the answer to an opening
	retryAfter time.Duration
}

type sender struct{ client *http.Client }

func newSender(timeout time.Duration) *sender {
	return &sender{&http.Client{
		Timeout:       timeout,
		Transport:     &http.Transport{MaxIdleConnsPerHost: laneWorkers, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (s *sender) close() { s.client.CloseIdleConnections() }

// restPath is where each operation lies under /ws/rest/v1.
func restPath(op, occurrence string) string {
	base := "/ws/rest/v1/ocorrencias"
	if op == opOpen {
		return base
	}
	parts := map[string]string{opComment: "comentarios", opVisit: "vistorias", opFile: "anexos",
		opMove: "movimentacoes", opClose: "encerramento"}
	return base + "/" + url.PathEscape(occurrence) + "/" + parts[op]
}

func restRequest(ctx context.Context, job errand, params [][2]string) (*http.Request, error) {
	fields := make(map[string]string, len(params))
	for _, p := range params {
		fields[p[0]] = p[1]
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, job.URL+restPath(job.Op, job.occurrence),
		bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Accept", "application/json")
	return req, nil
}

func encodeContent(content []byte) string { return base64.StdEncoding.EncodeToString(content) }

func (s *sender) do(req *http.Request, job errand) verdict {
	resp, err := s.client.Do(req)
	if err != nil {
		return verdict{state: callQueued, trouble: networkTrouble(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, answerRead))
	if err != nil {
		return verdict{state: callQueued, status: resp.StatusCode, trouble: troubleCutShort}
	}
	v := judge(job, resp.StatusCode, body)
	v.status = resp.StatusCode
	v.body = strings.ToValidUTF8(string(body[:min(len(body), answerKept)]), "")
	if v.state == callQueued {
		v.retryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
	}
	return v
}

// networkTrouble names what went wrong without the address, which a person has on the page already.
func networkTrouble(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		if u.Timeout() {
			return troubleTimeout
		}
		err = u.Err
	}
	return troubleNetwork + err.Error()
}

// judge decides what an answer means. Whatever is neither a success nor a clear refusal is tried again: every call
// carries its id_externo, so once too often does no harm, and once too seldom would.
func judge(job errand, status int, body []byte) verdict {
	if job.Protocolo == "soap" {
		if f := readFault(body); f.found {
			if f.final() && status != http.StatusTooManyRequests {
				return verdict{state: callRefused, trouble: "Fault: " + f.code}
			}
			if status == http.StatusOK || status >= 500 {
				return verdict{state: callQueued, trouble: "Fault: " + f.code}
			}
		}
	}
	switch {
	case status >= 200 && status < 300:
		return accepted(job, body)
	case status == http.StatusTooManyRequests:
		return verdict{state: callQueued, trouble: troubleSlowDown}
	case status >= 400 && status < 500:
		return verdict{state: callRefused, trouble: "recusado com HTTP " + strconv.Itoa(status)}
	}
	return verdict{state: callQueued, trouble: "HTTP " + strconv.Itoa(status)}
}

// accepted is a success; of an opening only if the answer holds the number that the order is to carry.
func accepted(job errand, body []byte) verdict {
	v := verdict{state: callDelivered}
	if job.Op != opOpen {
		return v
	}
	if v.number = readNumber(body); v.number == "" {
		return verdict{state: callQueued, trouble: troubleNoNumber}
	}
	return v
}

// readNumber finds the occurrence's number in JSON, XML or plain text.
func readNumber(body []byte) string {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	if len(body) == 0 {
		return ""
	}
	switch body[0] {
	case '{':
		var fields map[string]json.RawMessage
		if json.Unmarshal(body, &fields) != nil {
			return ""
		}
		number, _ := scalar(fields["numero_ocorrencia"])
		return number
	case '<':
		return elementText(body, "numero_ocorrencia")
	}
	text := strings.Trim(string(body), `"`)
	if _, err := strconv.ParseInt(text, 10, 64); err != nil {
		return ""
	}
	return text
}

// elementText is the text of the first element of that local name.
func elementText(body []byte, name string) string {
	in := xml.NewDecoder(bytes.NewReader(body))
	for {
		t, err := in.Token()
		if err != nil {
			return ""
		}
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == name {
			var text string
			if in.DecodeElement(&text, &e) != nil {
				return ""
			}
			return strings.TrimSpace(text)
		}
	}
}

// retryAfter reads the header in seconds or as a date; 0 if absent or senseless, an hour at most.
func retryAfter(header string, now time.Time) time.Duration {
	var d time.Duration
	if n, err := strconv.Atoi(header); err == nil {
		d = time.Duration(min(n, 3600)) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), time.Hour)
}
