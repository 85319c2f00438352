# SPDX-License-Identifier: Apache-2.0
#
# A name server that takes questions and answers none: the timeouts of responders hold all the same, for stapling and for
# clients, and a server that stops waits for nobody. The resolver would wait for minutes. httpd runs with an
# /etc/resolv.conf of its own, in a mount namespace.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time);
use TLSplus::Certs;
use TLSplus::Env qw(find_program needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(run spew);
use TLSplus::Server;
use TLSplus::Staples;
use TLSplus::Test;

needs_tlsplus();
plan skip_all => 'root alone can be a name server' if $> != 0;
plan skip_all => 'no unshare (Debian: util-linux)' unless find_program('unshare');
my $names = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.53.53.53', LocalPort => 53)
  or plan skip_all => "nobody can listen for names here: $!";

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->leaf('a', san => ['a.test']);
$certs->leaf('client', cn => 'client');
$certs->write('a.rooted', $certs->read('a.crt'), $certs->read('a.root'));
my $resolver = spew($certs->dir . '/resolv.conf', "nameserver 127.53.53.53\noptions timeout:30 attempts:5\n");
my @through  = ('unshare', '-m', 'sh', '-c', "mount --bind $resolver /etc/resolv.conf && exec \"\$@\"", 'sh');
plan skip_all => 'nothing can be mounted here' if run([@through, 'true'])->{exit};

# The resolver would begin anew after this time.
use constant RESOLVER_SECONDS => 30;

sub is_asked ($name) {
    my $label = join '', map { chr(length) . $_ } split /\./, $name;
    while (IO::Select->new($names)->can_read(20)) {
        $names->recv(my $question, 512);
        return 1 if index($question, $label) > 0;
    }
    return 0;
}

subtest 'stapling' => sub {
    my $begun  = time;
    my $server = TLSplus::Server->start(certs => $certs, through => \@through, conf => tls_host('a.test', pair('a', 'rooted'),
            '  SSLUseStapling on', '  SSLStaplingResponderTimeout 1', '  SSLStaplingForceURL http://staples.responder.test/'));
    ok is_asked('staples.responder.test'), 'the name server is asked';
    is stapled($server), 'none', 'a handshake is done meanwhile';
    logs $server, qr{TP0860: .*http://staples\.responder\.test/: the name "staples\.responder\.test" was not resolved in time}, 'the deadline holds', seconds => 60;
    ok $server->stop, 'stops cleanly';
    cmp_ok time - $begun, '<', RESOLVER_SECONDS, 'before the resolver would have given up the first time';
};

subtest "clients' certificates" => sub {
    my $server = TLSplus::Server->start(certs => $certs, through => \@through, conf => tls_host('a.test', pair('a'), '  SSLCACertificateFile @CERTS@/ca.crt',
            '  SSLVerifyClient require', '  SSLOCSPEnable on', '  SSLOCSPResponderTimeout 1', '  SSLOCSPDefaultResponder http://clients.responder.test/'));
    my $begun = time;
    ok !$server->get('/', name => 'a.test', cert => $certs->dir . '/client.crt', key => $certs->dir . '/client.key')->status, 'a client is refused';
    cmp_ok time - $begun, '<', RESOLVER_SECONDS, 'in time';
    ok is_asked('clients.responder.test'), 'the name server was asked';
    logs $server, qr/TP0903: .*the name "clients\.responder\.test" was not resolved in time/, 'it is told';
    ok $server->stop, 'stops cleanly';
};

done_testing;
