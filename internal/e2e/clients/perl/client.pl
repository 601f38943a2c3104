# SOAP::Lite by the WSDL, as an integrator writes it: client.pl URL TOKEN FILE ID.
# Authentication is HTTP Basic, which LWP sends only after it was asked for it. Each line printed is what one step saw.
use strict;
use warnings;
use utf8;
use JSON::PP;
use SOAP::Lite;

my ($url, $token, $file, $id) = @ARGV;
binmode STDOUT, ':raw';
my $json = JSON::PP->new->utf8->canonical->allow_nonref;

sub SOAP::Transport::HTTP::Client::get_basic_credentials { return ('mobuss', $token) }

sub saw { my ($step, %what) = @_; print $json->encode({ step => $step, %what }), "\n" }

my $fault; # of the last call, where it met one
sub client {
    return SOAP::Lite->service("$url/ws/soap?wsdl")->on_fault(sub {
        my ($soap, $res) = @_;
        die $soap->transport->status, "\n" unless ref $res;
        $fault = $res;
        return SOAP::SOM->new;
    });
}
my $ponte = client();

# accepted makes a call that must not meet a fault.
sub accepted {
    my ($operation, @positional) = @_;
    undef $fault;
    my $number = $ponte->$operation(@positional);
    die "$operation: ", $fault->faultcode, ": ", $fault->faultstring, "\n" if $fault;
    return $number + 0;
}

# refused is what a caller can read of a refusal.
sub refused {
    my ($step, $ponte, $operation, @positional) = @_;
    undef $fault;
    $ponte->$operation(@positional);
    return saw($step, code => 'none: it was accepted') unless $fault;
    my $e = $fault->faultdetail->{Erro};
    my $fields = $e->{campos} ? $e->{campos}{campo} : [];    # one alone is no list
    $fields = [$fields] unless ref $fields eq 'ARRAY';
    saw($step, fault => $fault->faultcode, text => $fault->faultstring, code => $e->{codigo}, message => $e->{mensagem},
        fields => [map { $_->{campo} } @$fields], receipt => $e->{recebimento} // '');
}

# Parameters go by their position in the WSDL; what isn't given is undef.
sub opening {
    my ($external, $unit) = @_;
    return ($external, undef, undef, $unit, 'PDA', undef, (undef) x 4, (undef) x 4, 'F', 'T',
        "Infiltração no teto – suíte: água & luz <apagada>.\nSegunda linha, com “aspas” e 50% de 3 m².", 'Infiltração no teto – suíte');
}

my $number = accepted(IncluirOcorrencia => opening("$id-1", 7));
saw('open', number => $number);
saw('again', number => accepted(IncluirOcorrencia => opening("$id-1", 7)));
saw('comment', number => accepted(IncluirComentario => $number, "$id-2", 'Rejunte refeito – aguardar 48 h “de cura”.', 'Técnico João'));
saw('visit', number => accepted(InformarVistoria => $number, undef, '2026-02-03T14:00:00-03:00', '03/02/2026 15:00', 'Técnico João', 'realizada'));
open my $photo, '<:raw', $file or die "$file: $!\n";
my $bytes = do { local $/; <$photo> };
saw('attach', number => accepted(IncluirAnexo => $number, undef, 'teto-da-suíte.png', 'image/png', $bytes));
saw('move', number => accepted(MovimentarOcorrencia => $number, undef, 60, 'Reparo executado na suíte.'));
saw('close', number => accepted(EncerrarOcorrencia => $number, undef, 'Vedação refeita.', 'T'));

# shown gathers ConsultarOcorrencia's answer; an element that comes more than once is reached by its path.
sub shown {
    my ($som) = @_;
    my %o = %{ $som->valueof('//ConsultarOcorrenciaResponse') };
    $o{$_} = [$som->valueof("//ConsultarOcorrenciaResponse/$_")] for qw(movimentacoes vistorias anexos envios);
    return \%o;
}
$ponte->want_som(1);
saw('show', shown => shown($ponte->ConsultarOcorrencia($number)));
$ponte->want_som(0);

# The same without the WSDL: parameters by name, in no namespace, and typed as SOAP::Lite likes to.
my $bare = SOAP::Lite->proxy("$url/ws/soap")->ns('urn:ponte:webservice:v1');
saw('find', shown => shown($bare->call(ConsultarOcorrencia => SOAP::Data->name(id_externo => "$id-1"))));

refused('unknown unit', $ponte, IncluirOcorrencia => opening("$id-3", '9999'));
refused('bad fields', $ponte, InformarVistoria => $number, undef, 'depois de amanhã', undef, undef, 'marcada');
$token = 'not-a-token'; # LWP remembers the good one per client
refused('no token', client(), ConsultarOcorrencia => $number);
