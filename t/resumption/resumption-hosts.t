# SPDX-License-Identifier: Apache-2.0
#
# A session belongs to the virtual host that made it. Every way to bring one to another name, or
# under no name, is a full handshake with that host's own certificate: never an error, and never a
# session accepted. Tickets of all hosts are under one key here, so it is the binding that refuses.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus);
use TLSplus::Host;
use TLSplus::Server;
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
$certs->leaf($_, san => ["$_.test", "www.$_.test"], cn => "$_.test") for qw(a b);
$certs->leaf('both', san => ['c.test', 'd.test'], cn => 'both');

sub host ($name, $leaf, $more = '', $port = 'PORT') {
    return tls_host([$name, $port], pair($leaf), $more);
}

sub ask ($server, $version, $name, %opt) {
    my $host = $name // 'a.test';
    return $server->handshake((defined $name ? (name => $name) : ()), tls => $version,
        request => "GET / HTTP/1.0\r\nHost: $host\r\n\r\n", %opt);
}

my %mode = (
    'TLS 1.2, id'            => ['TLSv1.2', 'off'],
    'TLS 1.2, ticket'        => ['TLSv1.2', 'on'],
    'TLS 1.3, ticket'        => ['TLSv1.3', 'on'],
    'TLS 1.3, stored ticket' => ['TLSv1.3', 'off'],
);

my $file = 0;
for my $mode (sort keys %mode) {
    my ($version, $tickets) = @{ $mode{$mode} };
    my $server = TLSplus::Server->start(certs => $certs, modules => ['status'], conf =>
          "<Location /status>\nSetHandler server-status\n</Location>\nSSLSessionCache shmcb:\@ROOT\@/run/ssl_scache(512000)\nSSLSessionTickets $tickets\n"
          . host('a.test', 'a', '  ServerAlias www.a.test') . host('b.test', 'b') . host('c.test', 'both') . host('d.test', 'both')
          . host('a.test', 'a', '', 'PORT2'));
    my %session;
    my $take = sub ($name) {
        $session{$name} = sprintf '%s/run/s%d', $server->root, ++$file;
        my $first = ask($server, $version, $name, sess_out => $session{$name});
        is $first->status, 200, "$mode: a session of $name";
    };
    $take->($_) for 'a.test', 'c.test';

    # [session of, name asked for, certificate that must answer, what it is about]
    my @refused = (
        ['a.test', 'b.test', 'b.test', 'another certificate'],
        ['c.test', 'a.test', 'a.test', 'the default host'],
        ['a.test', 'c.test', 'both',   'another host'],
    );
    for my $row (@refused) {
        my ($of, $to, $cn, $what) = @$row;
        my $answer = ask($server, $version, $to, sess_in => $session{$of});
        is $answer->reused, 0, "$mode: a session of $of does not resume on $to ($what)";
        is $answer->status, 200, "$mode: but $to is served";
        is $answer->subject, "CN = $cn", "$mode: with its own certificate";
    }
    is ask($server, $version, 'a.test', sess_in => $session{'a.test'})->reused, 1, "$mode: a.test itself resumes";
    # the session id context is of a name and its port, with mod_ssl as here
    my $again = sprintf '%s/run/s%d', $server->root, ++$file;
    ask($server, $version, 'a.test', sess_out => $again);
    my $other = ask($server, $version, 'a.test', sess_in => $again, port => 'PORT2');
    is $other->status, 200, "$mode: the same name on another port is served";
    is $other->reused, 0, "$mode: ... and not resumed";
    if (is_tlsplus()) {
        my ($count) = $server->get('/status?auto', name => 'a.test')->body =~ /^TLSResumptionsOtherHost: (\d+)$/m;
        is $count, @refused + 1, "$mode: and each is counted, the other port's too";
    }
    # a second name of the host is the host
    my $under = sprintf '%s/run/s%d', $server->root, ++$file;
    ask($server, $version, 'a.test', sess_out => $under);
    is ask($server, $version, 'www.a.test', sess_in => $under)->reused, 1, "$mode: a session of a.test resumes under its alias";
    # TLS 1.2 servers may refuse a session of another name only after the name: RFC 6066 3
    my $unnamed = sprintf '%s/run/s%d', $server->root, ++$file;
    ask($server, $version, 'b.test', sess_out => $unnamed);
    my $answer = ask($server, $version, undef, sess_in => $unnamed);
    is $answer->reused, 0, "$mode: without a name it is the default host, and a full handshake";
    is $answer->subject, 'CN = a.test', "$mode: the default host's certificate";
    $server->stop;
}

done_testing;
