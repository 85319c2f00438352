# SPDX-License-Identifier: Apache-2.0
#
# SSLClientHelloVars: what the SSL_CLIENTHELLO_ variables show is held against the hello as the client
# printed it, taken apart here: whole, cut into records on its way, with TLS 1.2 and 1.3, and when the
# server asks for a second hello.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use IO::Select ();
use IO::Socket::INET ();
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Raw qw(fragments);
use TLSplus::Server;
use TLSplus::Variables qw(cgi_program environment_of log_format log_lines);

needs_tlsplus();
my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['on.test', 'off.test', 'again.test']);
my @NAMES = map { "SSL_CLIENTHELLO_$_" } qw(VERSION CIPHERS EXTENSIONS GROUPS EC_FORMATS SIG_ALGOS ALPN VERSIONS);

my $server = TLSplus::Server->start(certs => $certs, modules => ['cgi', 'log_config', 'http2'], conf => join '', log_format('x', @NAMES), <<'CONF');
Protocols h2 http/1.1
ScriptAlias /cgi/ @ROOT@/cgi/
<Location "/cgi/std">
  SSLOptions +StdEnvVars
</Location>
SSLCertificateFile    @CERTS@/a.crt
SSLCertificateKeyFile @CERTS@/a.key
<VirtualHost *:@PORT@>
  ServerName on.test
  SSLEngine on
  SSLClientHelloVars on
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName off.test
  SSLEngine on
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName again.test
  SSLEngine on
  SSLClientHelloVars on
  SSLOpenSSLConfCmd Groups P-384
</VirtualHost>
CONF
$server->cgi($_, cgi_program()) for qw(std none);

# cut => bytes of the hello in each record; undef leaves it as it is
my @CASES = (
    ['TLS 1.3',              'on.test',    tls => 'TLSv1.3'],
    ['TLS 1.3 with ALPN',    'on.test',    tls => 'TLSv1.3', alpn => 'http/1.1,nonsense'],
    ['TLS 1.2',              'on.test',    tls => 'TLSv1.2', alpn => 'http/1.1'],
    ['TLS 1.2 and 1.3',      'on.test',    min => 'TLSv1.2', max => 'TLSv1.3'],
    ['one group',            'on.test',    groups => 'P-256', sigalgs => 'ECDSA+SHA256:RSA+SHA256'],
    ['a second hello',       'again.test', tls => 'TLSv1.3', groups => 'X25519:P-384'],
    ['in records of 40',     'on.test',    tls => 'TLSv1.3', cut => 40],
    ['TLS 1.2, records of 40', 'on.test',  tls => 'TLSv1.2', cut => 40, alpn => 'http/1.1'],
    ['in records of 2',      'on.test',    tls => 'TLSv1.3', cut => 2, alpn => 'http/1.1'],
    ['a second hello, first in records of 40', 'again.test', tls => 'TLSv1.3', groups => 'X25519:P-384', cut => 40],
);

for my $case (@CASES) {
    my ($what, $host, %client) = @$case;
    my $answer = ask($host, 'std', %client);
    my $found  = environment_of($answer);
    my $wanted = parts($answer->output);
    my %shown  = map { $_ => $found->{$_} } grep { exists $found->{$_} } @NAMES;
    is_deeply \%shown, $wanted, "$what: as the client printed it" or diag explain { shown => \%shown, wanted => $wanted };
    is $found->{SSL_TLS_SNI}, $host, "$what: by the host that was named";
    cmp_ok length($shown{SSL_CLIENTHELLO_EXTENSIONS} // ''), '>', 20, "$what: a whole list of extensions";
}

is_deeply [grep { /CLIENTHELLO/ } keys %{ environment_of(ask('off.test', 'std')) }], [], 'off: none of them';
is_deeply [grep { /CLIENTHELLO/ } keys %{ environment_of(ask('on.test', 'none')) }], [], 'without StdEnvVars: not in the environment';

my $logged = log_lines($server, 'x', '/', name => 'on.test', tls => '1.3');
like $logged->{SSL_CLIENTHELLO_VERSION},  qr/^0303$/,             'in a log: version';
like $logged->{SSL_CLIENTHELLO_VERSIONS}, qr/^0304/,              'in a log: versions';
like $logged->{SSL_CLIENTHELLO_ALPN},     qr/^08687474702f312e31$/, 'in a log: ALPN';
$logged = log_lines($server, 'x', '/', name => 'on.test', http => '2');
like $logged->{SSL_CLIENTHELLO_ALPN}, qr/^026832/, 'on a stream of HTTP/2';
$logged = log_lines($server, 'x', '/', name => 'off.test');
is_deeply $logged, { map { $_ => '-' } @NAMES }, 'off: all empty';

ok $server->stop, 'stops cleanly';
done_testing;

sub ask ($host, $program, %client) {
    my $cut   = delete $client{cut};
    my $relay = defined $cut ? relay($cut) : undef;
    my $answer = $server->handshake(name => $host, msg => 1, request => "GET /cgi/$program HTTP/1.0\r\nHost: $host\r\n\r\n",
        ($relay ? (port => $relay->{port}) : ()), %client);
    if ($relay) {
        kill TERM => $relay->{pid};
        waitpid $relay->{pid}, 0;
    }
    return $answer;
}

# The parts of the first ClientHello that s_client -msg printed.
sub parts ($printed) {
    my ($digits) = $printed =~ /^>>> [^\n]*ClientHello\n((?:    [0-9a-f ]+\n)+)/m or return {};
    my $rest = substr pack('H*', $digits =~ s/\s//gr), 4;
    my $take = sub ($size) { substr $rest, 0, $size, '' };
    my $list = sub ($width) { $take->($width == 1 ? unpack 'C', $take->(1) : unpack 'n', $take->(2)) };
    my %part = (VERSION => $take->(2));
    $take->(32);
    $list->(1);
    $part{CIPHERS} = $list->(2);
    $list->(1);
    $rest = $list->(2);
    my %names = (10 => ['GROUPS', 2], 11 => ['EC_FORMATS', 1], 13 => ['SIG_ALGOS', 2], 16 => ['ALPN', 2], 43 => ['VERSIONS', 1]);
    while (length $rest) {
        my $type = unpack 'n', $take->(2);
        my $body = $list->(2);
        $part{EXTENSIONS} .= pack 'n', $type;
        my ($name, $width) = @{ $names{$type} // next };
        $part{$name} = substr $body, $width;
    }
    return { map { ("SSL_CLIENTHELLO_$_" => unpack 'H*', $part{$_}) } keys %part };
}

# A relay to the server that cuts the client's first record into smaller ones.
sub relay ($cut) {
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1, Proto => 'tcp') or die "listen: $!\n";
    my $pid = fork // die "fork: $!\n";
    return { pid => $pid, port => $listener->sockport } if $pid;
    $SIG{TERM} = 'DEFAULT';
    my $client = $listener->accept;
    my $host   = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $server->port, Proto => 'tcp') or POSIX::_exit(1);
    my $head   = exactly($client, 5);
    my $record = exactly($client, unpack 'x3 n', $head);
    syswrite $host, fragments($record, $cut);
    my $both = IO::Select->new($client, $host);
    while (1) {
        for my $from ($both->can_read) {
            sysread($from, my $bytes, 65_536) or POSIX::_exit(0);
            syswrite $from == $client ? $host : $client, $bytes;
        }
    }
}

sub exactly ($from, $size) {
    my $bytes = '';
    while (length $bytes < $size) { sysread($from, $bytes, $size - length $bytes, length $bytes) or POSIX::_exit(0) }
    return $bytes;
}
