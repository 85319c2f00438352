# SPDX-License-Identifier: Apache-2.0
#
# Clients that wait for what responders say about their certificates hold no thread on event: as many as have a place
# are asked about at once, others are served meanwhile, and each hears in the end what it would have heard at once.
use v5.36;
use Fcntl qw(LOCK_EX);
use FindBin;
use lib "$FindBin::Bin/../lib";
use List::Util qw(min);
use POSIX ();
use Test::More;
use TLSplus::Certs;
use TLSplus::Crowd;
use TLSplus::Env qw(has_http2 httpd mpm needs_tlsplus sanitized scratch_dir);
use TLSplus::Host;
use TLSplus::Process qw(spawn spew wait_until);
use TLSplus::Responder;
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
plan skip_all => 'elsewhere the thread waits with its client' unless mpm() eq 'event';
plan skip_all => 'needs a C compiler' unless TLSplus::Crowd->program;

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->leaf('client', cn => 'client');
my @HOSTS = qw(all plain good revoked silent gone stop);
$certs->leaf('server', san => [map { "$_.test" } @HOSTS]);
my $responder = TLSplus::Responder->start(certs => $certs);
my $issuer    = $certs->dir . '/ca';
my @with      = (cert => $certs->dir . '/client.crt', key => $certs->dir . '/client.key');

# ---- a door that the responder's answers are behind ----

my $door = spew(scratch_dir('tlsplus-door') . '/door', '');
my $lock;
sub shut_door () { open $lock, '<', $door or die "$door: $!\n"; flock $lock, LOCK_EX or die "flock: $!\n" }
sub open_door () { close $lock }

sub host ($name, %manner) {
    my $url = $responder->answers($name, %manner);
    return tls_host("$name.test", pair('server'), '  SSLCACertificateFile @CERTS@/ca.crt', '  SSLVerifyClient require', '  SSLOCSPEnable on',
        "  SSLOCSPDefaultResponder $url", '  SSLOCSPResponderTimeout 120', '  TLSPlusOCSPCacheTime 0',
        '  Header always set X-Verify "expr=%{SSL_CLIENT_VERIFY}"');
}
my $FEW_THREADS = "ServerLimit 1\nStartServers 1\nThreadsPerChild 5\nMaxRequestWorkers 5\nAsyncRequestWorkerFactor 100\n";
my $CONF = "${FEW_THREADS}Timeout 300\n<Location /server-status>\n  SetHandler server-status\n</Location>\n"
    . tls_host('plain.test', pair('server')) . join '',
    map { host($_, $_ eq 'revoked' ? (status => 'revoked') : (), $_ eq 'silent' ? (http => 'hang') : (), behind => $door) } grep { $_ ne 'plain' } @HOSTS;
$CONF =~ s/(silent\.test.*?ResponderTimeout) 120/$1 1/s;
my $server = TLSplus::Server->start(certs => $certs, modules => ['headers', 'status', has_http2() ? 'http2' : ()],
    conf => has_http2() ? "Protocols h2 http/1.1\n$CONF" : $CONF);

sub plain () { $server->get('/', name => 'plain.test')->status }
sub figures ($from = $server) { my $page = $from->get('/server-status?auto', name => 'plain.test')->body // ''; return { $page =~ /^(TLSClientOCSP\w+): (\d+)/mg } }
sub begin ($name, %opt) { spawn($server->client->curl_command('/', name => "$name.test", insecure => 1, @with, %opt)) }

# ---- many ----

# Half of the places are for one address, which all of them have, and where few files may be open there are few.
use constant MANY => min(200, int(POSIX::sysconf(POSIX::_SC_OPEN_MAX()) / 30));
shut_door();
my $crowd = TLSplus::Crowd->new($server->port, name => 'all.test', count => MANY, issuer => $issuer);
is $crowd->ready(120), MANY, 'they have all said what they have to say';
ok wait_until(120, sub { $responder->asked('all') == MANY }), 'and are asked about at once, with five threads';
is plain(), 200, 'another client is served meanwhile' for 1 .. 10;
is figures()->{TLSClientOCSPGood}, 0, 'of the others nobody has got an answer yet';
is $crowd->look(60)->{tickets}, 0, 'nor a ticket';
open_door();
is $crowd->ask(120), MANY, 'then they are all served';
is figures()->{TLSClientOCSPGood}, MANY, 'each after an answer of its own';
$crowd->leave;

# ---- one ----

for my $tls (qw(1.2 1.3)) {
    for my $http ('1.1', has_http2() ? '2' : ()) {
        my $asked = $responder->asked('good');
        shut_door();
        my $client = begin('good', tls => $tls, http => $http);
        ok wait_until(30, sub { $responder->asked('good') > $asked }), "TLS $tls, HTTP/$http: good: asked about";
        is plain(), 200, "TLS $tls, HTTP/$http: others are served";
        ok $client->running, "TLS $tls, HTTP/$http: it waits";
        open_door();
        like $client->wait(30)->{out}, qr/^200 /, "TLS $tls, HTTP/$http: and is served";
    }
    my $mark  = $server->mark;
    my $asked = $responder->asked('revoked');
    shut_door();
    my $client = begin('revoked', tls => $tls);
    ok wait_until(30, sub { $responder->asked('revoked') > $asked }), "TLS $tls: revoked: asked about";
    open_door();
    unlike $client->wait(30)->{out}, qr/^200 /, "TLS $tls: revoked: refused";
    like $client->{err} . $client->{out}, qr/alert certificate revoked/, "TLS $tls: the client hears why";
    logs($server, qr/TP0900: .*certificate "CN=client" at depth 0.*alert sent: certificate revoked/, "TLS $tls: so does the log", mark => $mark);
    $mark = $server->mark;
    $client = begin('silent', tls => $tls);
    unlike $client->wait(30)->{out}, qr/^200 /, "TLS $tls: without an answer in time: refused";
    logs($server, qr/TP0903: .*(?:no complete answer in time|is left alone).*alert sent: handshake failure/, "TLS $tls: it is told", mark => $mark);
}

# ---- who leaves, and who is left ----

shut_door();
my $asked = $responder->asked('gone');
my @gone  = map { begin('gone', tls => $_) } qw(1.2 1.3);
ok wait_until(30, sub { $responder->asked('gone') > $asked }), 'gone: asked about';
$_->stop('KILL') for @gone;
is plain(), 200, 'clients that leave meanwhile: others are served';
open_door();
is plain(), 200, 'after the answer, too' for 1 .. 3;

shut_door();
my $last = begin('stop');
ok wait_until(30, sub { $responder->asked('stop') > 0 }), 'stop: asked about';
my $stopping = $server->{process}->pid;
kill USR1 => $stopping;
ok wait_until(30, sub { $server->log =~ /Graceful restart requested|SIGUSR1 received/ }), 'told to begin anew';
open_door();
like $last->wait(60)->{out}, qr/^200 /, 'a client that waits in a child which is told to go is served by it';
ok wait_until(30, sub { plain() == 200 }), 'and others by the next';

shut_door();
my $cut = begin('stop');
ok wait_until(30, sub { $responder->asked('stop') > 1 }), 'stop: asked about again';
ok $server->stop, 'a server that is stopped waits for no responder';
unlike $cut->wait(60)->{out}, qr/^200 /, 'nor does its client';
open_door();

# ---- too many ----

subtest 'few descriptors' => sub {
    plan skip_all => 'a sanitizer has files of its own' if sanitized();
    my $dir = scratch_dir('tlsplus-few');
    spew("$dir/httpd", "#!/bin/sh\nulimit -n 480\nexec " . httpd() . " \"\$@\"\n", 0755);
    local $ENV{TLSPLUS_HTTPD} = "$dir/httpd";
    my $few  = TLSplus::Server->start(certs => $certs, modules => [qw(headers status)], conf => $CONF);
    my $mark = $few->mark;
    shut_door();
    my $before = $responder->asked('all');
    my $many = TLSplus::Crowd->new($few->port, name => 'all.test', count => 60, issuer => $issuer);
    is $many->ready(60), 60, 'more than have places';
    logs($few, qr/TP0903: .*too many clients wait for responders/, 'some are refused', mark => $mark);
    is $few->get('/', name => 'plain.test')->status, 200, 'others are served';
    open_door();
    my $served = $many->ask(60);
    cmp_ok $served, '>=', 10, 'those that have one are served in the end';
    cmp_ok $served, '<', 60, 'the others were not';
    $many->leave;
    ok $few->stop, 'stops cleanly';
};

done_testing;
