<?php
// PHP's SoapClient by the WSDL, as an integrator writes it: client.php URL TOKEN FILE ID VERSION(1|2).
// Authentication is HTTP Basic, the token as its password. Each line printed is what one step saw.
declare(strict_types=1);

[, $url, $token, $file, $id, $version] = $argv;

function client(string $url, string $token, string $version): SoapClient
{
    return new SoapClient("$url/ws/soap?wsdl", [
        'soap_version' => $version === '2' ? SOAP_1_2 : SOAP_1_1,
        'login' => 'mobuss',
        'password' => $token,
        'cache_wsdl' => WSDL_CACHE_NONE,
        'exceptions' => true,
    ]);
}

function saw(string $step, array $what): void
{
    echo json_encode(['step' => $step] + $what, JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR), "\n";
}

// fault is what a caller can read of a refusal.
function fault(string $step, callable $call): void
{
    try {
        $call();
        saw($step, ['code' => 'none: it was accepted']);
    } catch (SoapFault $f) {
        $e = $f->detail->Erro;
        $fields = isset($e->campos) ? $e->campos->campo : []; // one alone is no list
        saw($step, ['fault' => $f->faultcode, 'text' => $f->getMessage(), 'code' => $e->codigo, 'message' => $e->mensagem,
            'fields' => array_column(is_array($fields) ? $fields : [$fields], 'campo'), 'receipt' => $e->recebimento ?? '']);
    }
}

$ponte = client($url, $token, $version);
$opening = [
    'id_externo' => "$id-1",
    'cod_projeto' => 7, // a number, as whoever has it as one
    'cod_empreendimento' => 'PDA',
    'bloqueio_incluir_cliente' => true,
    'assunto' => 'Infiltração no teto – suíte',
    'descricao' => "Infiltração no teto – suíte: água & luz <apagada>.\nSegunda linha, com “aspas” e 50% de 3 m².",
    'emergencia' => 'F',
];
$number = $ponte->IncluirOcorrencia($opening)->numero_ocorrencia;
saw('open', ['number' => $number]);
saw('again', ['number' => $ponte->IncluirOcorrencia($opening)->numero_ocorrencia]);
$to = ['numero_ocorrencia' => $number];
saw('comment', ['number' => $ponte->IncluirComentario($to + ['id_externo' => "$id-2", 'comentario' => 'Rejunte refeito – aguardar 48 h “de cura”.', 'autor' => 'Técnico João'])->numero_ocorrencia]);
saw('visit', ['number' => $ponte->InformarVistoria($to + ['inicio' => '2026-02-03T14:00:00-03:00', 'fim' => '03/02/2026 15:00', 'tecnico' => 'Técnico João', 'situacao' => 'realizada'])->numero_ocorrencia]);
saw('attach', ['number' => $ponte->IncluirAnexo($to + ['nome' => 'teto-da-suíte.png', 'tipo_conteudo' => 'image/png', 'conteudo' => file_get_contents($file)])->numero_ocorrencia]);
saw('move', ['number' => $ponte->MovimentarOcorrencia($to + ['cod_status' => 60, 'comentario' => 'Reparo executado na suíte.'])->numero_ocorrencia]);
saw('close', ['number' => $ponte->EncerrarOcorrencia($to + ['solucao' => 'Vedação refeita.', 'procedente' => true])->numero_ocorrencia]);
saw('show', ['shown' => $ponte->ConsultarOcorrencia($to)]);
saw('find', ['shown' => $ponte->ConsultarOcorrencia(['id_externo' => "$id-1"])]);
fault('unknown unit', fn () => $ponte->IncluirOcorrencia(['id_externo' => "$id-3", 'cod_projeto' => '9999'] + $opening));
fault('bad fields', fn () => $ponte->InformarVistoria($to + ['inicio' => 'depois de amanhã', 'situacao' => 'marcada']));
fault('no token', fn () => client($url, 'not-a-token', $version)->ConsultarOcorrencia($to));
