# SPDX-License-Identifier: Apache-2.0
#
# Questions of mod_ssl's FAQ about ciphers and names, answered by the server: one subtest for each question,
# by its anchor there.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(library_compresses needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(run);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
my $certs = TLSplus::Certs->new;
$certs->leaf('ec',  san => ['a.test']);
$certs->leaf('rsa', san => ['a.test'], key => 'rsa');
$certs->leaf($_, cn => "$_.test", san => ["$_.test"]) for qw(b c);
my %KEYS = map { $_ => "SSLCertificateFile \@CERTS\@/$_.crt\nSSLCertificateKeyFile \@CERTS\@/$_.key\n" } qw(ec rsa b c);

sub host ($keys, $more = '', $name = 'a.test') { tls_host($name, $keys, $more) }
sub server ($conf, %opt) { TLSplus::Server->new(certs => $certs, conf => $conf, %opt) }

# The suites DUMP_TLS lists for a version; marked => those there is no certificate for.
sub dumped ($out, $version) {
    my ($list) = $out =~ /^  \Q$version\E:\n((?:    \S.*\n)+)/m;
    my @lines = map { s/^ +//r } split /\n/, $list // '';
    return { names => [map { /^(\S+)/ } @lines], marked => [map { /^(\S+)  \(no certificate/ } @lines] };
}

subtest 'faq_ciphers' => sub {
    for my $string ('DEFAULT', 'HIGH:!kRSA', 'ECDHE+AESGCM:ECDHE+CHACHA20', 'ALL:!AES') {
        my $found = server(host("$KEYS{ec}$KEYS{rsa}", "SSLCipherSuite $string\n"))->configtest(define => ['DUMP_TLS']);
        is $found->{exit}, 0, "$string: accepted" or diag $found->{text};
        for my $version (['TLSv1.2', '-tls1_2'], ['TLSv1.3', '-tls1_3']) {
            # what can be had without certificates is excluded by us
            my $said = run(['openssl', 'ciphers', '-s', '-v', $version->[1], "$string:!aNULL:!eNULL"])->{out};
            my @wanted = map { /^(\S+)/ } split /\n/, $said;
            is_deeply dumped($found->{out}, $version->[0])->{names}, \@wanted, "$string, $version->[0]: the list of openssl ciphers -s -v";
        }
    }
    my $both = dumped(server(host("$KEYS{ec}$KEYS{rsa}"))->configtest(define => ['DUMP_TLS'])->{out}, 'TLSv1.2');
    is_deeply $both->{marked}, [], 'both keys: all of them usable';
    my $ec = dumped(server(host($KEYS{ec}))->configtest(define => ['DUMP_TLS'])->{out}, 'TLSv1.2');
    is_deeply $ec->{names}, $both->{names}, 'without the RSA certificate: the same list';
    my @of_rsa = map { /^(\S+)/ } grep { /Au=RSA/ } split /\n/, run(['openssl', 'ciphers', '-s', '-v', '-tls1_2', 'DEFAULT'])->{out};
    is_deeply $ec->{marked}, \@of_rsa, 'and those that need it are marked';
};

subtest 'faq_adh' => sub {
    my $found = server(host($KEYS{ec}, "SSLCipherSuite ADH\n"))->configtest;
    isnt $found->{exit}, 0, 'ADH alone: refused';
    like $found->{text}, qr/TP0304: .*SSLCipherSuite at \S+test\.conf:6\b.*ADH/, 'with the reason';
    my $server = server(host($KEYS{ec}, "SSLCipherSuite HIGH:ADH\n"));
    $found = $server->configtest;
    is $found->{exit}, 0, 'among others: accepted';
    like $found->{text}, qr/TP0305: .*test\.conf:6\b/, 'with a warning';
    ok $server->begin, 'starts' or return diag $server->said;
    is $server->handshake(name => 'a.test', tls => 'TLSv1.2', cipher => 'ADH:@SECLEVEL=0')->alert, 'handshake failure', 'and still off';
    serves $server, 'serves', name => 'a.test';
    ok $server->stop, 'stops cleanly';
};

subtest 'faq_sharedciphers' => sub {
    my $found = server(host($KEYS{ec}, "SSLProtocol TLSv1.2\nSSLCipherSuite aRSA\n"))->configtest;
    isnt $found->{exit}, 0, 'ECDSA key, RSA ciphers, TLS 1.2: refused';
    like $found->{text}, qr/TP0307: .*SSLCipherSuite at \S+test\.conf:7\b.*RSA.*SSLCertificateFile at/, 'naming both directives';

    my $server = server(host($KEYS{ec}, "SSLCipherSuite ECDHE+AESGCM\nSSLOpenSSLConfCmd Groups X25519:P-256\n"));
    ok $server->begin, 'starts' or return diag $server->said;
    my @CASES = (
        ['an RSA client', qr/client needs an RSA certificate; configured: ECDSA;/, tls => 'TLSv1.2', cipher => 'ECDHE-RSA-AES128-GCM-SHA256'],
        ['other ciphers', qr/no common cipher for TLSv1\.2;/, tls => 'TLSv1.2', cipher => 'ECDHE-ECDSA-CHACHA20-POLY1305'],
        ['an old client', qr/no common version;/, tls => 'TLSv1', cipher => 'ALL:@SECLEVEL=0'],
        ['other groups',  qr/no common group;/, tls => 'TLSv1.3', groups => 'P-521'],
        ['other signatures', qr/client needs an RSA certificate; configured: ECDSA;/, tls => 'TLSv1.3', sigalgs => 'RSA-PSS+SHA256'],
    );
    for my $case (@CASES) {
        my ($what, $reason, %client) = @$case;
        my $mark = $server->mark;
        isnt $server->handshake(name => 'a.test', %client)->alert, '', "$what: refused";
        my $line = logs $server, qr/TP0400: .*$reason/, "$what: why", mark => $mark;
        like $line, qr/TP0400: TLS handshake failed \(vhost \S+\): $reason .*OpenSSL: .*client offers \S/, "$what: the cause first, then what both sides have";
        cmp_ok length($line =~ s/.*(?=TP0400)//r), '<', 600, "$what: a line that can be read";
        like $line, qr/Fix: \S/, "$what: and what to do";
    }
    my $mark = $server->mark;
    $server->handshake(name => 'a.test', tls => 'TLSv1.2', cipher => 'ECDHE-RSA-AES128-GCM-SHA256', args => ['-reconnect']) for 1 .. 12;
    my @all  = $server->log_lines(qr/TP0400/, $mark);
    cmp_ok scalar @all, '>=', 12, 'each failure has its line';
    serves $server, 'and others are served', name => 'a.test';
    ok $server->stop, 'stops cleanly';
};

subtest 'faq_javadh' => sub {
    # RFC 2409 6.2, as the FAQ gives it
    my $dh = <<'DH';
-----BEGIN DH PARAMETERS-----
MIGHAoGBAP//////////yQ/aoiFowjTExmKLgNwc0SkCTgiKZ8x0Agu+pjsTmyJR
Sgh5jjQE3e+VGbPNOkMbMCsKbfJfFDdP4TVtbVHCReSFtXZiXn7G9ExC6aY37WsL
/1y29Aa37e44a/taiZ+lrp8kEXxLH+ZJKGZR7OZTgf//////////AgEC
-----END DH PARAMETERS-----
DH
    $certs->write('dh.crt', $certs->read('rsa.crt'), $dh);
    my $old = "SSLCertificateFile \@CERTS\@/dh.crt\nSSLCertificateKeyFile \@CERTS\@/rsa.key\nSSLCipherSuite DHE-RSA-AES128-SHA:\@SECLEVEL=0\n";
    my %java = (name => 'a.test', tls => 'TLSv1.2', cipher => 'DHE-RSA-AES128-SHA:@SECLEVEL=0', args => ['-groups', 'P-256']);
    my $server = server(host($old));
    like $server->configtest->{text}, qr/TP0234: .*1024/, 'own parameters of 1024 bits: warned about';
    ok $server->begin, 'starts' or return diag $server->said;
    like $server->handshake(%java)->temp_key, qr/^DH, 1024 bits/, 'and used at security level 0';
    my $mark = $server->mark;
    isnt $server->handshake(%java, cipher => 'DHE-RSA-AES128-SHA:@SECLEVEL=2')->ok, 1, 'a client that does not take them';
    logs $server, qr/TP0400: .*DH parameters of 1024 bits.*alert received: .*ECDHE/, 'is recognised', mark => $mark;
    ok $server->stop, 'stops cleanly';
    $server = server(host($KEYS{rsa}, "SSLCipherSuite DHE-RSA-AES128-SHA:\@SECLEVEL=0\n"));
    ok $server->begin, 'starts without' or return diag $server->said;
    my ($bits) = $server->handshake(%java)->temp_key =~ /^DH, (\d+) bits/;
    cmp_ok $bits // 0, '>=', 2048, 'without: 2048 bits or more';
    ok $server->stop, 'stops cleanly';
};

subtest 'faq_comp' => sub {
  SKIP: {
        skip 'this OpenSSL compresses', 4 if library_compresses();
        my $found = server(host($KEYS{ec}, "SSLCompression on\n"))->configtest;
        isnt $found->{exit}, 0, 'SSLCompression on: refused';
        like $found->{text}, qr/TP0113: /, 'with the reason';
        like $found->{text}, qr/library|OpenSSL/i, 'the library has none';
        like $found->{text}, qr/CRIME|secret/i, 'and it is not safe';
    }
    my $server = server(host($KEYS{ec}) . qq{LogFormat "<%{SSL_COMPRESS_METHOD}x>" comp\nCustomLog logs/comp.log comp\n});
    ok $server->begin, 'starts without' or return diag $server->said;
    serves $server, 'serves', name => 'a.test';
    ok $server->stop, 'stops cleanly';
    is TLSplus::Process::slurp($server->root . '/logs/comp.log'), "<NULL>\n", 'the log says NULL';
};

subtest 'faq_vhosts' => sub {
    my $server = server(join '', host($KEYS{ec}), host($KEYS{b}, '', 'b.test'), host($KEYS{c}, "ServerAlias alias.c.test\n", 'c.test'));
    like $server->configtest->{text}, qr/TP0225: .*alias\.c\.test/, 'an alias that the certificate does not have: warned about';
    ok $server->begin, 'starts' or return diag $server->said;
    for my $name (qw(a b c)) {
        like $server->handshake(name => "$name.test")->output, qr/DNS:\Q$name.test\E|CN = \Q$name.test\E|CN=\Q$name.test\E/, "$name.test: its certificate"
            if $name ne 'a';
        is $server->get('/', name => "$name.test")->status, 200, "$name.test: its name fits";
    }
    ok $server->stop, 'stops cleanly';
};

subtest 'faq_vhosts2' => sub {
    my $server = server(join('', host($KEYS{ec}), host($KEYS{b}, "SSLProtocol TLSv1.2\n", 'b.test'), host($KEYS{c}, '', 'c.test'))
        . "SSLVHostSNIPolicy strict\n", loglevel => 'info ssl:debug');
    ok $server->begin, 'starts' or return diag $server->said;
    my $mark = $server->mark;
    is $server->get('/', name => 'a.test', host => 'b.test')->status, 421, 'SNI a, Host b: 421';
    logs $server, qr/TP0550: .*\bSSL\w+ differs: .*test\.conf:\d+/, 'and the directive that differs is named', mark => $mark;
    is $server->get('/', name => 'a.test', host => 'a.test')->status, 200, 'SNI a, Host a: 200';
    $mark = $server->mark;
    $server->handshake;
    logs $server, qr/TP0560: .*a\.test/, 'no server name: said at debug', mark => $mark;
    $mark = $server->mark;
    $server->handshake(name => "no\"body.test");
    logs $server, qr/TP0561: .*"no\\+"body\.test"/, 'a name nobody has: said at debug, escaped', mark => $mark;
    $mark = $server->mark;
    $server->handshake(name => 'c.test');
    serves $server, 'one that is known', name => 'c.test', ca => $certs->ca;
    says_nothing $server, qr/TP056[01]/, 'nothing to say', mark => $mark;
    ok $server->stop, 'stops cleanly';
};

done_testing;
