package sheet

import (
	"fmt"
	"strings"
)

// Example is a call that can be copied.
type Example struct {
	// ID is for links: "curl", "curl-form", "php-soap", "php-curl", "java-rest", "java-soap".
	ID, Title, Note string
	// File is what the code is saved as, where it is.
	File, Code string
}

// Examples are the operation's calls. Each stands alone and works as it is, once the token and the number are one's own.
func (s *Sheet) Examples(op *Operation) []Example {
	all := op.examples()
	file := op.fileName()
	return []Example{
		{ID: "curl", Title: "curl, JSON", Code: s.Request(op, all).Curl()},
		{ID: "curl-form", Title: "curl, formulário", Code: s.ByName(op, asFile(all, file)).CurlForm()},
		{ID: "php-soap", Title: "PHP, SoapClient", Note: "PHP 5.4 em diante, com a extensão soap.", File: op.Name + "Soap.php", Code: s.phpSOAP(op, all, file)},
		{ID: "php-curl", Title: "PHP, extensão curl", Note: "PHP 5.4 em diante. Salve o arquivo em UTF-8.", File: op.Name + "Rest.php", Code: s.phpCurl(op, all, file)},
		{ID: "java-rest", Title: "Java, REST", Note: "Java 8 em diante, sem bibliotecas. Salve em UTF-8 e compile com javac -encoding UTF-8.", File: op.Name + "Rest.java", Code: s.javaREST(op, all, file)},
		{ID: "java-soap", Title: "Java, SOAP", Note: "Java 8 em diante, sem bibliotecas. Salve em UTF-8 e compile com javac -encoding UTF-8.", File: op.Name + "Soap.java", Code: s.javaSOAP(op, all, file)},
	}
}

var phpEscapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

func quotePHP(s string) string { return "'" + phpEscapes.Replace(s) + "'" }

// phpArray is the members of an array, one a line; bytes says how a file gets there.
func phpArray(values []Value, file, indent, bytes string) string {
	var b strings.Builder
	for _, v := range values {
		text := quotePHP(v.Text)
		switch v.Kind {
		case File:
			text = fmt.Sprintf(bytes, quotePHP(file))
		case Integer:
			text = v.json()
		}
		b.WriteString(indent + quotePHP(v.Name) + " => " + text + ",\n")
	}
	return b.String()
}

func (s *Sheet) phpSOAP(op *Operation, values []Value, file string) string {
	show := "    echo $resposta->numero_ocorrencia, \"\\n\";\n"
	if op.Reads {
		show = "    print_r($resposta);\n"
	}
	note := ""
	for _, v := range values {
		if v.Kind == File {
			note = "        // O SoapClient codifica em base64 por conta própria: não codifique duas vezes.\n"
		}
	}
	return `<?php
$ponte = new SoapClient(` + quotePHP(s.Base+soap+"?wsdl") + `, array(
    'login' => 'mobuss',
    'password' => '` + Token + `', // a senha é o token
    'soap_version' => SOAP_1_1,
));
try {
    $resposta = $ponte->` + op.Name + `(array(
` + note + phpArray(values, file, "        ", "file_get_contents(%s)") + `    ));
` + show + `} catch (SoapFault $f) {
    $erro = isset($f->detail->Erro) ? $f->detail->Erro->codigo : $f->faultcode;
    fwrite(STDERR, $erro . ': ' . $f->getMessage() . "\n");
    exit(1);
}
`
}

func (s *Sheet) phpCurl(op *Operation, values []Value, file string) string {
	r := s.ByName(op, values)
	return `<?php
$chamada = curl_init(` + quotePHP(r.URL) + `);
curl_setopt_array($chamada, array(
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_TIMEOUT => 30,
    CURLOPT_HTTPHEADER => array('Authorization: Bearer ` + Token + `'),
    CURLOPT_POSTFIELDS => http_build_query(array(
` + phpArray(r.Body, file, "        ", "base64_encode(file_get_contents(%s))") + `    )),
));
$corpo = curl_exec($chamada);
if ($corpo === false) {
    // Falha de rede: envie de novo com o mesmo id_externo.
    fwrite(STDERR, curl_error($chamada) . "\n");
    exit(1);
}
$http = curl_getinfo($chamada, CURLINFO_HTTP_CODE);
echo $http, "\n", $corpo, "\n";
exit($http < 300 ? 0 : 1);
`
}

var javaEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`)

func quoteJava(s string) string { return `"` + javaEscapes.Replace(s) + `"` }

// javaFile is how a file's bytes get into a call.
func javaFile(file string) string {
	return "Base64.getEncoder().encodeToString(Files.readAllBytes(Paths.get(" + quoteJava(file) + ")))"
}

const javaImports = `import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Base64;
`

// javaSend is the part of both programs that talks: what stands in corpo is sent, and the answer printed.
func javaSend(address, kind string) string {
	return `        HttpURLConnection http = (HttpURLConnection) new URL(` + quoteJava(address) + `).openConnection();
        http.setRequestMethod("POST");
        http.setConnectTimeout(10000);
        http.setReadTimeout(30000);
        http.setDoOutput(true);
        http.setRequestProperty("Authorization", "Bearer ` + Token + `");
        http.setRequestProperty("Content-Type", ` + quoteJava(kind) + `);
        try (OutputStream saida = http.getOutputStream()) {
            saida.write(corpo.toString().getBytes("UTF-8"));
        }
        int status = http.getResponseCode();
        ByteArrayOutputStream resposta = new ByteArrayOutputStream();
        try (InputStream entrada = status < 400 ? http.getInputStream() : http.getErrorStream()) {
            byte[] parte = new byte[8192];
            for (int n; (n = entrada.read(parte)) >= 0; ) {
                resposta.write(parte, 0, n);
            }
        }
        System.out.println(status);
        System.out.println(resposta.toString("UTF-8"));
        System.exit(status < 300 ? 0 : 1);
    }
`
}

func (s *Sheet) javaREST(op *Operation, values []Value, file string) string {
	r := s.ByName(op, values)
	var fields strings.Builder
	for _, v := range r.Body {
		text := quoteJava(v.Text)
		if v.Kind == File {
			text = javaFile(file)
		}
		fields.WriteString("            {" + quoteJava(v.Name) + ", " + text + "},\n")
	}
	return javaImports + `import java.net.URLEncoder;

public class ` + op.Name + `Rest {
    public static void main(String[] args) throws Exception {
        String[][] campos = {
` + fields.String() + `        };
        StringBuilder corpo = new StringBuilder();
        for (String[] campo : campos) {
            if (corpo.length() > 0) {
                corpo.append('&');
            }
            corpo.append(campo[0]).append('=').append(URLEncoder.encode(campo[1], "UTF-8"));
        }
` + javaSend(r.URL, "application/x-www-form-urlencoded; charset=UTF-8") + "}\n"
}

func (s *Sheet) javaSOAP(op *Operation, values []Value, file string) string {
	var fields strings.Builder
	for _, v := range values {
		text := quoteJava(v.Text)
		if v.Kind == File {
			text = javaFile(file)
		}
		fields.WriteString("        elemento(corpo, " + quoteJava(v.Name) + ", " + text + ");\n")
	}
	return javaImports + `
public class ` + op.Name + `Soap {
    static void elemento(StringBuilder corpo, String nome, String texto) {
        corpo.append('<').append(nome).append('>')
            .append(texto.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
            .append("</").append(nome).append('>');
    }

    public static void main(String[] args) throws Exception {
        StringBuilder corpo = new StringBuilder();
        corpo.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
            .append("<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Body>")
            .append("<` + op.Name + ` xmlns=\"` + Namespace + `\">");
` + fields.String() + `        corpo.append("</` + op.Name + `></soapenv:Body></soapenv:Envelope>");
` + javaSend(s.Base+soap, "text/xml; charset=UTF-8") + "}\n"
}
