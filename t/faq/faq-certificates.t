# SPDX-License-Identifier: Apache-2.0
#
# The certificate chapter of the classic SSL FAQ, done: every command it gives is run as it is printed there,
# by somebody at a terminal who answers what is asked, and what comes out is served. Then what the chapter
# explains is told by the server itself, or done by a command of ours. One subtest a question, named faq_<id>
# after its anchor.
#
# Two things of the chapter no longer exist, and the test uses what is nearest: CA.sh, of which OpenSSL
# has kept CA.pl alone; and certificates without subjectAltName, which the commands still make and no
# client accepts for a host name - where a client is to verify one, -addext is added.
use v5.36;
use FindBin;
use File::Path qw(remove_tree);
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env     qw(has_module needs_program needs_tlsplus scratch_dir srcdir tool);
use TLSplus::Host;
use TLSplus::Process qw(run slurp spew);
use TLSplus::Seat;
use TLSplus::Server;
use TLSplus::Terminal qw(type_to);
use TLSplus::Test;
use TLSplus::Tool;

needs_tlsplus();
needs_program('openssl');

my $certs = TLSplus::Certs->new;
$certs->ca;
my $dir = scratch_dir('tlsplus-faq');

# A command line as it stands in the chapter, at a terminal, in the folder of this test.
sub typed ($line, @dialog) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $done = type_to(['sh', '-c', $line], dir => $dir, dialog => \@dialog);
    ok $done->{exit} == 0 && !$done->{unsaid}, "\$ $line" or diag "status $done->{exit}, $done->{unsaid} answers not asked for:\n$done->{screen}";
    return $done->{screen};
}

# What openssl req asks for a name; every question but that for the common name is left at its default.
sub name_of ($name) {
    return ((map { [qr/$_[^\n]*:/, "\r"] } 'Country Name', 'State', 'Locality', 'Organization Name', 'Organizational Unit'),
        [qr/Common Name[^\n]*:/, "$name\r"], [qr/Email Address[^\n]*:/, "\r"]);
}
sub request_of ($name) { (name_of($name), [qr/challenge password[^\n]*:/, "\r"], [qr/optional company[^\n]*:/, "\r"]) }
sub phrase_twice ($phrase) { ([qr/Enter (?:PEM )?pass phrase[^\n]*:/i, "$phrase\r"], [qr/Verifying[^\n]*:/, "$phrase\r"]) }
sub phrase_once ($phrase) { [qr/Enter pass phrase[^\n]*:/, "$phrase\r"] }

# A host with the two lines of the chapter.
sub host (@more) {
    return tls_host('www.foo.dom', qq{SSLCertificateFile    "$dir/server.crt"}, qq{SSLCertificateKeyFile "$dir/server.key"}, @more);
}

sub is_served ($what, @conf) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $server = TLSplus::Server->new(certs => $certs, conf => @conf ? $conf[0] : host());
    ok($server->begin, "$what: httpd starts") or return diag $server->said;
    is $server->get('/', name => 'www.foo.dom', insecure => 1)->status, 200, "$what: and serves it";
    ok $server->stop, "$what: stops cleanly";
}

# The same at a terminal, where somebody knows the phrase.
sub is_served_after_dialog ($what, $phrase) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $server = TLSplus::Seat->new(conf => host(), dialog => [[qr/Pass phrase: /, "$phrase\r"]]);
    ok($server->begin, "$what: httpd asks for the phrase and starts") or return diag $server->said;
    like $server->screen, qr/server\.key/, "$what: the question names the key";
    is $server->get('/', name => 'www.foo.dom', insecure => 1)->status, 200, "$what: and it serves";
    ok $server->stop, "$what: stops cleanly";
}

sub fresh { remove_tree(glob "$dir/*") }

# ---- the recipes ----

subtest 'faq_selfcert: the recipe' => sub {
    fresh();
    typed('openssl req -new -x509 -nodes -out server.crt -keyout server.key', name_of('www.foo.dom'));
    is_served('self-signed');
    typed('openssl rsa -des3 -in server.key -out server.key.new', phrase_twice('opensesame'));
    typed('mv server.key.new server.key');
    like slurp("$dir/server.key"), qr/ENCRYPTED/, 'the key has a pass phrase now';
    is_served_after_dialog('self-signed with a pass phrase', 'opensesame');
};

subtest 'faq_passphrase: the recipe' => sub {
    typed('openssl rsa -des3 -in server.key -out server.key.new', phrase_once('opensesame'), phrase_twice('sesame2'));
    typed('mv server.key.new server.key');
    is_served_after_dialog('the phrase changed', 'sesame2');
};

subtest 'faq_removepassphrase: the recipe' => sub {
    typed('cp server.key server.key.org');
    typed('openssl rsa -in server.key.org -out server.key', phrase_once('sesame2'));
    typed('chmod 400 server.key');
    is_served('the phrase removed');
    is file_mode("$dir/server.key"), '0400', 'its owner alone may read it';
};

subtest 'faq_realcert: the recipe' => sub {
    fresh();
    typed('openssl genrsa -des3 -out server.key 2048', phrase_twice('opensesame'));
    like typed('openssl rsa -noout -text -in server.key', phrase_once('opensesame')), qr/2048 bit/, 'the key can be looked at';
    typed('openssl rsa -in server.key -out server.key.unsecure', phrase_once('opensesame'));
    typed('openssl req -new -key server.key -out server.csr', phrase_once('opensesame'), request_of('www.foo.dom'));
    like typed('openssl req -noout -text -in server.csr'), qr/CN ?= ?www\.foo\.dom/, 'the request has the name';
    # "You now have to send this to a Certifying Authority": ours
    is cert($dir, 'ca', '--name', 'The CA')->{exit}, 0, 'an authority';
    is cert($dir, qw(issue --server --csr server.csr --out server))->{exit}, 0, 'signs the request';
    like typed('openssl x509 -noout -text -in server.crt'), qr/Issuer: CN ?= ?The CA.*DNS:www\.foo\.dom/s, 'the certificate can be looked at';
    is_served_after_dialog('from an authority', 'opensesame');
    spew("$dir/server.key", slurp("$dir/server.key.unsecure"), 0600);
    my $server = TLSplus::Server->start(conf => host());
    is $server->get('/', name => 'www.foo.dom', ca => "$dir/ca/ca.crt")->status, 200, 'the decrypted copy is served, and whoever knows the authority trusts it';
    $server->stop;
};

subtest 'faq_verify: the recipe' => sub {
    my ($modulus) = typed('openssl x509 -noout -text -in server.crt') =~ /Modulus:\s*([0-9a-f:\s]+?)\s*Exponent/;
    my ($of_key)  = typed('openssl rsa -noout -text -in server.key') =~ /modulus:\s*([0-9a-f:\s]+?)\s*publicExponent/;
    is $of_key =~ s/\s//gr, $modulus =~ s/\s//gr, 'the numbers match';
    my @sums = map { typed($_) } 'openssl x509 -noout -modulus -in server.crt | openssl md5', 'openssl rsa -noout -modulus -in server.key | openssl md5',
      'openssl req -noout -modulus -in server.csr | openssl md5';
    is $sums[0], $sums[1], 'certificate and key match';
    is $sums[0], $sums[2], 'and the request';
    # The shorter numbers say nothing of keys that are not RSA: no modulus, equal sums. Ours does.
};

subtest 'faq_pemder: the recipe' => sub {
    spew("$dir/cert.pem", slurp("$dir/server.crt"));
    typed('openssl x509 -in cert.pem -out cert.der -outform DER');
    is_served('DER', host() =~ s/server\.crt/cert.der/r);
};

subtest 'faq_ownca: the recipe' => sub {
    fresh();
    typed('openssl genrsa -des3 -out server.key 2048', phrase_twice('opensesame'));
    typed('openssl rsa -in server.key -out server.key.unsecure', phrase_once('opensesame'));
    typed('openssl req -new -x509 -nodes -sha1 -days 365 -key server.key -out server.crt -extensions usr_cert', phrase_once('opensesame'), name_of('www.foo.dom'));
    like typed('openssl x509 -noout -text -in server.crt'), qr/sha1WithRSAEncryption/, 'a SHA-1 signature, as asked for';
    is_served_after_dialog('self-signed by hand', 'opensesame');
};

# "The short answer is to use the CA.sh or CA.pl script provided by OpenSSL."
subtest 'faq_ownca: CA.pl' => sub {
    my ($script) = grep { -x } map { "$_/misc/CA.pl" } run(['openssl', 'version', '-d'])->{out} =~ /"(.*)"/;
    plan skip_all => 'no CA.pl (Debian: openssl)' unless defined $script;
    fresh();
    typed("$script -newca", [qr/CA certificate filename[^\n]*\n/, "\r"], phrase_twice('capass'), name_of('The CA'), [qr/challenge password[^\n]*:/, "\r"],
        [qr/optional company[^\n]*:/, "\r"], phrase_once('capass'));
    typed("$script -newreq-nodes", request_of('www.foo.dom'));
    typed("$script -sign", phrase_once('capass'), [qr/Sign the certificate/, "y\r"], [qr/certified, commit/, "y\r"]);
    rename "$dir/newcert.pem", "$dir/server.crt";
    rename "$dir/newkey.pem",  "$dir/server.key";
    is_served('signed by CA.pl');
};

subtest 'faq_gid: the recipe' => sub {
    $certs->leaf('below', san => ['a.test'], intermediates => 1);
    my $server = TLSplus::Server->start(certs => $certs, conf => tls_host('a.test', pair('below')));
    is $server->handshake(name => 'a.test')->verify, 21, 'without the intermediate a client cannot verify the certificate';
    $server->configure(tls_host('a.test', pair('below'), 'SSLCertificateChainFile @CERTS@/below.chain'));
    ok $server->graceful, 'SSLCertificateChainFile added';
    is $server->handshake(name => 'a.test')->verify, 0, 'and it can';
    is $server->get('/', name => 'a.test')->status, 200, 'and is served';
    $server->stop;
};

# ---- the page that answers all this ----

subtest 'doc/certificates.md: its commands run, in their order' => sub {
    my $work = scratch_dir('tlsplus-page');
    my $page = slurp(srcdir() . '/doc/certificates.md');
    my @lines = grep { !/192\.0\.2\.7/ } $page =~ /^ {4}((?:tlsplus-cert|openssl) .*)$/mg;
    cmp_ok scalar @lines, '>', 10, 'there are some';
    my $path = tool('tlsplus-cert') =~ s{/[^/]*$}{}r;
    my %sum;
    for my $line (@lines) {
        my $done = run(['sh', '-c', "set -e; $line"], dir => $work, env => {PATH => "$path:$ENV{PATH}"});
        is $done->{exit}, 0, "\$ $line" or diag $done->{err};
        $sum{$done->{out} =~ s/.*= //sr}++ if $line =~ /sha256$/;
    }
    is join(' ', values %sum), 3, 'the three sums are one';
    my @in_table = $page =~ /`(openssl (?:x509|pkey|pkcs12|pkcs7) -(?:in|export)[^`]*)`/g;
    cmp_ok scalar @in_table, '>=', 5, 'conversions';
    rename "$work/from-request.crt", "$work/a.crt";
    rename "$work/www.key", "$work/a.key";
    rename "$work/ca/ca.crt", "$work/chain.pem";
    openssl($work, qw(crl2pkcs7 -nocrl -certfile a.crt -outform DER -out a.p7b));
    for my $line (@in_table) {
        # phrases are asked for; here they are empty
        my $given = $line =~ /-export/ ? "$line -passout pass:" : $line =~ /pkcs12/ ? "$line -passin pass:" : $line;
        is run(['sh', '-c', $given], dir => $work)->{exit}, 0, "\$ $line";
    }
};

# ---- the server answers by itself ----

# What a configtest of one host says.
sub configtest_of (@lines) {
    my $server = TLSplus::Server->new(certs => $certs, conf => tls_host('a.test', @lines));
    return $server->configtest;
}

subtest 'faq_httpstest' => sub {
    $certs->leaf('local', san => ['localhost'], intermediates => 1);
    $certs->ca('other');
    my $server = TLSplus::Server->start(certs => $certs, conf => tls_host('localhost', pair('local', 'full')));
    my $at = 'localhost:' . $server->port;
    my $done = check($at, '--ca', $certs->ca);
    is $done->{exit}, 0, 'tlsplus-check finds no problem' or diag $done->{text};
    like $done->{out}, qr/TLSv1\.3/, 'and prints TLSv1.3';
    isnt check($at, '--ca', $certs->ca('other'))->{exit}, 0, 'with another CA it does';
    my $by_hand = run(['sh', '-c', q{printf 'GET / HTTP/1.0\r\n\r\n' | openssl s_client -quiet -connect } . $at]);
    like $by_hand->{out}, qr{^HTTP/1\.\d 200 .*hello over TLS}s, 'by hand, with openssl s_client';
    like $server->configtest(define => ['DUMP_TLS'])->{text}, qr/localhost.*TLSv1\.3/s, 'and without network: -t -D DUMP_TLS';
    $server->stop;
};

subtest 'faq_keyscerts' => sub {
    $certs->leaf('a', san => ['a.test']);
    for my $row (
        ['a request', "SSLCertificateFile \@CERTS\@/a.csr\nSSLCertificateKeyFile \@CERTS\@/a.key", qr/a certificate request/, 4],
        ['a key', "SSLCertificateFile \@CERTS\@/a.key", qr/a private key/, 4],
        ['a certificate for a key', "SSLCertificateFile \@CERTS\@/a.crt\nSSLCertificateKeyFile \@CERTS\@/a.crt", qr/a certificate/, 5],
    ) {
        my ($what, $lines, $says, $line) = @$row;
        my $found = configtest_of($lines);
        isnt $found->{exit}, 0, "$what: refused";
        like $found->{text}, $says, 'it says what it found';
        like $found->{text}, qr/test\.conf:$line\b/, 'with file and line';
    }
};

subtest 'faq_startup' => sub {
    $certs->leaf('locked', san => ['a.test'], password => 'opensesame');
    my $lines = "SSLCertificateFile \@CERTS\@/locked.crt\nSSLCertificateKeyFile \@CERTS\@/locked.enc.key";
    my $server = TLSplus::Server->new(certs => $certs, conf => tls_host('a.test', $lines));
    ok !$server->begin, 'an encrypted key and nobody to ask: it does not start, and does not wait';
    like $server->said, qr/locked\.enc\.key/, 'the key is named';
    like $server->said, qr/SSLPassPhraseDialog exec:.*systemd-ask-password.*openssl pkey/s, 'and all three remedies';
    my $help = spew("$dir/helper", "#!/bin/sh\necho opensesame\n", 0755);
    $server = TLSplus::Server->new(certs => $certs, conf => "SSLPassPhraseDialog exec:$help\n" . tls_host('a.test', $lines));
    ok $server->begin, 'with a program it starts' or diag $server->said;
    is $server->get('/', name => 'a.test')->status, 200, 'and serves';
    $server->stop;
};

subtest 'faq_selfcert' => sub {
    fresh();
    my $made = cert($dir, qw(selfsigned --name www.foo.dom));
    is $made->{exit}, 0, 'one command';
    my $server = TLSplus::Server->start(conf => "<VirtualHost *:\@PORT\@>\nServerName www.foo.dom\nSSLEngine on\n$made->{out}</VirtualHost>\n");
    is $server->get('/', name => 'www.foo.dom', ca => "$dir/server.crt")->status, 200, 'curl --cacert server.crt';
    is file_mode("$dir/server.key"), '0600', 'the key is private';
    my $before = slurp("$dir/server.key");
    is cert($dir, qw(selfsigned --name www.foo.dom))->{exit}, 1, 'a second run refuses';
    is slurp("$dir/server.key"), $before, 'and overwrites nothing';
    my $check = check('127.0.0.1:' . $server->port, qw(--sni www.foo.dom));
    like $check->{out}, qr/^problem: the certificate is self-signed/m, 'that nobody trusts it is told by tlsplus-check';
    $server->stop;
};

subtest 'faq_realcert' => sub {
    fresh();
    is cert($dir, qw(csr --name a.test --name b.test))->{exit}, 0, 'a request';
    my $verified = run([qw(openssl req -verify -noout -text -in), "$dir/server.csr"]);
    is $verified->{exit}, 0, 'openssl req -verify';
    like $verified->{out}, qr/DNS:a\.test, DNS:b\.test/, 'with both names';
    my $certs = TLSplus::Certs->new;
    my $soon  = $certs->leaf('soon', san => ['a.test'], start => -55);
    my $found = configtest_of("SSLCertificateFile $soon.crt\nSSLCertificateKeyFile $soon.key");
    is $found->{exit}, 0, 'passes configtest';
    like $found->{text}, qr/TP0222: .*test\.conf:4/, 'with a warning that names the line';
    SKIP: {
        skip 'no mod_md (Debian: apache2-bin)', 2 unless has_module('md');
        # No authority answers: it stays at what is served until there is a certificate.
        my $server = TLSplus::Server->new(modules => ['md'], conf => <<'CONF');
MDomain a.test
MDCertificateAgreement accepted
MDCertificateAuthority http://127.0.0.1:1/directory
MDContactEmail admin@a.test
MDStoreDir @ROOT@/md
MDRetryDelay 3600s
<VirtualHost *:@PORT@>
  ServerName a.test
  SSLEngine on
</VirtualHost>
CONF
        ok $server->begin, 'MDomain starts' or diag $server->said;
        is $server->get('/', name => 'a.test', insecure => 1)->status, 503, 'and answers 503 until issuance';
        $server->stop;
    }
};

subtest 'faq_ownca' => sub {
    fresh();
    is cert($dir, 'ca', '--name', 'Example CA')->{exit}, 0, 'an authority';
    is cert($dir, qw(issue --server --name www.foo.dom))->{exit}, 0, 'a server';
    my $lines = "SSLCertificateFile $dir/server.crt\nSSLCertificateKeyFile $dir/server.key";
    finds_nothing TLSplus::Server->new(conf => tls_host('a.test', $lines)), 'that a root has issued it can be seen: no intermediate is missed', qr/TP0226: /;
    is cert($dir, qw(issue --client --name), $_, '--out', $_)->{exit}, 0, "a client: $_" for qw(jane joe);
    is cert($dir, 'crl')->{exit}, 0, 'a list of nobody';
    my $server = TLSplus::Server->start(conf => host('SSLVerifyClient require', "SSLCACertificateFile $dir/ca/ca.crt", "SSLCARevocationFile $dir/ca/ca.crl", 'SSLCARevocationCheck leaf'));
    my $as = sub ($who) { $server->get('/', name => 'www.foo.dom', ca => "$dir/ca/ca.crt", $who ? (cert => "$dir/$who.crt", key => "$dir/$who.key") : ()) };
    is $as->('jane')->status, 200, 'a client with its certificate is served';
    is $as->('joe')->status, 200, 'another too';
    like $as->('')->alert, qr/certificate required|bad certificate|handshake failure/, 'one without gets a handshake error';
    is cert($dir, qw(crl --revoke jane.crt --reason keyCompromise))->{exit}, 0, 'the first is revoked';
    ok $server->graceful, 'the list is read';
    ok !$as->('jane')->ok, 'she is refused';
    like $as->('jane')->alert, qr/revoked/, 'with the alert for it';
    is $as->('joe')->status, 200, 'the other is served';

    # the same by folder, for children that are not root
    mkdir "$dir/crls", 0755;
    is cert($dir, qw(crl --hash-dir crls))->{exit}, 0, 'a folder of lists';
    chmod 0755, $dir;
    $server->configure(host('SSLVerifyClient require', "SSLCACertificateFile $dir/ca/ca.crt", "SSLCARevocationPath $dir/crls", 'SSLCARevocationCheck leaf'));
    ok $server->graceful, 'is read';
    ok !$as->('jane')->ok, 'she is refused';
    is $as->('joe')->status, 200, 'the other is served';
    $server->stop;
    my $found = configtest_of("SSLCertificateFile $dir/ca/ca.crt\nSSLCertificateKeyFile $dir/ca/ca.key");
    like $found->{text}, qr/TP0223: .*test\.conf:4/, "a CA's certificate as a server's is told";
};

subtest 'faq_passphrase' => sub {
    fresh();
    spew("$dir/old", "opensesame\n", 0600);
    is cert($dir, qw(selfsigned --name www.foo.dom --pass old))->{exit}, 0, 'an encrypted key';
    spew("$dir/phrase", "opensesame\n", 0600);
    spew("$dir/helper", "#!/bin/sh\necho asked >> $dir/calls\ncat $dir/phrase\n", 0755);
    my $server = TLSplus::Server->start(conf => "SSLPassPhraseDialog exec:$dir/helper\n" . host());
    is $server->get('/', name => 'www.foo.dom', insecure => 1)->status, 200, 'served';
    unlink "$dir/calls";
    # the one-liner for every kind of key
    spew("$dir/new", "another phrase\n", 0600);
    openssl($dir, qw(pkey -aes256 -in server.key -passin file:old -passout file:new -out server.key.new));
    rename "$dir/server.key.new", "$dir/server.key";
    spew("$dir/phrase", "another phrase\n", 0600);
    ok $server->graceful, 'the phrase is changed, and the server restarted gracefully';
    is slurp("$dir/calls"), "asked\n", 'the program was called once';
    is $server->get('/', name => 'www.foo.dom', insecure => 1)->status, 200, 'and the server goes on';
    unlink "$dir/calls";
    ok $server->graceful, 'a restart without a change';
    ok !-e "$dir/calls", 'asks nobody';
    $server->stop;
};

subtest 'faq_removepassphrase' => sub {
    fresh();
    spew("$dir/old", "opensesame\n", 0600);
    is cert($dir, qw(selfsigned --name www.foo.dom --pass old))->{exit}, 0, 'an encrypted key';
    # a credential as a service manager hands it over
    mkdir "$dir/credentials", 0700;
    spew("$dir/credentials/tls", "opensesame\n", 0400);
    spew("$dir/helper", "#!/bin/sh\nexec cat \"\$CREDENTIALS_DIRECTORY/tls\"\n", 0755);
    my $server = TLSplus::Server->new(conf => "SSLPassPhraseDialog exec:$dir/helper\n" . host(), env => {CREDENTIALS_DIRECTORY => "$dir/credentials"});
    ok $server->begin, 'a phrase from a credential: no dialog' or diag $server->said;
    is $server->get('/', name => 'www.foo.dom', insecure => 1)->status, 200, 'and served';
    $server->stop;
    openssl($dir, qw(pkey -in server.key -passin file:old -out server.key.new));
    rename "$dir/server.key.new", "$dir/server.key";
    chmod 0644, "$dir/server.key";
    $server = TLSplus::Server->new(conf => tls_host('a.test', "SSLCertificateFile $dir/server.crt\nSSLCertificateKeyFile $dir/server.key"));
    my $found  = $server->configtest;
    is $found->{exit}, 0, 'a key that all may read passes';
    like $found->{text}, qr/TP0233: .*test\.conf:5.*chmod 600/, 'with a warning, and what to do';
    chmod 0600, "$dir/server.key";
    finds_nothing $server, 'with 0600 there is none', qr/TP0233: /;
};

subtest 'faq_verify' => sub {
    $certs->leaf('a', san => ['a.test']);
    $certs->leaf('b', san => ['a.test'], key => 'rsa');
    my %print = map { $_ => run(['sh', '-c', "openssl pkey -in $certs->{dir}/$_.key -pubout -outform DER | openssl sha256 -r"])->{out} =~ s/ .*//sr } qw(a b);
    my $found = configtest_of("SSLCertificateFile \@CERTS\@/a.crt\nSSLCertificateKeyFile \@CERTS\@/b.key");
    isnt $found->{exit}, 0, 'certificate A with key B is refused';
    like $found->{text}, qr/TP0210: .*test\.conf:/, 'with the line';
    like $found->{text}, qr/\Q$print{a}\E/i, 'the fingerprint of the key in the certificate';
    like $found->{text}, qr/\Q$print{b}\E/i, 'and that of the key in the file';
    $found = configtest_of("SSLCertificateFile \@CERTS\@/a.crt\nSSLCertificateKeyFile \@CERTS\@/b.key\nSSLCertificateFile \@CERTS\@/b.crt\nSSLCertificateKeyFile \@CERTS\@/a.key");
    isnt $found->{exit}, 0, 'swapped pairs too';
    like $found->{text}, qr/test\.conf:7/, 'and the line of the key that would match is named';
};

subtest 'faq_pemder' => sub {
    $certs->leaf('a', san => ['a.test']);
    my $at = $certs->dir;
    openssl($at, qw(pkcs12 -export -in a.crt -inkey a.key -passout pass: -out a.p12));
    $certs->write('windows.crt', "\xef\xbb\xbf", $certs->read('a.crt') =~ s/\n/\r\n/gr);
    for my $row (
        ['DER',     "SSLCertificateFile \@CERTS\@/a.crt.der\nSSLCertificateKeyFile \@CERTS\@/a.key.der"],
        ['PKCS#12', 'SSLCertificateFile @CERTS@/a.p12'],
        ['PEM with Windows line ends and byte order mark', "SSLCertificateFile \@CERTS\@/windows.crt\nSSLCertificateKeyFile \@CERTS\@/a.key"],
    ) {
        my $server = TLSplus::Server->new(certs => $certs, conf => tls_host('a.test', $row->[1]));
        ok $server->begin, "$row->[0]: starts" or diag $server->said;
        is $server->get('/', name => 'a.test')->status, 200, "$row->[0]: served and verified";
        $server->stop;
    }
};

subtest 'faq_gid' => sub {
    $certs->leaf('deep', san => ['a.test'], intermediates => 2);
    my $found = configtest_of(pair('deep'));
    is $found->{exit}, 0, 'a leaf without its intermediates passes';
    like $found->{text}, qr/TP0226: .*CN=TLSplus test intermediate 2/, 'with a warning that names the missing issuer';
    my $server = TLSplus::Server->start(certs => $certs, conf => tls_host('a.test', pair('deep')));
    logs $server, qr/TP0226: .*CN=TLSplus test intermediate 2/, 'and so at the start';
    $server->stop;
    my @chain = $certs->read('deep.chain') =~ /(-----BEGIN.*?-----END[^\n]*\n)/sg;
    $certs->write('turned.crt', $certs->read('deep.crt'), reverse @chain);
    $server = TLSplus::Server->start(certs => $certs, conf => tls_host('a.test', "SSLCertificateFile \@CERTS\@/turned.crt\nSSLCertificateKeyFile \@CERTS\@/deep.key"));
    my $answer = $server->handshake(name => 'a.test');
    is $answer->verify, 0, 'a file in the wrong order verifies';
    is $answer->chain_length, 3, 'all three are sent';
    my @sent = $answer->output =~ /^ \d s:CN ?= ?(.*)$/mg;
    is_deeply \@sent, ['a.test', 'TLSplus test intermediate 2', 'TLSplus test intermediate 1'], 'in the right order';
    $server->stop;
};

done_testing;
