package sandbox

import "strings"

// reader takes fields out of a request and remembers the first one that is wrong.
type reader struct {
	req *request
	err *refusal
}

func (q *request) reader() *reader { return &reader{req: q, err: q.broken} }

// failed is nil only if everything read so far was right.
func (f *reader) failed() error {
	if f.err == nil {
		return nil
	}
	return f.err
}

func (f *reader) fail(r *refusal) {
	if f.err == nil {
		f.err = r
	}
}

// text is a string, number or boolean as text without blanks around it, the first of the names that is not blank.
func (f *reader) text(names ...string) string {
	for _, name := range names {
		s, ok := scalar(f.req.fields[name])
		if !ok {
			f.fail(invalidField(name, "esperava texto"))
			return ""
		}
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return ""
}

// required is text that may not be blank; the first name is the one in the refusal.
func (f *reader) required(names ...string) string {
	s := f.text(names...)
	if s == "" {
		f.fail(invalidField(names[0], "obrigatório"))
	}
	return s
}

// moment is a date, 0 if absent.
func (f *reader) moment(name string) int64 {
	ms, ok := parseMoment(f.text(name))
	if !ok {
		f.fail(invalidField(name, "data inválida; use ISO 8601"))
	}
	return ms
}

// momentOr is a date, or now if absent.
func (f *reader) momentOr(name string, now int64) int64 {
	if ms := f.moment(name); ms != 0 {
		return ms
	}
	return now
}
