# SPDX-License-Identifier: Apache-2.0
#
# Asking responders about clients' certificates: what is said about each refusal, how often somebody is asked, how long
# an answer is used, what a responder that is down costs, whom a certificate may lead to, and what becomes of sessions.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(time);
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(spawn wait_until);
use TLSplus::Responder;
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->ca('elsewhere');
$certs->leaf($_, cn => $_) for qw(client second);
$certs->leaf('sub',   cn => 'sub authority', ca => 1);
$certs->leaf('below', cn => 'below', by => 'sub');
$certs->leaf('alien', cn => 'alien', issuer => 'elsewhere', extensions => ['extendedKeyUsage=OCSPSigning']);
my $responder = TLSplus::Responder->start(certs => $certs);
$certs->leaf('led', cn => 'led', extensions => ['authorityInfoAccess=OCSP;URI:' . $responder->url('led')]);

my @HOSTS = qw(good revoked unknown stale alien trylater silent down none fine private public kept short each slow chain tickets cached place forgets one);
$certs->leaf('server', san => [map { "$_.test" } @HOSTS]);

sub host ($name, @lines) {
    return tls_host("$name.test", pair('server'), '  SSLCACertificateFile @CERTS@/ca.crt', '  SSLVerifyDepth 3', '  SSLOCSPEnable on',
        (grep { /SSLVerifyClient/ } @lines) ? () : '  SSLVerifyClient require', '  Header always set X-Verify "expr=%{SSL_CLIENT_VERIFY}"',
        '  Header always set X-Resumed "expr=%{SSL_SESSION_RESUMED}"', map { "  $_" } @lines);
}
sub default_to ($name, %manner) { 'SSLOCSPDefaultResponder ' . $responder->answers($name, %manner) }

my $server = TLSplus::Server->start(certs => $certs, modules => [qw(headers status)], conf =>
    "SSLSessionCache shm\n<Location /server-status>\n  SetHandler server-status\n</Location>\n"
    . host('good',     default_to('good'))
    . host('revoked',  default_to('revoked', status => 'revoked', reason => 1))
    . host('unknown',  default_to('unknown', status => 'unknown'))
    . host('stale',    default_to('stale', this => -7200, next => -3600))
    . host('alien',    default_to('alien', signer => 'alien'))
    . host('trylater', default_to('trylater', reply => 'trylater'))
    . host('silent',   default_to('silent', http => 'hang'), 'SSLOCSPResponderTimeout 1')
    . host('down',     'SSLOCSPDefaultResponder http://127.0.0.1:1/')
    . host('none')
    . host('fine',     'SSLOCSPEnable on no_ocsp_for_cert_ok')
    . host('private',  'TLSPlusOCSPPrivateResponders on')
    . host('public')
    . host('kept',     default_to('kept'))
    . host('short',    default_to('short'), 'TLSPlusOCSPCacheTime 1')
    . host('each',     default_to('each'), 'TLSPlusOCSPCacheTime 0')
    . host('slow',     default_to('slow', wait_for => 'slow'))
    . host('one',      default_to('one', http => 'drip'), 'SSLOCSPResponderTimeout 1')
    . host('chain',    default_to('chain', signer => 'ca'))
    . host('tickets',  default_to('tickets'), 'TLSPlusOCSPCacheTime 2')
    . host('cached',   default_to('cached'), 'SSLSessionTickets off', 'SSLProtocol TLSv1.2')
    . host('forgets',  default_to('forgets'), 'TLSPlusOCSPCacheTime 0')
    . host('place',    default_to('place'), 'SSLVerifyClient none', 'SSLProtocol TLSv1.2', '<Location /in>', '  SSLVerifyClient require', '</Location>'));

sub with ($who) {
    my $dir = $certs->dir;
    return (cert => -f "$dir/$who.chain" ? "$dir/$who.full" : "$dir/$who.crt", key => "$dir/$who.key");
}
sub ask ($name, $who = 'client', %opt) { $server->get('/', name => "$name.test", with($who), %opt) }
sub figures () { my $page = $server->get('/server-status?auto', name => 'place.test')->body // ''; return { $page =~ /^(TLSClientOCSP\w+): (\d+)/mg } }

# ---- what is said ----

my @REFUSED = (
    [revoked  => 'certificate revoked', qr/TP0900: .*the responder says revoked since .* UTC \(keyCompromise\); (?:asked: http:\S+\/revoked|it was asked before); certificate "CN=client" at depth 0/],
    [unknown  => 'handshake failure',   qr/TP0901: .*the responder says unknown; (?:asked: |it was asked before)/],
    [none     => 'handshake failure',   qr/TP0902: .*it names no responder; certificate "CN=client"/],
    [down     => 'handshake failure',   qr/TP0903: .*http:\/\/127\.0\.0\.1:1\/: no connection to 127\.0\.0\.1:1: Connection refused/],
    [silent   => 'handshake failure',   qr/TP0903: .*no complete answer in time/],
    [stale    => 'handshake failure',   qr/TP0904: .*the answer has expired: nextUpdate /],
    [alien    => 'handshake failure',   qr/TP0905: .*signed by somebody who may not: "CN=alien"/],
    [trylater => 'handshake failure',   qr/TP0905: .*the responder says: try later/],
);
for my $row (@REFUSED) {
    my ($name, $alert, $pattern) = @$row;
    for my $tls (qw(1.2 1.3)) {
        my $mark = $server->mark;
        ok !ask($name, 'client', tls => $tls)->status, "$name, TLS $tls: refused";
        my $line = logs($server, $pattern, "$name, TLS $tls: says why", mark => $mark);
        like $line, qr/SSLVerifyClient at \S+test\.conf:\d+ \(vhost \Q$name\E\.test/, "$name, TLS $tls: and where";
        like $line, qr/alert sent: \Q$alert\E/, "$name, TLS $tls: the alert";
    }
}
my $mark = $server->mark;
is ask('fine')->status, 200, 'nobody to ask, and that is fine';
logs($server, qr/TP0906: .*certificate "CN=client"/, 'it is told at info', mark => $mark);
is ask('good')->header('x-verify'), 'SUCCESS', 'good: served, and verified';

# ---- a chain ----

$mark = $server->mark;
ok !ask('chain', 'below')->status, 'a responder of the root does not speak for those below its authority';
logs($server, qr/TP0905: .*asked: \S+\/chain; certificate "CN=below" at depth 0/, 'that is the certificate that is told', mark => $mark);
is $responder->asked('chain'), 2, 'the authority was asked about first';

# ---- where a certificate leads ----

$responder->answers('led');
$mark = $server->mark;
ok !ask('public', 'led')->status, 'a certificate does not lead to this machine';
logs($server, qr/TP0903: .*is an address of this machine or of a private network.*TLSPlusOCSPPrivateResponders on/, 'it is told, with what to write', mark => $mark);
is $responder->asked('led'), 0, 'nobody was asked';
is ask('private', 'led')->status, 200, 'where that is allowed, it is';
is $responder->asked('led'), 1, 'that responder was asked';

# ---- how often, and how long ----

is ask('kept')->status, 200, 'kept: the first client' for 1 .. 3;
is $responder->asked('kept'), 1, 'three clients are one question';
is ask('kept', 'second')->status, 200, 'kept: another certificate';
is $responder->asked('kept'), 2, 'it is another question';
$responder->answers('kept', status => 'revoked');
is ask('kept')->status, 200, 'what is remembered is believed meanwhile';
is ask('each')->status, 200, 'each: the first client';
$responder->answers('each', status => 'revoked');
ok !ask('each')->status, 'where nothing is remembered, a revocation is in force at once';
is $responder->asked('each'), 2, 'each client is a question';
is ask('short')->status, 200, 'short: the first client';
$responder->answers('short', status => 'revoked');
ok wait_until(20, sub { !ask('short')->status }), 'after its time an answer is asked for again';

my @clients = map { spawn($server->client->curl_command('/', name => 'slow.test', insecure => 1, with('client'))) } 1 .. 4;
ok wait_until(20, sub { $responder->asked('slow') && figures()->{TLSClientOCSPJoined} >= 3 }), 'the others wait for the same answer';
$responder->let_go('slow');
$_->wait(30) for @clients;
is scalar(grep { $_->{out} =~ /^200 / } @clients), 4, 'all are served by it';
is $responder->asked('slow'), 1, 'four clients at once are one question';

# ---- a responder that is down ----

ok !ask('one')->status, 'one: refused' for 1 .. 3;
logs($server, qr/TP0907: .*no complete answer in time/, 'a responder that costs time is left alone');
my $began = time;
$mark = $server->mark;
ok !ask('one')->status, 'the next is refused';
logs($server, qr/TP0903: .*it did not answer before, and is left alone/, 'without asking', mark => $mark);
cmp_ok time - $began, '<', 0.9, 'and without the time';
$responder->answers('one');
ok wait_until(20, sub { (ask('one')->status // 0) == 200 }), 'when it answers again, clients are let in';
logs($server, qr/TP0908: /, 'that is told');

# ---- sessions ----

sub session ($name, @more) {
    return $server->handshake(name => "$name.test", request => "GET / HTTP/1.1\r\nHost: $name.test\r\nConnection: close\r\n\r\n",
        args => [map { my %pair = with('client'); ('-cert' => $pair{cert}, '-key' => $pair{key}) } 1], @more);
}
for my $name (qw(tickets cached)) {
    my $file = $certs->dir . "/$name.session";
    ok session($name, sess_out => $file)->ok, "$name: a session";
    my $again = session($name, sess_in => $file);
    ok $again->reused, "$name: resumed while the answer is remembered" or diag $again->output;
}
my $file = $certs->dir . '/forgets.session';
session('forgets', sess_out => $file);
my $again = session('forgets', sess_in => $file);
is $again->reused, 0, 'nothing remembered: a full handshake instead';
is $responder->asked('forgets'), 2, 'which asks';
$file = $certs->dir . '/tickets.session';
session('tickets', sess_out => $file);
$responder->answers('tickets', status => 'revoked');
my $refused = sub { !session('tickets', sess_in => $file)->protocol || !(session('tickets', sess_in => $file)->output =~ m{^HTTP/1\.1 200}m) };
ok wait_until(20, $refused), 'a session does not help a client that was revoked meanwhile';

# ---- asked again in a place ----

my $in = $server->get('/in/', name => 'place.test', with('client'));
is $in->status, 404, 'a client that is asked in a place is served';
is $responder->asked('place'), 1, 'its responder was asked';
$responder->answers('place', status => 'revoked');
ok !$server->get('/in/', name => 'place.test', with('second'))->status, 'another is not';

# ---- figures ----

my $figures = figures();
cmp_ok $figures->{"TLSClientOCSP$_->[0]"}, '>=', $_->[1], "$_->[0]: counted" for
    [Asked => 20], [Remembered => 3], [Joined => 3], [HeldBack => 1], [Good => 10], [Revoked => 4], [Unknown => 2], [NoSource => 3],
    [Forgiven => 1], [Unreachable => 6], [Stale => 2], [Unusable => 5], [Answers => 3];
like $server->get('/server-status', name => 'place.test')->body, qr/OCSP for clients' certificates.*questions to responders: <b>\d+/s, 'for people, too';
ok $server->graceful, 'reloaded';
cmp_ok figures()->{TLSClientOCSPAsked}, '>=', $figures->{TLSClientOCSPAsked}, 'the figures are kept';
my $before = $responder->asked('good');
is ask('good')->status, 200, 'good: served after the reload';
is $responder->asked('good'), $before, 'and the answers, too';
ok $server->stop, 'stops cleanly';

# ---- configtest ----

my $off = TLSplus::Server->new(certs => $certs, modules => ['headers'], conf => host('good', default_to('good')));
finds_nothing($off, 'nothing is said of a host that asks');
done_testing;
