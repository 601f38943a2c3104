package connector

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// keptBody is how much of a body goes into the record; the answer itself is judged whole.
const keptBody = 64 << 10

// Exchange is what came of one Send.
type Exchange struct {
	// Request and Response are the texts for the record: no credentials, the body at most 64 KiB.
	Request  string
	Response string
	// Answer is nil where no status came back. With an ErrCode beside it, its body was cut on the way.
	Answer *mapping.Answer
	// NotSent: not one byte of the request was written, so it may go again without a look-up.
	NotSent bool
	// ErrCode is one of the Reason codes, or empty.
	ErrCode string
	// Detail is the operating system's or net/http's own words, for the operator; it may name addresses.
	Detail string
	// Peer is who answered the handshake; nil where none was had, or the call goes without TLS.
	Peer      *Peer
	StartedAt time.Time
	Duration  time.Duration

	hidden []string // the credentials, in every form in which the other side may echo them
}

// Status is the answer's, or 0.
func (x *Exchange) Status() int {
	if x.Answer == nil {
		return 0
	}
	return x.Answer.Status
}

// Verdict judges the exchange as the point's call: what was not sent is repeated, what was sent and not answered
// is unknown, and an answer is the configuration's to judge.
func (x *Exchange) Verdict(c *mapping.Compiled, p desk.Point) mapping.Verdict {
	switch {
	case x.ErrCode == ReasonFileGone: // waiting brings no bytes back
		return mapping.Verdict{Outcome: mapping.Refused, ReasonCode: x.ErrCode}
	case x.NotSent:
		return mapping.Verdict{Outcome: mapping.Retry, ReasonCode: x.ErrCode}
	case x.Answer == nil:
		return mapping.Verdict{Outcome: mapping.Unknown, ReasonCode: x.ErrCode}
	}
	v := c.Judge(p, x.Answer)
	x.hide(v.ReasonArgs, v.Extracted)
	if x.ErrCode != "" && v.Outcome == mapping.Unknown {
		v.ReasonCode = x.ErrCode // cut or timed out says more than unreadable
	}
	return v
}

// LookVerdict judges the exchange as the point's look-up. Without an answer one looks again.
func (x *Exchange) LookVerdict(c *mapping.Compiled, p desk.Point, keys mapping.Keys) mapping.LookVerdict {
	if x.Answer == nil {
		return mapping.LookVerdict{Outcome: mapping.LookNext, ReasonCode: x.ErrCode}
	}
	v := c.JudgeLookUp(p, x.Answer, keys)
	x.hide(v.ReasonArgs, v.Extracted)
	return v
}

// hide takes echoed credentials out of what is kept of an answer: of a message, also one that was cut in the middle of
// one; of an id, only what can't be a part of it by chance.
func (x *Exchange) hide(args map[string]any, extracted map[string]string) {
	for name, v := range args {
		if text, ok := v.(string); ok {
			args[name] = hideCut(hide(text, x.hidden), x.hidden)
		}
	}
	long := slices.DeleteFunc(slices.Clone(x.hidden), func(s string) bool { return len(s) < longSecret })
	for name, text := range extracted {
		extracted[name] = hide(text, long)
	}
}

// requestText writes the request as it goes over the wire, but for the credentials.
func requestText(u *url.URL, req *mapping.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\nHost: %s\n", req.Method, u.RequestURI(), u.Host)
	for _, name := range slices.Sorted(maps.Keys(req.Header)) {
		fmt.Fprintf(&b, "%s: %s\n", name, req.Header[name])
	}
	if req.ContentType != "" {
		fmt.Fprintf(&b, "Content-Type: %s\n", req.ContentType)
	}
	b.WriteByte('\n')
	b.WriteString(kept(req.Body))
	if f := req.File; f != nil { // its bytes are not for the record
		fmt.Fprintf(&b, "[%d bytes, sha256 %s]%s", f.Size, f.SHA256, f.Tail)
	}
	return b.String()
}

// Ours says whether it failed on our own side: the field's tool was not asked, and nothing is learnt about it.
func (x *Exchange) Ours() bool {
	return x.ErrCode == ReasonFileGone || x.ErrCode == ReasonFileBroken && x.NotSent
}

// secretHeaders of an answer are kept out of the record.
var secretHeaders = []string{"set-cookie", "authorization"}

func responseText(resp *http.Response, a *mapping.Answer, secrets []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", resp.Proto, resp.Status)
	for _, name := range slices.Sorted(maps.Keys(a.Header)) {
		if !slices.Contains(secretHeaders, name) {
			fmt.Fprintf(&b, "%s: %s\n", http.CanonicalHeaderKey(name), a.Header[name])
		}
	}
	b.WriteByte('\n')
	b.WriteString(keptHidden(string(a.Body), secrets))
	if a.Truncated {
		b.WriteString("\n[...]")
	}
	return hide(strings.ToValidUTF8(b.String(), "\ufffd"), secrets)
}

// keptHidden hides before it cuts: a credential must not lie across the cut.
func keptHidden(body string, secrets []string) string {
	longest := 0
	if len(secrets) > 0 {
		longest = len(secrets[0])
	}
	if len(body) > keptBody+longest {
		return kept(hide(body[:keptBody+longest], secrets) + strings.Repeat(" ", longest))
	}
	return kept(hide(body, secrets))
}

func kept(body string) string {
	if len(body) <= keptBody {
		return body
	}
	return strings.ToValidUTF8(body[:keptBody], "") + "\n[...]"
}
