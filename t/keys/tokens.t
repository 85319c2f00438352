# SPDX-License-Identifier: Apache-2.0
#
# Keys on a token, through the engine for PKCS#11: how they are named, where the PIN comes from, that
# each child opens them for itself, and what happens when the token goes away.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env     qw(has_module needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(run slurp spew wait_until);
use TLSplus::Seat;
use TLSplus::Server;
use TLSplus::Test;
use TLSplus::Token qw(needs_token);

needs_tlsplus();
needs_token();

my $certs = TLSplus::Certs->new;
$certs->leaf('ec',    san => ['a.test'], intermediates => 1);
$certs->leaf('rsa',   san => ['a.test'], intermediates => 1, key => 'rsa');
$certs->leaf('plain', san => ['b.test'], intermediates => 1);
my $token = TLSplus::Token->new(certs => $certs, pin => 'keep quiet');
$token->add($_) for qw(ec rsa);
my $PIN = 'keep%20quiet';
$certs->write('pin', "keep quiet\n");

sub host ($lines, $name = 'a.test') {
    return tls_host($name, $lines);
}
sub server (%opt) { TLSplus::Server->new(certs => $certs, env => $token->env, %opt) }
sub crt ($value) { qq(SSLCertificateFile "$value"\n) }
sub key ($value) { qq(SSLCertificateKeyFile "$value"\n) }
sub count ($text, $pattern) { return scalar(() = $text =~ /$pattern/g) }

my $plain = host(crt('@CERTS@/plain.full') . key('@CERTS@/plain.key'), 'b.test');
my $ec    = crt('@CERTS@/ec.full') . key($token->uri('ec', "?pin-value=$PIN"));
my $ec_host = host($ec);

# ---- what may be named ----

my @FORMS = (
    ['the key on the token, the certificate in a file', $ec],
    ['an RSA key', crt('@CERTS@/rsa.full') . key($token->uri('rsa', "?pin-value=$PIN"))],
    ['both on the token', crt($token->uri('ec')) . key($token->uri('ec', "?pin-value=$PIN")), 1],
    ['one URI for both',  crt($token->uri('ec', "?pin-value=$PIN")), 1],
    ['one URI for both, of a certificate', crt($token->uri('ec', "?pin-value=$PIN") =~ s/\?/;type=cert?/r), 1],
    ['the same URI twice', crt($token->uri('ec', "?pin-value=$PIN")) . key($token->uri('ec', "?pin-value=$PIN")), 1],
    ['a PIN from a file', crt('@CERTS@/ec.full') . key($token->uri('ec', '?pin-source=file:@CERTS@/pin'))],
    ['a PIN from a file, by its path alone', crt('@CERTS@/ec.full') . key($token->uri('ec', '?pin-source=@CERTS@/pin'))],
);
for (@FORMS) {
    my ($what, $lines, $sent) = @$_;
    subtest $what => sub {
        my $server = server(conf => host($lines));
        ok $server->begin, 'starts' or return diag $server->said;
        for my $tls (qw(TLSv1.2 TLSv1.3)) {
            my $answer = $server->handshake(name => 'a.test', tls => $tls, insecure => 1);
            is $answer->chain_length, $sent // 2, "$tls: a handshake" or diag $answer->output;
        }
        serves $server, 'and is served', name => 'a.test', insecure => 1;
        unlike $server->said, qr/keep(?: |%20)quiet/, 'the PIN is not in the log';
        ok $server->stop, 'stops cleanly';
    };
}

subtest 'configtest and what it shows' => sub {
    my $server = server(conf => host($ec));
    my $found  = $server->configtest(define => ['DUMP_TLS', 'DUMP_CERTS']);
    is $found->{exit}, 0, 'passes' or diag $found->{text};
    like $found->{out}, qr/key: EC P-256, on a token: pkcs11:token=tlsplus;object=ec$/m, 'the dump names the token';
    unlike $found->{text}, qr/keep(?: |%20)quiet/, 'and not the PIN';
};

# Machines that share a cache seal its entries with what all of them have, and none has the key of a token.
subtest 'a session cache of several machines' => sub {
    plan skip_all => 'mod_socache_memcache is not installed' unless has_module('socache_memcache');
    $certs->write('secret', "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n");
    my $secret = "SSLSessionTicketSecretFile \@CERTS\@/secret\n";
    my $far    = 'memcache:127.0.0.1:9';
    my $found  = sub ($cache, $hosts) {
        my $server = server(conf => "SSLSessionCache $cache\n$hosts", modules => ['socache_memcache']);
        my $done   = $server->configtest;
        is $done->{exit}, 0, 'configtest passes' or diag $done->{text};
        return $done->{text};
    };
    like $found->($far, $ec_host), qr/^.*TP0618: .* - SSLSessionCache at \S+test\.conf:1 \(vhost a\.test\S*\)\. Fix: .*SSLSessionTicketSecretFile/m,
      'who has its key on a token is told, with the line and the remedy';
    unlike $found->($far, $plain), qr/TP0618/, 'who has it in a file is not';
    unlike $found->($far, host($ec . $secret)), qr/TP0618/, 'nor with a secret of all machines';
    unlike $found->($far, host($ec . "SSLSessionTickets off\n$secret")), qr/TP0618/, 'which counts without tickets, too';
    unlike $found->('shm:512000', $ec_host), qr/TP0618/, 'nor with a cache of this machine';
    my $server = server(conf => "SSLSessionCache $far\n$ec_host", modules => ['socache_memcache']);
    ok $server->begin, 'and the server starts' or diag $server->said;
    logs $server, qr/\[ssl:warn\].*TP0618: /, 'with the warning in its log';
    $server->stop;
};

# ---- SSLCryptoDevice ----

subtest 'the engine as crypto device' => sub {
    my $server = server(conf => "SSLCryptoDevice pkcs11\n" . host($ec) . $plain);
    is $server->configtest->{exit}, 0, 'configtest passes';
    ok $server->begin, 'starts' or return diag $server->said;
    serves $server, "$_ is served", name => $_, insecure => 1 for qw(a.test b.test);
    ok $server->graceful, 'a graceful restart';
    serves $server, "$_ is served again", name => $_, insecure => 1 for qw(a.test b.test);
    ok $server->stop, 'stops cleanly';
};

subtest 'an engine that does not start' => sub {
    my $server = server(conf => "SSLCryptoDevice dynamic\n" . host($ec));
    my $found = $server->configtest;
    isnt $found->{exit}, 0, 'configtest fails';
    like $found->{text}, qr/TP0138: .*SSLCryptoDevice at \S+test\.conf:1\b/, 'with the line';
};

# ---- the PIN by dialog ----

my $PROGRAM = "#!/bin/sh\necho \"\$@\" >> calls\n";

subtest 'a program' => sub {
    my $server = server(conf => "SSLPassPhraseDialog exec:\@ROOT\@/run/ask\n"
          . host(crt('@CERTS@/ec.full') . key($token->uri('ec')) . crt('@CERTS@/rsa.full') . key($token->uri('rsa'))));
    $server->put('run/ask', ["$PROGRAM echo 'keep quiet'\n", 0755]);
    ok $server->begin, 'starts' or return diag $server->said;
    is slurp($server->root . '/run/calls'), "a.test:443\n", 'one call for two keys of one token, with the host alone';
    serves $server, 'a is served', name => 'a.test', insecure => 1;
    unlink $server->root . '/run/calls';
    ok $server->graceful, 'a graceful restart';
    ok !-e $server->root . '/run/calls', 'asks nothing';
    serves $server, 'a is served again', name => 'a.test', insecure => 1;
    ok $server->stop, 'stops cleanly';
};

subtest 'a person at a terminal' => sub {
    my $server = TLSplus::Seat->new(certs => $certs, env => $token->env, conf => host(crt('@CERTS@/ec.full') . key($token->uri('ec'))),
        dialog => [[qr/PIN for pkcs11:token=tlsplus;object=ec, of a\.test:443: /, "keep quiet\r"]]);
    ok $server->begin, 'starts' or return diag $server->said;
    serves $server, 'a is served', name => 'a.test', insecure => 1;
    is count($server->screen, qr/PIN for/), 1, 'the second reading asks nothing';
    ok $server->stop, 'stops cleanly';
};

subtest 'nobody to ask' => sub {
    my $server = server(conf => host(crt('@CERTS@/ec.full') . key($token->uri('ec'))));
    my $found = $server->configtest;
    is $found->{exit}, 0, 'configtest asks nobody';
    like $found->{text}, qr/TP0246: .*"pkcs11:token=tlsplus;object=ec"/, 'and says so';
    ok !$server->begin, 'no start';
    like $server->said, qr/TP0240: .*test\.conf:5\b.*"pkcs11:token=tlsplus;object=ec"/, 'with the reason';
};

# ---- bad input ----

my @BAD = (
    ['a wrong PIN',        253, crt('@CERTS@/ec.full') . key($token->uri('ec', '?pin-value=wrong%20pin'))],
    ['no such object',     236, crt('@CERTS@/ec.full') . key($token->uri('nosuch', "?pin-value=$PIN"))],
    ['no such token',      236, crt('@CERTS@/ec.full') . key("pkcs11:token=other;object=ec?pin-value=$PIN")],
    ['no such certificate', 236, crt($token->uri('nosuch', "?pin-value=$PIN")) . key('@CERTS@/ec.key')],
    ['a key of another certificate', 210, crt('@CERTS@/ec.full') . key($token->uri('rsa', "?pin-value=$PIN"))],
    ['a PIN file that is not there', 259, crt('@CERTS@/ec.full') . key($token->uri('ec', '?pin-source=file:/nonexistent'))],
);
for (@BAD) {
    my ($what, $id, $lines) = @$_;
    subtest $what => sub {
        my $server = server(conf => host($lines));
        my $found  = $server->configtest;
        isnt $found->{exit}, 0, 'configtest fails';
        like $found->{text}, qr/TP0$id: .*test\.conf:[45]\b/, 'with its id and line' or diag $found->{text};
        is count($found->{text}, qr/TP02\d\d: /), 1 + ($found->{text} =~ /TP0226/ ? 1 : 0), 'and nothing else' or diag $found->{text};
        unlike $found->{text}, qr/keep(?: |%20)quiet|wrong(?: |%20)pin/, 'the PIN is not shown';
    };
}

# ---- children, and a token that goes away ----

subtest 'the token goes away and comes back' => sub {
    my $server = server(conf => host($ec) . $plain);
    ok $server->begin, 'starts' or return diag $server->said;
    serves $server, 'a is served', name => 'a.test', insecure => 1;
    my %session = map { $_ => $server->root . "/$_" } qw(TLSv1.2 TLSv1.3);
    $server->handshake(name => 'a.test', tls => $_, sess_out => $session{$_}, request => "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n")
      for sort keys %session;
    my $mark = $server->mark;
    $token->away;
    like $server->handshake(name => 'a.test')->alert, qr{internal error}, 'the first handshake fails, by our fault';
    for (1 .. 5) {
        like $server->handshake(name => 'a.test')->alert, qr{internal error}, 'and so do those after it';
    }
    ok $server->wait_log(qr/TP0256: .*"pkcs11:token=tlsplus;object=ec"/, mark => $mark), 'that is said';
    my @children = $server->children;
    my @lines    = $server->log_lines(qr/TP0256/, $mark);
    cmp_ok scalar @lines, '<=', scalar @children, 'once a child at most';
    serves $server, 'another host is served', name => 'b.test';
    is $server->handshake(name => 'a.test', tls => $_, sess_in => $session{$_})->reused, 1, "$_: a session is resumed without the key"
      for sort keys %session;
    my $before = $server->mark;
    ok $server->graceful, 'a graceful restart without it';
    like $server->log($before), qr/TP0255: .*test\.conf:5\b/, 'is a warning and no end';
    serves $server, 'another host is still served', name => 'b.test';
    $token->back;
    ok $server->graceful, 'and one with it';
    serves $server, 'a is served again', name => 'a.test', insecure => 1;
    ok $server->stop, 'stops cleanly';
};

# The engine has a copy of its own in the children, where it is needed.
subtest 'the memory of the parent does not have the PIN' => sub {
    needs_memory_of();
    my $server = server(conf => host(crt('@CERTS@/ec.full') . key($token->uri('ec', '?pin-source=@CERTS@/pin'))));
    ok $server->begin, 'starts' or return diag $server->said;
    serves $server, 'a is served', name => 'a.test', insecure => 1;
    my $content = memory_of($server, $server->pid) // return;
    cmp_ok index($content, 'object=ec'), '>=', 0, 'it has what it should have';
    is index($content, 'keep quiet'), -1, 'but not the PIN';
    ok $server->stop, 'stops cleanly';
};

done_testing;
