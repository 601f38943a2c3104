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
// # Expressions
//
// CEL, with has(x) false for an empty text or date, and with the functions lowerAscii, upperAscii, trim, replace,
// substring, split, join and so_digitos. Rules over an answer see:
//
//	http        the status, a whole number
//	corpo       the body read as JSON; null where it is empty or was not JSON. corpo.?a.orValue("") is tolerant
//	texto       the body as text
//	cabecalhos  the headers by lower-case name, cabecalhos["retry-after"]
//	chave       in look-ups only, what is looked for: chave.ocorrencia.numero_legado, chave.ordem.id_mobuss,
//	            chave.ordem.numero_os, chave.envio.id
//
// An expression is stopped by its cost. One that fails while judging makes the answer unreadable, never a success.
//
// The package does no I/O and reads no clock, but for a deadline that stops a runaway expression.
package mapping
