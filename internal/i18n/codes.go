package i18n

import (
	"fmt"
	"strings"
	"time"

	"ponte/internal/desk"
)

// Error says what an error means for the person who met it, and what to do. Anything that is no *desk.Error has
// no words here: the door shows its generic text.
func (l *Localizer) Error(e *desk.Error) string {
	id := "error." + e.Code
	if why := id + "_" + e.Reason(); e.Reason() != "" && l.Has(why) { // the cause has a sentence of its own
		id = why
	}
	if !l.Has(id) {
		return l.T("error.unknown", "code", e.Code)
	}
	args := l.words(e.Args)
	if e.RetryAfter > 0 {
		args["seconds"] = int((e.RetryAfter + time.Second - 1) / time.Second)
	}
	if e.Reason() != "" {
		args["cause"] = l.cause(e.Reason(), args)
	}
	return l.fill(id, args, nil)
}

// Field says what is wrong with a field. The value is not part of it.
func (l *Localizer) Field(f desk.FieldError) string {
	id := "field." + f.Code
	if !l.Has(id) {
		return l.T("field.unknown", "code", f.Code)
	}
	return l.fill(id, l.words(f.Args), nil)
}

// Reason says why a delivery or a movement is as it is, as a whole sentence.
func (l *Localizer) Reason(r desk.Reason) string { return l.ofReason("reason.", r) }

// Advice says what a person can do about a delivery that failed for this reason.
func (l *Localizer) Advice(r desk.Reason) string {
	if !l.Has("advice." + r.Code) {
		return l.T("advice.unknown")
	}
	return l.ofReason("advice.", r)
}

func (l *Localizer) ofReason(prefix string, r desk.Reason) string {
	if !l.Has(prefix + r.Code) {
		return l.T(prefix+"unknown", "code", r.Code)
	}
	args := l.words(r.Args)
	// What a person wrote when skipping is their text, not a code of ours.
	if why, ok := r.Args["motivo"].(string); ok && r.Code != desk.WhyPersonSkipped {
		args["cause"] = l.cause(why, args)
	}
	if code, ok := r.Args["causa"].(string); ok && code != "" {
		args["nested"] = l.Reason(desk.Reason{Code: code})
	}
	return l.fill(prefix+r.Code, args, nil)
}

func (l *Localizer) cause(code string, args map[string]any) string {
	if id := "cause." + code; l.Has(id) {
		return l.fill(id, args, nil)
	}
	return code
}

// valueWords are the arguments whose values are codes with words of their own.
var valueWords = map[string]string{"ambiente": "environment.", "situacao": "state.", "metodo": "method.", "ponto": "point."}

// words makes arguments fit to be read: codes become words, lists are joined, and JSON's numbers are whole again.
func (l *Localizer) words(args map[string]any) map[string]any {
	out := make(map[string]any, len(args)+2)
	for name, v := range args {
		switch v := v.(type) {
		case string:
			out[name] = v
			if id := valueWords[name] + v; valueWords[name] != "" && l.Has(id) {
				out[name] = l.T(id)
			}
		case []string:
			out[name] = strings.Join(v, ", ")
		case []any:
			parts := make([]string, len(v))
			for i, p := range v {
				parts[i] = fmt.Sprint(p)
			}
			out[name] = strings.Join(parts, ", ")
		case float64:
			out[name] = v
			if v == float64(int64(v)) {
				out[name] = int64(v)
			}
		default:
			out[name] = v
		}
	}
	return out
}
