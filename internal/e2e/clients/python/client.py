"""zeep by the WSDL, as an integrator writes it: client.py URL TOKEN FILE ID.

Authentication is a WS-Security UsernameToken. Each line printed is what one step saw.
"""
import datetime
import json
import sys

import zeep
from zeep.wsse.username import UsernameToken

url, token, file, ident = sys.argv[1:]
BRASILIA = datetime.timezone(datetime.timedelta(hours=-3))


def client(password):
    return zeep.Client(url + "/ws/soap?wsdl", wsse=UsernameToken("mobuss", password)).service


def saw(step, **what):
    plain = lambda v: v.isoformat() if isinstance(v, datetime.datetime) else str(v)
    print(json.dumps({"step": step, **what}, default=plain, ensure_ascii=False))


def fault(step, call):
    """What a caller can read of a refusal."""
    try:
        call()
        saw(step, code="none: it was accepted")
    except zeep.exceptions.Fault as f:
        q = "{urn:ponte:webservice:v1}"
        e = f.detail.find(q + "Erro")
        saw(step, fault=f.code, text=f.message, code=e.findtext(q + "codigo"), message=e.findtext(q + "mensagem"),
            fields=[c.findtext(q + "campo") for c in e.findall(f"{q}campos/{q}campo")], receipt=e.findtext(q + "recebimento") or "")


ponte = client(token)
opening = dict(
    id_externo=ident + "-1",
    cod_projeto="7",
    cod_empreendimento="PDA",
    bloqueio_incluir_cliente=True,
    assunto="Infiltração no teto – suíte",
    descricao="Infiltração no teto – suíte: água & luz <apagada>.\nSegunda linha, com “aspas” e 50% de 3 m².",
    emergencia=False,
)
number = ponte.IncluirOcorrencia(**opening)  # one element is unwrapped
saw("open", number=number)
saw("again", number=ponte.IncluirOcorrencia(**opening))
saw("comment", number=ponte.IncluirComentario(number, ident + "-2", "Rejunte refeito – aguardar 48 h “de cura”.", "Técnico João"))  # by position
saw("visit", number=ponte.InformarVistoria(
    numero_ocorrencia=number, inicio=datetime.datetime(2026, 2, 3, 14, tzinfo=BRASILIA), fim=datetime.datetime(2026, 2, 3, 15),
    tecnico="Técnico João", situacao="realizada"))
with open(file, "rb") as f:
    saw("attach", number=ponte.IncluirAnexo(numero_ocorrencia=number, nome="teto-da-suíte.png", tipo_conteudo="image/png", conteudo=f.read()))
saw("move", number=ponte.MovimentarOcorrencia(numero_ocorrencia=number, cod_status=60, comentario="Reparo executado na suíte."))
saw("close", number=ponte.EncerrarOcorrencia(numero_ocorrencia=number, solucao="Vedação refeita.", procedente=True))
saw("show", shown=zeep.helpers.serialize_object(ponte.ConsultarOcorrencia(numero_ocorrencia=number), dict))
saw("find", shown=zeep.helpers.serialize_object(ponte.ConsultarOcorrencia(id_externo=ident + "-1"), dict))
fault("unknown unit", lambda: ponte.IncluirOcorrencia(**{**opening, "id_externo": ident + "-3", "cod_projeto": "9999"}))
fault("bad fields", lambda: ponte.InformarVistoria(numero_ocorrencia=number, inicio="depois de amanhã", situacao="marcada"))
fault("no token", lambda: client("not-a-token").ConsultarOcorrencia(numero_ocorrencia=number))
