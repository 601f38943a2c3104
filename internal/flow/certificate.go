package flow

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// CertificateFacts are what a certificate says of itself.
type CertificateFacts struct {
	Subject, Issuer     string
	NotBefore, NotAfter time.Time
}

// certificateFacts reads the first certificate of a PEM text; nil where there is none.
func certificateFacts(text string) *CertificateFacts {
	c := firstCertificate(text)
	if c == nil {
		return nil
	}
	name := func(common, whole string) string {
		if common != "" {
			return common
		}
		return whole
	}
	return &CertificateFacts{name(c.Subject.CommonName, c.Subject.String()), name(c.Issuer.CommonName, c.Issuer.String()), c.NotBefore, c.NotAfter}
}

func firstCertificate(text string) *x509.Certificate {
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil
		}
		return c
	}
}

// checkCertificates says what is wrong with the certificates among an environment's credentials. The key is compared
// with its certificate once both are there. What has run out is refused: no server would take it.
func checkCertificates(secrets map[string]string, now time.Time) error {
	e := desk.Fail(desk.ErrParameter)
	bad := func(name, code string) { e.Fields = append(e.Fields, desk.FieldError{Field: name, Code: code}) }
	certificate, key, authority := secrets[mapping.SecretCertificate], secrets[mapping.SecretKey], secrets[mapping.SecretAuthority]
	for name, text := range map[string]string{mapping.SecretCertificate: certificate, mapping.SecretAuthority: authority} {
		if text == "" {
			continue
		}
		if c := firstCertificate(text); c == nil {
			bad(name, "certificado_ilegivel")
		} else if now.After(c.NotAfter) {
			e.Fields = append(e.Fields, desk.BadField(name, "certificado_vencido", "data", c.NotAfter.Format(time.DateOnly)).Fields...)
		}
	}
	switch {
	case key != "" && !hasKey(key):
		bad(mapping.SecretKey, "chave_ilegivel")
	case key != "" && certificate != "" && len(e.Fields) == 0:
		if _, err := tls.X509KeyPair([]byte(certificate), []byte(key)); err != nil {
			bad(mapping.SecretKey, "chave_de_outro_certificado")
		}
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// hasKey says whether a PEM text has a private key that is not itself locked by a password.
func hasKey(text string) bool {
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return false
		}
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") || block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
			continue
		}
		if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			return true
		}
		if _, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
			return true
		}
		if _, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			return true
		}
	}
}
