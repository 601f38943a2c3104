package sheet

import "strings"

// quoteSh makes one word of the shell.
func quoteSh(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// Curl is the call with its body as JSON, for any shell of Unix.
func (r Request) Curl() string {
	lines := r.head()
	if len(r.Body) > 0 || r.Method != "GET" {
		lines = append(lines, "-H 'Content-Type: application/json'", "-d "+quoteSh(r.JSON()))
	}
	return strings.Join(lines, " \\\n  ")
}

// CurlForm is the call with its body as a form; a file goes as a part of a multipart one, by its name.
func (r Request) CurlForm() string {
	lines := r.head()
	file := false
	for _, v := range r.Body {
		file = file || v.Kind == File
	}
	for _, v := range r.Body {
		switch {
		case v.Kind == File:
			// curl reads quoted names as they are; unquoted, a comma or semicolon would end one.
			lines = append(lines, "-F "+quoteSh(v.Name+`=@"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v.Text)+`"`))
		case file:
			lines = append(lines, "--form-string "+quoteSh(v.Name+"="+v.Text))
		default:
			lines = append(lines, "--data-urlencode "+quoteSh(v.Name+"="+v.Text))
		}
	}
	return strings.Join(lines, " \\\n  ")
}

func (r Request) head() []string {
	first := "curl -sS -i "
	if r.Method != "GET" {
		first += "-X " + r.Method + " "
	}
	return []string{first + quoteSh(r.URL), "-H 'Authorization: Bearer " + Token + "'"}
}

// asFile names files in place of what is in them.
func asFile(values []Value, name string) []Value {
	out := make([]Value, len(values))
	for i, v := range values {
		if v.Kind == File {
			v.Text = name
		}
		out[i] = v
	}
	return out
}
