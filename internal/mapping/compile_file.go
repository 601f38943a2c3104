package mapping

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"ponte/internal/desk"
)

// carriesFile says whether one of the rows is an attachment's bytes.
func (c *call) carriesFile() bool {
	return slices.ContainsFunc(c.rows, func(r row) bool { return r.target.place == inFile })
}

// file checks what has to do with attachments: only MOBUSS_ANEXO knows one, and what it sends carries its bytes in
// exactly one part of a multipart body. Its look-up asks about it, and carries nothing.
func (k *checker) file(at string, p desk.Point, c *call, asks bool) {
	parts, carries := 0, p == desk.SendFile && !asks
	for i, r := range c.rows {
		row := rowAt(at, i)
		isPart := r.target.place == inFile
		if isPart {
			parts++
		}
		switch {
		case isPart != (r.Ref == RefFileContent):
			k.bad(row, "arquivo_so_conteudo")
		case isPart && (r.Type != "" || r.Format != ""):
			k.bad(row+".tipo", "nao_se_aplica")
		case p != desk.SendFile && (isPart || strings.HasPrefix(r.Field, "anexo.")):
			k.bad(row, "so_no_envio_de_anexo")
		}
	}
	multipart := c.Body == BodyMultipart
	switch {
	case carries && (parts != 1 || !multipart):
		k.bad(at+".corpo", "anexo_sem_arquivo")
	case !carries && multipart:
		k.bad(at+".corpo", "so_no_envio_de_anexo")
	}
	for name := range c.Header {
		if carries && strings.EqualFold(name, "Content-Type") {
			k.bad(at+".cabecalhos."+name, "cabecalho_reservado") // it names the boundary
		}
	}
}

// hosts are names, not addresses with a path: what is fetched below them is the caller's to say.
func (k *checker) hosts(at string, hosts []string) {
	for i, h := range hosts {
		if !isHost(h) {
			k.bad(fmt.Sprintf("%s[%d]", at, i), "host_invalido")
		}
	}
}

func isHost(s string) bool {
	host := strings.TrimPrefix(s, "*.")
	if h, port, err := net.SplitHostPort(host); err == nil {
		if port == "" || strings.Trim(port, "0123456789") != "" {
			return false
		}
		host = h
	}
	if net.ParseIP(host) != nil {
		return !strings.HasPrefix(s, "*.")
	}
	return host != "" && len(host) <= 253 && strings.ToLower(host) == host && !strings.HasPrefix(host, ".") &&
		strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") == ""
}

// Allows says whether an attachment may be fetched from a host, with the port where it is not the usual one.
func (f Files) Allows(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return slices.ContainsFunc(f.Hosts, func(h string) bool {
		below, wild := strings.CutPrefix(h, "*")
		return h == host || wild && strings.HasSuffix(host, below) && len(host) > len(below)
	})
}
