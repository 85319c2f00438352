# SPDX-License-Identifier: Apache-2.0
#
# The SSL_PROXY_ variables: what is known of the connection over which a request was passed on, in headers of the
# answer and in the log, for new, pooled and resumed connections, and nothing where there was none.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Backend;
use TLSplus::Behind;
use TLSplus::Certs;
use TLSplus::Env qw(mpm needs_tlsplus);
use TLSplus::Host;
use TLSplus::Plain;
use TLSplus::Process qw(slurp);
use TLSplus::Server;

needs_tlsplus;

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->leaf('good',  san => ['localhost'], cn => 'good');
$certs->leaf('other', san => ['other.test'], cn => 'other');
my $behind = TLSplus::Behind->start($certs, (map { ("tls$_" => [pair('good'), "  SSLProtocol TLSv1.$_"]) } 2, 3), other => [pair('other')]);
my %port  = map { $_ => $behind->port($_) } qw(tls2 tls3 other);
my $plain = TLSplus::Backend->start(sub ($stream) {
    while (TLSplus::Backend::take_request($stream)) { TLSplus::Backend::answer($stream, 'here') }
});

# Each process has its own sessions.
my $one    = mpm() eq 'prefork' ? "StartServers 1\nMinSpareServers 1\nMaxSpareServers 1\nMaxRequestWorkers 1\n" : "ServerLimit 1\nThreadsPerChild 4\nMaxRequestWorkers 4\n";
my @names  = qw(PROTOCOL CIPHER GROUP SESSION_RESUMED SNI VERIFY S_DN I_DN V_END);
my $server = TLSplus::Server->start(certs => $certs, modules => [qw(proxy proxy_http headers)], conf => <<"CONF");
Listen 127.0.0.1:\@PLAIN\@
$one
SSLProxyEngine on
SSLProxyVerify require
SSLProxyCACertificateFile \@CERTS\@/ca.crt
LogFormat "%U %{SSL_PROXY_PROTOCOL}x %{ssl_proxy_session_resumed}x" passed
CustomLog logs/passed.log passed
@{[ map { "Header always set X-Proxy-$_ \"%{SSL_PROXY_$_}s\"\n" } @names ]}
ProxyPass /fresh2/  https://localhost:$port{tls2}/ disablereuse=on
ProxyPass /fresh3/  https://localhost:$port{tls3}/ disablereuse=on
ProxyPass /pooled/  https://localhost:$port{tls3}/pooled/
ProxyPass /address/ https://127.0.0.1:$port{tls3}/
ProxyPass /lax/     https://localhost:$port{other}/
ProxyPass /plain/   http://127.0.0.1:@{[ $plain->port ]}/
<Proxy "https://localhost:$port{other}/">
  SSLProxyVerify none
  SSLProxyCheckPeerName off
</Proxy>
<Proxy "https://127.0.0.1:$port{tls3}/">
  SSLProxyCheckPeerName off
</Proxy>
CONF

sub facts ($path) {
    my $answer = TLSplus::Plain::ask($server, $path);
    my %seen   = map { $_ => $answer->header("X-Proxy-$_") } @names;
    return { map { $_ => defined $seen{$_} && $seen{$_} ne '(null)' && length $seen{$_} ? $seen{$_} : undef } @names };
}

for my $version (2, 3) {
    my $first = facts("/fresh$version/");
    is $first->{PROTOCOL}, "TLSv1.$version", "TLS 1.$version: the version";
    like $first->{CIPHER}, qr/^(?:TLS_|ECDHE-)/, '... the suite';
    ok length $first->{GROUP}, '... the group';
    is $first->{SESSION_RESUMED}, 'Initial', '... a full handshake';
    is $first->{SNI}, 'localhost', '... the name that was asked for';
    is $first->{VERIFY}, 'SUCCESS', '... the verdict';
    like $first->{S_DN}, qr/CN=good/, '... whose certificate';
    like $first->{I_DN}, qr/CN=/, '... by whom';
    like $first->{V_END}, qr/ GMT$/, '... until when';
    is facts("/fresh$version/")->{SESSION_RESUMED}, 'Resumed', '... and the next goes on with its session';
}

is facts('/pooled/')->{PROTOCOL}, 'TLSv1.3', 'a connection that is kept';
my $again = facts('/pooled/');
is $again->{S_DN}, facts('/fresh3/')->{S_DN}, '... tells the same of the next request';

my $unasked = facts('/address/');
is $unasked->{PROTOCOL}, 'TLSv1.3', 'an address';
is $unasked->{SNI}, undef, '... is not asked for by name';

like facts('/lax/')->{VERIFY}, qr/^SUCCESS|^FAILED:/, 'what would have come of verifying';

my $none = facts('/plain/');
is_deeply [grep { defined $none->{$_} } @names], [], 'nothing is said of a backend without TLS';

my $log = slurp($server->root . '/logs/passed.log');
like $log, qr{^/fresh3/ TLSv1\.3 Initial\n/fresh3/ TLSv1\.3 Resumed$}m, 'the log has them, whatever their case';
like $log, qr{^/plain/ - -$}m, '... and a dash for none';

ok $server->stop, 'the server was well';
done_testing;
