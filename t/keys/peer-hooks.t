# SPDX-License-Identifier: Apache-2.0
#
# Modules that obtain certificates: what mod_md does through httpd's hooks, and older builds through
# the optional ones, done here by a small module of this test (t/modules/mod_peer.c); then mod_md
# itself. They add certificates, lend one until theirs is there, answer acme-tls/1 challenges and
# bring OCSP responses; others are shown the SSL_CTX and the SSL.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Digest::SHA qw(sha1_hex);
use Test::More;
use TLSplus::Apxs qw(build_module);
use TLSplus::Certs;
use TLSplus::Env qw(has_module is_tlsplus needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(run slurp spew);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
$certs->leaf('own',       san => ['a.test'], cn => 'own', intermediates => 1);
$certs->leaf('added',     san => ['a.test', 'c.test'], cn => 'added', intermediates => 1);
$certs->leaf('other',     san => ['b.test'], cn => 'other');
$certs->leaf('lent',      san => ['a.test'], cn => 'lent');
$certs->leaf('challenge', san => ['a.test'], cn => 'challenge', self_signed => 1);
my $dir = $certs->dir;
# httpd's children read a challenge, and they are not root
chmod 0644, map { "$dir/$_" } qw(challenge.crt challenge.key lent.crt lent.key);

# An OCSP response for the certificate, by its issuer; openssl wants its index of what was issued.
sub response_for ($name) {
    my $serial = run(['openssl', 'x509', '-in', "$dir/$name.crt", '-noout', '-serial'])->{out} =~ s/^serial=|\s+$//gr;
    my ($ca) = map { "$_/x" } grep { slurp("$_/x.crt") eq $certs->read("$name.root") } glob(TLSplus::Env::builddir() . '/t-certs/*');
    spew("$dir/index", join("\t", 'V', '491231235959Z', '', $serial, 'unknown', "/CN=$name") . "\n");
    my $done = run(['openssl', 'ocsp', '-index', "$dir/index", '-rsigner', "$ca.crt", '-rkey', "$ca.key", '-CA', "$ca.crt",
            '-issuer', "$ca.crt", '-cert', "$dir/$name.crt", '-ndays', '2', '-respout', "$dir/$name.ocsp", '-noverify']);
    -s "$dir/$name.ocsp" or die "openssl ocsp: $done->{out}$done->{err}\n";
}

my $so = build_module('mod_peer', '-lssl', '-lcrypto');
response_for('other');

sub with ($name) { ("SSLCertificateFile $dir/$name.crt", "SSLCertificateKeyFile $dir/$name.key") }

sub server (@lines) {
    return TLSplus::Server->new(certs => $certs, before => "LoadModule peer_module $so", conf => tls_host('a.test', @lines));
}

sub started (@lines) {
    my $server = server(@lines);
    $server->begin or die 'httpd did not start: ' . $server->said;
    return $server;
}

# as mod_md's documentation asks for
my $offered = 'Protocols http/1.1 acme-tls/1';
my $request = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";

for my $way ('core', 'old') {
    subtest "$way: certificates" => sub {
        my $server = started("Peer $way add $dir/added.full $dir/added.key");
        is $server->configtest->{exit}, 0, 'a host without a certificate of its own passes configtest';
        my $answer = $server->handshake(name => 'a.test', request => $request);
        is $answer->subject, 'CN = added', 'the certificate added is presented';
        is $answer->chain_length, 2, 'with its chain';
        is $answer->status, 200, 'and requests are served';
        ok $server->graceful, 'a graceful restart asks again';
        is $server->handshake(name => 'a.test')->subject, 'CN = added', 'and presents what it was given';
        ok $server->stop, 'stops cleanly';
    };

    subtest "$way: certificates beside configured ones" => sub {
        my $server = started(with('own'), "SSLCertificateChainFile $dir/own.chain", "Peer $way add $dir/added.full $dir/added.key");
        my $answer = $server->handshake(name => 'a.test');
        is $answer->verify, 0, 'verified by a client';
        is $answer->chain_length, 2, 'with a chain of its own, not the configured one';
        ok $server->stop, 'stops cleanly';
    };

    subtest "$way: a certificate that cannot be used" => sub {
        my $server = server("Peer $way add $dir/added.full $dir/own.key");
        ok !$server->begin, 'a key of another certificate: no start';
        like $server->said, qr/TP0210: .*own\.key/, 'and the reason';
        $server = server("Peer $way add $dir/none.crt $dir/none.key");
        ok !$server->begin, 'no such file: no start';
        like $server->said, qr/TP0201: .*none\.crt/, 'and the reason';
    };

    subtest "$way: temporary certificates" => sub {
        my $server = started("Peer $way fallback $dir/lent.crt $dir/lent.key");
        my $answer = $server->handshake(name => 'a.test', request => $request);
        is $answer->subject, 'CN = lent', 'the handshake is done with the one lent';
        is $answer->status, 503, 'a request is answered 503';
        is $server->get('/', name => 'a.test', http => '1.0')->status, 503, 'by any client';
        logs $server, qr/TP0319: /, 'a warning at start says so';
        ok $server->stop, 'stops cleanly';

        $server = started(with('own'), "Peer $way fallback $dir/lent.crt $dir/lent.key");
        is $server->handshake(name => 'a.test', request => $request)->status, 200, 'nobody asks for one where there is a certificate';
        says_nothing $server, qr/peer: $way fallback/, 'the hook is not called';
        ok $server->stop, 'stops cleanly';
    };

    subtest "$way: an acme-tls/1 challenge" => sub {
        my $server = started(with('own'), $offered, "Peer $way challenge $dir/challenge.crt $dir/challenge.key");
        for my $tls ('TLSv1.2', 'TLSv1.3') {
            my $mark   = $server->mark;
            my $answer = $server->handshake(name => 'a.test', tls => $tls, alpn => 'acme-tls/1', request => $request);
            is $answer->subject, 'CN = challenge', "$tls: the challenge's certificate";
            is $answer->alpn, 'acme-tls/1', "$tls: and its protocol";
            is $answer->status, 503, "$tls: a request is answered 503";
            logs $server, qr/peer: $way challenge for a\.test: a\.test/, "$tls: the name was given", mark => $mark;
        }
        my $mark  = $server->mark;
        my $plain = $server->handshake(name => 'a.test', alpn => 'http/1.1', request => $request);
        is $plain->subject, 'CN = own', 'who wants HTTP gets the usual certificate';
        is $plain->status, 200, 'and an answer';
        says_nothing $server, qr/peer: $way challenge/, 'and no module is asked', mark => $mark;
        ok $server->stop, 'stops cleanly';
    };

    subtest "$way: OCSP responses" => sub {
        my $server = started(with('other'), "Peer $way staple $dir/other.ocsp");
        my $answer = $server->handshake(name => 'a.test', args => ['-status']);
        like $answer->output, qr/OCSP Response Status: successful.*Cert Status: good/s, 'the response is stapled';
        if ($way eq 'core') {
            my $der = slurp("$dir/other.crt.der");
            my $id  = sha1_hex($der);
            logs $server, qr/peer: core prime for a\.test: $id of \d certificates/, 'named by its SHA-1 at start';
            logs $server, qr/peer: core staple for a\.test: $id/, 'and in the handshake';
        }
        else {
            logs $server, qr/peer: old prime for a\.test: /, 'prepared at start';
        }
        my $mark = $server->mark;
        is $server->handshake(name => 'a.test')->verify, 0, 'a client that asks for none';
        says_nothing $server, qr/peer: $way staple/, 'costs no call', mark => $mark;
        ok $server->stop, 'stops cleanly';
    };
}

subtest 'the core hook comes before the old one' => sub {
    my $server = started(with('own'), $offered, "Peer core challenge $dir/challenge.crt $dir/challenge.key",
        "Peer old challenge $dir/lent.crt $dir/lent.key");
    is $server->handshake(name => 'a.test', alpn => 'acme-tls/1')->subject, 'CN = challenge', 'its answer is taken';
    says_nothing $server, qr/peer: old challenge/, 'and the old one is not asked';
    ok $server->stop, 'stops cleanly';
};

subtest 'a challenge nobody answers' => sub {
    my $server = started(with('own'), $offered);
    is $server->handshake(name => 'a.test', alpn => 'acme-tls/1')->subject, 'CN = own', 'the usual certificate';
    ok $server->stop, 'stops cleanly';
};

subtest "OpenSSL's objects" => sub {
    my $server = started(with('own'), 'Peer old init', 'Peer old handshake');
    logs $server, qr/peer: old init for a\.test: for a server/, 'the context was shown';
    is $server->handshake(name => 'a.test')->protocol, 'TLSv1.2', 'and what was set there holds';
    logs $server, qr/peer: old handshake for \S+: with its connection/, 'each SSL is shown, and leads to its connection';
    ok $server->stop, 'stops cleanly';

    $server = server(with('own'), 'Peer old init refuse');
    ok !$server->begin, 'who refuses the context ends the start';
    like $server->said, qr/another module refuses the TLS context of a\.test/, 'with words';

    $server = started(with('own'), 'Peer old handshake refuse');
    ok !$server->handshake(name => 'a.test')->protocol, 'who refuses a connection ends it';
    ok $server->running, 'and nothing else';
    ok $server->stop, 'stops cleanly';
};

subtest "OpenSSL's objects of connections to backends" => sub {
    my @lines = (with('own'), 'SSLProxyEngine on', '<Proxy "https://localhost:1/">', 'SSLProxyVerify none', '</Proxy>',
        '<Proxy "https://localhost:2/">', 'SSLProxyEngine off', '</Proxy>');
    my $server = TLSplus::Server->new(certs => $certs, modules => ['proxy'], before => "LoadModule peer_module $so",
        conf => tls_host('a.test', @lines, 'Peer old init'));
    ok $server->begin, 'starts' or diag $server->said;
    my @shown = $server->said =~ /peer: old init for (\S+?): for backends/g;
    is "@shown", 'a.test a.test', 'a context for the host and one for the section that has TLS';
    ok $server->stop, 'stops cleanly';
};

subtest 'mod_md' => sub {
    plan skip_all => 'httpd has no mod_md' unless has_module('md');
    # an authority that does not answer: issuance goes on for ever
    my $server = TLSplus::Server->new(certs => $certs, modules => ['watchdog', 'md'], conf => <<'CONF');
MDomain a.test
MDCertificateAgreement accepted
MDCertificateAuthority http://127.0.0.1:1/directory
MDContactEmail admin@a.test
MDStoreDir @ROOT@/md
MDRetryDelay 3600s
<MDomain c.test>
  MDCertificateFile    @CERTS@/added.full
  MDCertificateKeyFile @CERTS@/added.key
</MDomain>
<VirtualHost *:@PORT@>
  ServerName a.test
  SSLEngine on
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName b.test
  SSLEngine on
  SSLCertificateFile    @CERTS@/other.crt
  SSLCertificateKeyFile @CERTS@/other.key
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName c.test
  SSLEngine on
</VirtualHost>
CONF
    my $found = $server->configtest;
    is $found->{exit}, 0, 'a managed domain passes configtest before it has a certificate' or diag $found->{text};
    ok $server->begin, 'and starts' or return diag $server->said;
    is $server->get('/', name => 'a.test', insecure => 1)->status, 503, 'its requests are answered 503 until issuance';
    is $server->get('/', name => 'b.test')->status, 200, 'another host is served';
    my $answer = $server->handshake(name => 'c.test', request => $request =~ s/a\.test/c.test/r);
    is $answer->subject, 'CN = added', 'and one whose certificate mod_md has';
    is $answer->chain_length, 2, 'with its chain';
    is $answer->status, 200, 'and its pages';
    ok $server->graceful, 'a graceful restart';
    is $server->get('/', name => 'a.test', insecure => 1)->status, 503, 'changes nothing';
    ok $server->stop, 'stops cleanly';
};

# A host that is covered by neither a file nor an MDomain cannot be served: it is said before, and the start refused.
subtest 'mod_md and a host it does not know' => sub {
    plan skip_all => 'httpd has no mod_md' unless has_module('md');
    my $managed = sub ($domains, @host) {
        return <<"CONF" . join '', map { "$_\n" } '<VirtualHost *:@PORT@>', '  SSLEngine on', @host, '</VirtualHost>';
MDCertificateAgreement accepted
MDCertificateAuthority http://127.0.0.1:1/directory
MDContactEmail admin\@a.test
MDStoreDir \@ROOT\@/md
MDRetryDelay 3600s
$domains
CONF
    };
    my @rows = (
        # MDomain lines                                          host                                             covered
        ['MDomain a.tset',                                       ['  ServerName a.test'],                          0],
        ['MDomain b.test manual',                                ['  ServerName a.test', '  ServerAlias c.test'],  0],
        ['',                                                     ['  ServerName a.test'],                          0],
        ['MDomain *.b.test',                                     ['  ServerName a.b.c.test'],                      0],
        ['MDomain b.test',                                       ['  ServerName a.test', '  ServerAlias b.test'],  1],
        ['MDomain b.test A.test auto',                           ['  ServerName a.test'],                          1],
        ["<MDomainSet b.test>\n  MDMember a.test\n</MDomainSet>", ['  ServerName a.test'],                          1],
        ['MDomain x.test',                                       ['  ServerName a.test', '  ServerAlias *.test'],  1],
    );
    for (@rows) {
        my ($domains, $host, $covered) = @$_;
        my $server = TLSplus::Server->new(certs => $certs, modules => ['watchdog', 'md'], conf => $managed->($domains, @$host));
        my $label  = ($domains =~ s/\n/ /gr || 'no MDomain') . ", @$host";
        my $found  = $server->configtest;
        is $found->{exit}, 0, "$label: passes configtest" or diag $found->{text};
        is $found->{text} =~ /TP0270: .*test\.conf/ ? 1 : 0, 1 - $covered, "$label: " . ($covered ? 'without a word' : 'is told');
        is $server->begin, $covered, "$label: " . ($covered ? 'starts' : 'does not start') or diag $server->said;
        like $server->said, qr/TP0200: /, "$label: with the reason" if !$covered;
        next if !$covered;
        $server->configure($managed->('MDomain other.example', @$host));
        ok $server->refuses_graceful, "$label: a graceful restart without the domain ends the server";
        like $server->log, qr/TP0200: /, "$label: with the reason";
    }
};

# What is found at a start is told once, also where certificates came later.
subtest 'mod_md and a warning' => sub {
    plan skip_all => 'httpd has no mod_md' unless has_module('md');
    my $server = TLSplus::Server->start(certs => $certs, modules => ['watchdog', 'md'], conf => <<'CONF' . tls_host('stranger.test', pair('other')));
MDCertificateAgreement accepted
MDCertificateAuthority http://127.0.0.1:1/directory
MDContactEmail admin@a.test
MDStoreDir @ROOT@/md
MDRetryDelay 3600s
MDomain a.test
<VirtualHost *:@PORT@>
  ServerName a.test
  SSLEngine on
  SSLSessionCacheTimeout 300s
</VirtualHost>
CONF
    for my $id ('TP0112', 'TP0224', 'TP0319') {
        is scalar(() = $server->log =~ /$id: /g), 1, "$id once in the log";
    }
    my $mark = $server->mark;
    ok $server->graceful, 'a graceful restart';
    for my $id ('TP0112', 'TP0224', 'TP0319') {
        is scalar(() = $server->log($mark) =~ /$id: /g), 1, "$id once more";
    }
    ok $server->stop, 'stops cleanly';
};

done_testing;
