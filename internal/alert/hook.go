package alert

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// Post is a body on its way to a webhook.
type Post struct {
	URL          string
	Header       map[string]string
	Body         []byte
	AllowPrivate bool
}

// Answer is what came of it: a status, or a reason why there is none.
type Answer struct {
	Status int
	After  time.Duration
	Reason string // of the transport; empty where there is a status
	Final  bool   // the same again would fail again
}

// Why a message was not taken: message ids, stable.
const (
	ReasonStatus = "http"        // the receiver's server said another status
	ReasonNoMail = "sem_correio" // no mail server is configured
)

// judge says of a status whether the message was taken, and whether it may be another time. It is complete: what stands
// nowhere is refused for good, as what the receiver's server does not want.
func judge(a Answer) flow.AlertSent {
	s := flow.AlertSent{HTTPStatus: a.Status, After: a.After}
	switch {
	case a.Status == 0:
		s.Reason, s.Retry = a.Reason, !a.Final
	case a.Status >= 200 && a.Status < 300:
		s.Taken = true
	case a.Status >= 500, a.Status == http.StatusTooManyRequests, a.Status == http.StatusRequestTimeout, a.Status == http.StatusTooEarly:
		s.Reason, s.Retry = ReasonStatus, true
	default:
		s.Reason = ReasonStatus
	}
	return s
}

// hook sends a message to a webhook, in the words that its service understands.
func (k *Worker) hook(ctx context.Context, j flow.AlertJob, m message) flow.AlertSent {
	now := k.Flow.Now()
	var body any
	switch j.Receiver.Channel {
	case desk.AlertBySlack:
		body = map[string]string{"text": m.plain("*")}
	case desk.AlertByTeams:
		body = m.card()
	default:
		body = m.payload(j, now, k.PublicURL())
	}
	b, err := json.Marshal(body)
	if err != nil {
		return flow.AlertSent{Reason: flow.AlertUnreadable}
	}
	p := Post{URL: j.Receiver.URL, Body: b, AllowPrivate: j.Receiver.AllowPrivate, Header: map[string]string{}}
	if j.Receiver.Channel == desk.AlertByHook {
		p.Header = Sign(j.ID, now, b, j.Receiver.Key)
	}
	return judge(k.Post(ctx, p))
}

// Sign answers the headers of https://www.standardwebhooks.com: the message's id, the moment, and "v1," with the HMAC-SHA256
// of id, moment and body, parted by dots, in base64.
func Sign(id string, at time.Time, body []byte, key string) map[string]string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(id + "." + seconds + "."))
	mac.Write(body)
	return map[string]string{"webhook-id": id, "webhook-timestamp": seconds,
		"webhook-signature": "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))}
}

// payload is what a program reads. Names stay; more may be added.
type payload struct {
	ID     string  `json:"id"`
	Type   string  `json:"type"`
	At     string  `json:"sent_at"`
	Ponte  string  `json:"ponte"`
	Digest bool    `json:"digest"`
	Text   string  `json:"text"`
	Alerts []entry `json:"alerts"`
}

type entry struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	Subject  string `json:"subject,omitempty"`
	Episode  string `json:"episode"`
	Event    string `json:"event"`
	Critical bool   `json:"critical"`
	At       string `json:"at"`
	Since    string `json:"since"`
	Value    int64  `json:"value"`
	Title    string `json:"title"`
	What     string `json:"what"`
	Means    string `json:"means"`
	Do       string `json:"do"`
	Link     string `json:"link"`
}

func (m message) payload(j flow.AlertJob, now time.Time, public string) payload {
	out := payload{ID: j.ID, Type: "ponte.alerta", At: now.UTC().Format(time.RFC3339), Ponte: public, Digest: j.Digest, Text: m.plain("")}
	for i, n := range j.Notices {
		s := m.says[i]
		kind := string(n.Kind)
		if kind == "" {
			kind = string(desk.AlertTest)
		}
		out.Alerts = append(out.Alerts, entry{ID: n.ID, Kind: kind, Subject: n.Subject, Episode: n.Episode, Event: string(n.Event), Critical: n.Kind.Critical(),
			At: n.At.UTC().Format(time.RFC3339), Since: n.Since.UTC().Format(time.RFC3339), Value: n.Value,
			Title: s.title, What: s.what, Means: s.means, Do: s.do, Link: s.link})
	}
	return out
}

// card is what a workflow of Teams takes: https://adaptivecards.io.
func (m message) card() map[string]any {
	body := []map[string]any{{"type": "TextBlock", "size": "Medium", "weight": "Bolder", "wrap": true, "text": m.subject}}
	for _, s := range m.says {
		body = append(body, map[string]any{"type": "TextBlock", "weight": "Bolder", "wrap": true, "separator": true, "text": s.title})
		for _, line := range s.lines() {
			body = append(body, map[string]any{"type": "TextBlock", "wrap": true, "text": line})
		}
	}
	return map[string]any{"type": "message", "attachments": []map[string]any{{
		"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil,
		"content": map[string]any{"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body}}}}
}
