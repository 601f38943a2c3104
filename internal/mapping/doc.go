// Package mapping turns an occurrence into a call and an answer into a verdict, from configuration alone.
//
// A configuration is one YAML document with Portuguese keys (Config): the desk's catalogue and, per integration
// point, the rows that fill a call, the rules that judge its answer and the look-up that settles an unknown
// outcome. Compile checks all of it when it is saved, so that a wrong field or expression never waits for the
// first customer to be found.
//
// A call comes about in two steps. Freeze runs inside the movement's transaction and fixes every value, method
// and path. Bind runs when the lane is claimed and fills in, by name, the few values that were not known then
// (Refs). Both are pure: the same arguments give the same bytes.
//
// # Sources of a row
//
// Exactly one of: campo, a fact by its name (Fields lists them); fixo, a fixed value; cel, an expression over the
// facts; referencia, one of ordem.id_mobuss, ordem.numero_os and envio.id, known only when the call is bound, and
// anexo.conteudo, the bytes of the attachment that the call is about.
//
// # Targets of a row
//
// destino is a path in a JSON body, `a.b[0].c` or `[0].c` where the body is a list (elements keep their order, and
// those that were left out close up); the name of a field where corpo is form, query or multipart; and, in any call,
// `cabecalho:Name` for a header, `url:name` for the query string and `caminho:name` for the {name} of caminho.
// MOBUSS_ANEXO, which sends an attachment, is multipart, and one of its rows is `arquivo:name`: the part that carries
// the bytes. The facts anexo.* are its alone.
//
// In an XML body (corpo: xml, with its frame in the block xml) destino is a path of elements below the root, with the
// prefixes of xml.espacos: `ns:a.ns:b`, `a.item[1].b` for elements that repeat, `a.@id` for an attribute; and
// `cabecalho_soap:ns:a.b` in the header of an envelope. Elements stand in the order of the rows; a list that an
// expression gives is the element once for each item, a map is elements in the order of their names; `se_vazio: nulo`
// is xsi:nil. Values are escaped: none of them can become markup.
//
// # Expressions
//
// CEL, with has(x) false for an empty text or date, and with these functions beside its own:
//
//	trim, lowerAscii, upperAscii, replace, substring, split, join    s.trim(), s.substring(0, 200)...
//	so_digitos(s)        the digits of a text; of a CPF or CNPJ, itself without punctuation
//	maiusculas(s), sem_acentos(s)
//	ultimo_segmento(s)   the last piece of a URL's path, without its query: the id at the end of a Location
//	lista(x)             the list of what may be there once, often or not at all: lista(corpo.?itens.?item)
//	texto_de(x)          the text of x, "" where there is none: of an XML element with attributes or without, of a number
//
// Rules over an answer see:
//
//	http        the status, a whole number
//	corpo       the body, read as resposta says; null where it is empty or was not read. corpo.?a.orValue("") is tolerant
//	raiz        of XML, the local name of the element that corpo is the content of
//	falha       null, or a Fault of SOAP: falha.codigo, falha.subcodigo (without prefixes), falha.mensagem, falha.detalhe
//	texto       the body as text
//	cabecalhos  the headers by lower-case name, cabecalhos["retry-after"]
//	chave       in look-ups only, what is looked for: chave.ocorrencia.numero_legado, chave.ordem.id_mobuss,
//	            chave.ordem.numero_os, chave.envio.id
//
// XML is read by local names, out of its SOAP envelope: an element with elements or attributes is a map, corpo.a.b and
// corpo.a["@id"], its own text beside them corpo.a["#texto"]; one without is its text; one that comes several times is
// a list; one with xsi:nil is null. All values are texts. Whether an element has come once or often is not known
// beforehand: lista and texto_de take both.
//
// A Fault that a rule does not speak of (by falha) is neither a success nor an answer of a look-up to it.
//
// An expression is stopped by its cost. One that fails while judging makes the answer unreadable, never a success.
//
// The package does no I/O and reads no clock, but for a deadline that stops a runaway expression.
package mapping
