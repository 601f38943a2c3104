<?php
// A field service that is not Mobuss, under PHP's own web server and SoapServer:
//
//     PHP_CLI_SERVER_WORKERS=8 MANTEC_DADOS=FILE php -S 127.0.0.1:0 service.php
//
// POST /campo is the service (mantec.wsdl), by HTTP Basic ponte:segredo-da-mantec. It does not deduplicate: two
// calls are two chamados. GET /_controle shows them all, and the calls as they came; PUT /_controle with
// {"operacao": NAME, "falha": KIND, "quantas": N} breaks the next calls of an operation:
//
//     cortar    does it, then the process that did it dies, so that nothing is answered
//     ocupado   does nothing, answers the Fault Server.Ocupado
//     quebrar   does nothing, answers HTTP 500 in HTML
declare(strict_types=1);

ini_set('soap.wsdl_cache_enabled', '0');

// books opens the file of this service's state for one call, exclusively, and keeps what the call made of it.
function books(callable $do): mixed
{
    $f = fopen(getenv('MANTEC_DADOS'), 'c+');
    flock($f, LOCK_EX);
    $state = json_decode(stream_get_contents($f) ?: 'null', true) ?? ['chamados' => [], 'falhas' => [], 'cortadas' => 0, 'chamadas' => []];
    try {
        return $do($state);
    } finally {
        rewind($f);
        ftruncate($f, 0);
        fwrite($f, json_encode($state, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR));
        fflush($f);
        flock($f, LOCK_UN);
        fclose($f);
    }
}

function refuse(string $code, string $text): never
{
    throw new SoapFault('Client', $text, null, ['codigo' => $code]);
}

class Campo
{
    private string $empresa = '';
    private string $cut = '';

    // Contexto is a header: whose order it is.
    public function Contexto(object $c): void
    {
        $this->empresa = $c->empresa;
    }

    // done does an operation in the books, unless a fault was ordered for it.
    private function done(string $operation, callable $do): mixed
    {
        $cut = false;
        $answer = books(function (array &$s) use ($operation, $do, &$cut) {
            foreach ($s['falhas'] as $i => $f) {
                if ($f['operacao'] !== $operation || $f['quantas'] < 1) {
                    continue;
                }
                $s['falhas'][$i]['quantas']--;
                if ($f['falha'] === 'ocupado') {
                    throw new SoapFault('Server.Ocupado', 'Servidor ocupado, tente mais tarde.');
                }
                if ($f['falha'] === 'quebrar') {
                    http_response_code(500);
                    echo '<html><body><h1>Erro interno</h1></body></html>';
                    return null;
                }
                $cut = true;
                $s['cortadas']++;
            }
            return $do($s);
        });
        if ($answer === null) {
            exit;
        }
        if ($cut) {
            posix_kill(getmypid(), SIGKILL);
        }
        return $answer;
    }

    private static function at(array $s, string $protocol): int
    {
        foreach ($s['chamados'] as $i => $c) {
            if ($c['protocolo'] === $protocol) {
                return $i;
            }
        }
        refuse('CHM-404', "Chamado $protocol não existe.");
    }

    public function RegistrarChamado(object $p): array
    {
        return $this->done('RegistrarChamado', function (array &$s) use ($p) {
            $c = $p->chamado;
            if (!preg_match('/^MOB-/', $c->imovel)) {
                refuse('IMV-001', "Imóvel <{$c->imovel}> não está na carteira de {$this->empresa}.");
            }
            $protocol = sprintf('%05d', 70000 + count($s['chamados']) + 1);
            $s['chamados'][] = ['protocolo' => $protocol, 'empresa' => $this->empresa, 'codigoExterno' => $c->codigoExterno,
                'imovel' => $c->imovel, 'morador' => $c->morador->nome, 'documento' => $c->morador->documento ?? '',
                'contatos' => (array) ($c->morador->contato ?? []), 'relato' => $c->relato, 'urgente' => $c->urgente,
                'abertura' => $c->abertura, 'prazo' => $c->prazo, 'situacao' => 'ABERTO', 'parecer' => '', 'lancamentos' => []];
            return ['protocolo' => ['_' => $protocol, 'ano' => 2026]];
        });
    }

    private function enter(string $operation, object $p, string $kind, ?string $text): array
    {
        return $this->done($operation, function (array &$s) use ($p, $kind, $text) {
            $s['chamados'][self::at($s, $p->protocolo)]['lancamentos'][] =
                ['referencia' => $p->referencia, 'especie' => $kind, 'texto' => $text ?? '(sem data)'];
            return [];
        });
    }

    public function AnotarChamado(object $p): array
    {
        return $this->enter('AnotarChamado', $p, 'anotacao', $p->texto);
    }

    public function AgendarVisita(object $p): array
    {
        return $this->enter('AgendarVisita', $p, 'visita', $p->inicio);
    }

    public function FinalizarChamado(object $p): array
    {
        return $this->done('FinalizarChamado', function (array &$s) use ($p) {
            $i = self::at($s, $p->protocolo);
            $s['chamados'][$i]['situacao'] = 'FINALIZADO';
            $s['chamados'][$i]['parecer'] = $p->parecer;
            return [];
        });
    }

    public function LocalizarChamado(object $p): array
    {
        return $this->done('LocalizarChamado', function (array &$s) use ($p) {
            foreach ($s['chamados'] as $c) {
                if ($c['protocolo'] === ($p->protocolo ?? '') || $c['codigoExterno'] === ($p->codigoExterno ?? '')) {
                    return ['protocolo' => ['_' => $c['protocolo'], 'ano' => 2026], 'situacao' => $c['situacao'], 'lancamento' => $c['lancamentos']];
                }
            }
            refuse('CHM-404', 'Nenhum chamado com este código.');
        });
    }
}

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/_controle') {
    header('Content-Type: application/json');
    if ($_SERVER['REQUEST_METHOD'] === 'PUT') {
        $fault = json_decode(file_get_contents('php://input'), true, 8, JSON_THROW_ON_ERROR);
        books(function (array &$s) use ($fault) { $s['falhas'][] = $fault; });
    }
    echo json_encode(books(fn (array &$s) => $s), JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR);
} elseif ($path !== '/campo') {
    http_response_code(404);
} elseif (($_SERVER['PHP_AUTH_USER'] ?? '') !== 'ponte' || ($_SERVER['PHP_AUTH_PW'] ?? '') !== 'segredo-da-mantec') {
    http_response_code(401);
    header('WWW-Authenticate: Basic realm="mantec"');
} else {
    $action = $_SERVER['HTTP_SOAPACTION'] ?? '';
    books(function (array &$s) use ($action) { $s['chamadas'][] = ['acao' => $action, 'tipo' => $_SERVER['CONTENT_TYPE'] ?? '']; });
    $server = new SoapServer(__DIR__ . '/mantec.wsdl', ['cache_wsdl' => WSDL_CACHE_NONE, 'soap_version' => SOAP_1_1]);
    $server->setObject(new Campo());
    $server->handle();
}
