# SPDX-License-Identifier: Apache-2.0
#
# tlsplus-check against our module, against openssl s_server where that can do what no httpd should, and
# against things that are no HTTPS server at all. Each problem is a sentence and status 1, and nothing
# keeps it waiting.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::INET ();
use POSIX                ();
use Test::More;
use Time::HiRes      qw(time);
use TLSplus::Certs;
use TLSplus::Env     qw(has_http2 openssl_is_at_least scratch_dir);
use TLSplus::Host;
use TLSplus::Process qw(run spawn spew wait_until slurp);
use TLSplus::Server;
use TLSplus::Tool;

my $certs = TLSplus::Certs->new;
my $dir   = $certs->dir;
my $ca    = $certs->ca;
$certs->leaf('good',    san => ['localhost', 'a.test', '127.0.0.1'], intermediates => 1);
$certs->leaf('expired', san => ['localhost'], expired => 1);
$certs->leaf('future',  san => ['localhost'], future => 1);
$certs->leaf('self',    san => ['localhost'], self_signed => 1);
$certs->leaf('client',  cn => 'client', extensions => ['extendedKeyUsage=clientAuth']);
$certs->leaf('six',     san => ['::1']);
$certs->leaf('demanding', san => ['localhost'], extensions => ['tlsfeature=status_request']);
$certs->ca('other');

# check() of a port on localhost with our CA; further arguments come after.
sub look ($port, @more) { check("localhost:$port", (grep { $_ eq '--ca' } @more) ? () : ('--ca', $ca), @more) }

sub finds ($done, $pattern, $name) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is $done->{exit}, 1, "$name: status 1";
    like $done->{text}, $pattern, "$name: said" or diag $done->{text};
}

# ---- how it is called ----

subtest 'help, and being called in a wrong way' => sub {
    my $help = check('--help');
    is $help->{exit}, 0, '--help succeeds';
    like $help->{out}, qr/^usage: tlsplus-check HOST/, 'and says how';
    for my $row (
        [[], qr/one HOST:PORT/], [[qw(a b)], qr/one HOST:PORT/], [['a:0'], qr/port "0"/], [['https://a/'], qr/is a URL/],
        [[qw(a --starttls smtp)], qr/STARTTLS is not supported/], [[qw(a --key k)], qr/--key needs --cert/],
        [[qw(a --timeout none)], qr/--timeout "none"/], [['a', '--color'], qr/no option/],
    ) {
        my $wrong = check(@{ $row->[0] });
        is $wrong->{exit}, 2, "status 2: @{$row->[0]}";
        like $wrong->{err}, $row->[1], 'and what is wrong';
    }
    my $none = check('localhost:1', '--ca', "$dir/none.pem");
    is $none->{exit}, 1, 'authorities that are not there';
    like $none->{err}, qr/none\.pem": no such file/, 'are said to be missing';
};

# ---- a server in order ----

my @good = pair('good', 'full');

subtest 'a server in order' => sub {
    my $server = TLSplus::Server->start(certs => $certs, modules => ['headers', 'http2'],
        conf => tls_host('localhost', @good, 'Protocols h2 http/1.1', 'Header always set Strict-Transport-Security "max-age=300; includeSubDomains"'));
    my $done = look($server->port, qw(--starttls no));
    my $alpn = has_http2() ? 'h2' : 'http/1\.1';
    is $done->{exit}, 0, 'no problem' or diag $done->{text};
    like $done->{out}, qr/^  $_\n/m, "it prints: $_" for (
        qr/connected +to 127\.0\.0\.1:\d+/, qr/protocol +TLSv1\.3/, qr/cipher +TLS_\w+/, qr/group +x25519(?:mlkem768)?/i, qr/signature +ECDSA with SHA256/,
        qr/ALPN +$alpn/, qr/certificate +CN=localhost, EC P-256/, qr/ +for localhost, a\.test, 127\.0\.0\.1/,
        qr/chain +CN=TLSplus test intermediate 1, EC P-256/, qr/ +valid from \S+ \S+ UTC, expires in \d+ days \(.*\)/,
        qr/verified +yes, by CN=TLSplus test root ca, one of the authorities in \S+/, qr/name +yes, it is for localhost/,
        qr/staple +none/, qr/old versions +TLS 1\.1 refused, TLS 1\.0 refused/, qr/resumption +TLS 1\.3 yes, TLS 1\.2 yes/,
        qr/HTTP +GET \/ gives status 200/, qr/HSTS +300 seconds/,
    );
    unlike $done->{out}, qr/^(?:problem|note):/m, 'and nothing else';
    ok scalar(grep { /"GET \/ HTTP\/1\.1" 200/ } split /\n/, $server->access_log), 'the page was asked for';

    is look($server->port, qw(--sni a.test))->{exit}, 0, 'another of its names';
    is check('127.0.0.1:' . $server->port, '--ca', $ca)->{exit}, 0, 'its address';
    finds look($server->port, qw(--sni b.test)), qr/^problem: the certificate is not for b\.test but for localhost, a\.test, 127\.0\.0\.1\./m, 'a name it does not have';
    finds look($server->port, '--ca', $certs->ca('other')), qr/^problem: the chain ends at CN=TLSplus test intermediate 1, whose issuer, CN=TLSplus test root ca, is not among/m, 'another CA';
    finds check('localhost:' . $server->port), qr/is not among the authorities this system trusts/, 'what the system trusts';
    my $days = look($server->port, qw(--days 90));
    finds $days, qr/^problem: the certificate expires in \d+ days .*renew it/m, 'fewer days than asked for';
    $server->stop;
};

# ---- certificates ----

subtest 'certificates that are not in order' => sub {
    for my $row (
        ['expired', 'expired',   qr/^problem: the certificate expired \d+ days? ago \(.*\)\. Renew it\.$/m],
        ['not yet valid', 'future', qr/^problem: the certificate is valid from \S+ \S+ UTC only\. Look at the clocks/m],
        ['self-signed', 'self',  qr/^problem: the certificate is self-signed, and not among/m],
        ['without its intermediate', 'good', qr/^problem: the server sends its certificate alone, and its issuer, CN=TLSplus test intermediate 1, .*tlsplus-cert fetch-chain/m],
        ['for clients', 'client', qr/^problem: the certificate is not meant for TLS servers/m],
        ['that demands a staple', 'demanding', qr/^problem: the certificate demands a stapled OCSP response/m],
    ) {
        my ($what, $file, $says) = @$row;
        my $server = TLSplus::Server->start(certs => $certs, conf => tls_host('localhost', pair($file)));
        my $done = look($server->port);
        finds $done, $says, $what;
        like $done->{out}, qr/resumption +TLS 1\.3 yes.*HTTP +GET \/ gives status 200/s, "$what: the rest is told all the same";
        $server->stop;
    }
    $certs->leaf('small',   san => ['localhost'], key => 'rsa1024', intermediates => 1);
    $certs->leaf('sha1',    san => ['localhost'], md => 'sha1', intermediates => 1);
    $certs->leaf('unnamed', cn  => 'localhost', intermediates => 1);
    $certs->leaf('ed',      san => ['localhost'], key => 'ed25519', intermediates => 1);
    for my $row (
        ['of 1024 bits', 'small',   1, qr/^problem: the key of "CN=localhost" has 1024 bits: clients refuse/m],
        ['over SHA-1',   'sha1',    1, qr/^problem: "CN=localhost" is signed with SHA1, which clients refuse/m],
        ['with its name in the subject', 'unnamed', 1, qr/^problem: the certificate has no subjectAltName/m],
        ['for a key no browser knows',   'ed',      0, qr/^note: no browser accepts a certificate with an ED25519 key/m],
    ) {
        my ($what, $file, $exit, $says) = @$row;
        my $server = TLSplus::Server->start(certs => $certs,
            conf => tls_host('localhost', pair($file, 'full'), 'SSLCipherSuite DEFAULT:@SECLEVEL=0'));
        my $done = look($server->port);
        is $done->{exit}, $exit, "$what: status $exit" or diag $done->{text};
        like $done->{out}, $says, "$what: said" or diag $done->{text};
        $server->stop;
    }
    is cert($dir, qw(selfsigned --name localhost --days 6 --out soon))->{exit}, 0, 'a certificate for six days';
    my $server = TLSplus::Server->start(certs => $certs, conf => tls_host('localhost', pair('soon')));
    my @trust = ('--ca', "$dir/soon.crt");
    my $done = look($server->port, @trust);
    is $done->{exit}, 0, 'six days of six are no problem, and self-signed is none for whoever trusts it' or diag $done->{text};
    unlike $done->{out}, qr/expires in \d+ days .*renew/, 'not even a note';
    is look($server->port, @trust, qw(--days 5))->{exit}, 0, 'five days left are not fewer than five';
    finds look($server->port, @trust, qw(--days 7)), qr/^problem: the certificate expires in [56] days .*: renew it\.$/m, 'but fewer than seven';
    $server->stop;
    spew("$dir/ext", "subjectAltName=DNS:localhost\n");
    openssl($dir, qw(req -new -key soon.key -subj /CN=localhost -out old.csr));
    spew("$dir/index.txt", '');
    spew("$dir/old.cnf", "[ca]\ndefault_ca=it\n[it]\ndatabase=$dir/index.txt\nnew_certs_dir=$dir\nrand_serial=yes\ndefault_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n");
    my ($from, $to) = map { POSIX::strftime('%Y%m%d%H%M%SZ', gmtime time + 86_400 * $_) } -85, 5.5;
    openssl($dir, qw(ca -batch -notext -selfsign -config old.cnf -keyfile soon.key -in old.csr -out old.crt -extfile ext -startdate), $from, '-enddate', $to);
    $server = TLSplus::Server->start(certs => $certs, conf => tls_host('localhost', 'SSLCertificateFile @CERTS@/old.crt', 'SSLCertificateKeyFile @CERTS@/soon.key'));
    $done = look($server->port, '--ca', "$dir/old.crt");
    is $done->{exit}, 0, 'five days of ninety are no problem' or diag $done->{text};
    like $done->{out}, qr/^note: the certificate expires in 5 days .*: renew it\.$/m, 'but noted';
    $server->stop;
};

# ---- client certificates ----

subtest 'a server that wants a client certificate' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => tls_host('localhost', @good, 'SSLVerifyClient require', 'SSLCACertificateFile @CERTS@/ca.crt'));
    my $done = look($server->port);
    finds $done, qr/^problem: GET \/ was not answered: .*--cert and --key/m, 'without one';
    like $done->{out}, qr/^note: the server asks for a client certificate/m, 'that it asks is noted';
    $done = look($server->port, '--cert', "$dir/client.crt", '--key', "$dir/client.key");
    is $done->{exit}, 0, 'with one' or diag $done->{text};
    like $done->{out}, qr/GET \/ gives status 200/, 'there is a page';
    my $wrong = look($server->port, '--cert', "$dir/client.crt", '--key', "$dir/good.key");
    is $wrong->{exit}, 1, 'a key that does not belong to it';
    like $wrong->{err}, qr/does not belong to the certificate/, 'is said';
    $server->stop;
};

# ---- answers ----

subtest 'what the page says' => sub {
    my $server = TLSplus::Server->start(certs => $certs, modules => ['headers'], conf => tls_host('localhost', @good, 'Redirect 503 /'));
    finds look($server->port), qr/^problem: status 503 is an error of the server/m, '503';
    $server->configure(tls_host('localhost', @good, 'Redirect 404 /', 'Header always set Strict-Transport-Security "includeSubDomains"'));
    ok $server->graceful, 'another configuration';
    my $done = look($server->port);
    finds $done, qr/^problem: the Strict-Transport-Security header "includeSubDomains" has no valid max-age/m, 'HSTS without an age';
    like $done->{out}, qr/GET \/ gives status 404/, '404 is an answer';
    $server->stop;
};

subtest 'no resumption is a note' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => "SSLSessionCache none\n" . tls_host('localhost', @good, 'SSLSessionTickets off'));
    my $done = look($server->port);
    is $done->{exit}, 0, 'no problem' or diag $done->{text};
    like $done->{out}, qr/^note: a TLS 1\.2 session could not be resumed/m, 'but a note';
    $server->configure("SSLSessionCache none\n" . tls_host('localhost', @good, 'SSLSessionTickets off', 'SSLProtocol TLSv1.2'));
    ok $server->graceful, 'TLS 1.2 alone';
    $done = look($server->port);
    is $done->{exit}, 0, 'is no problem' or diag $done->{text};
    like $done->{out}, qr/protocol +TLSv1\.2.*resumption +TLS 1\.3 not spoken/s, 'it is told';
    $server->stop;
};

# ---- staples ----

subtest 'staples' => sub {
    my $at = scratch_dir('tlsplus-staple');
    cert($at, 'ca', '--name', 'Staple CA');
    cert($at, qw(issue --server --name localhost));
    cert($at, qw(issue --server --name localhost --out another));
    my @index = ('-index', 'ca/index.txt');
    my $respond = sub ($name, $of, @more) {
        openssl($at, 'ocsp', @index, qw(-CA ca/ca.crt -rsigner ca/ca.crt -rkey ca/ca.key -issuer ca/ca.crt -noverify -cert), $of, '-respout', $name, @more);
    };
    my $with = sub ($staple) {
        my ($it, $port) = s_server_of("$at/server.crt", "$at/server.key", '-status_file', "$at/$staple");
        my $done = look($port, '--ca', "$at/ca/ca.crt");
        $it->stop;
        return $done;
    };
    $respond->('good', 'server.crt', qw(-ndays 2));
    my $done = $with->('good');
    is $done->{exit}, 0, 'a good one' or diag $done->{text};
    like $done->{out}, qr/staple +good, of \S+ \S+ UTC, until \S+ \S+ UTC/, 'is told with its dates';
    $respond->('other', 'another.crt', qw(-ndays 2));
  SKIP: {
        skip 'this openssl s_server keeps such a response to itself', 2 if openssl_is_at_least(4, 0);
        finds $with->('other'), qr/^problem: the stapled OCSP response is about another certificate/m, 'about another certificate';
    }
    spew("$at/later", "\x30\x03\x0a\x01\x03");    # RFC 6960 4.2.1: tryLater
    finds $with->('later'), qr/^problem: the stapled OCSP response says nothing: trylater/m, 'a responder that had none';
    cert($at, 'ca', '--name', 'Staple CA', '--dir', 'second');
    openssl($at, 'ocsp', @index, qw(-CA ca/ca.crt -rsigner second/ca.crt -rkey second/ca.key -issuer ca/ca.crt -noverify -cert server.crt -respout forged -ndays 2));
    finds $with->('forged'), qr/^problem: the stapled OCSP response is not signed by whoever issued/m, 'signed by somebody else';
    cert($at, qw(crl --revoke server.crt));
    $respond->('revoked', 'server.crt', qw(-ndays 2));
    finds $with->('revoked'), qr/^problem: the certificate is revoked, says the stapled OCSP response/m, 'revoked';
};

# ---- others ----

# A server of the openssl program; ended by its handle. Its port is a free one, asked of the kernel.
sub s_server (@arguments) {
    return s_server_of("$dir/good.crt", "$dir/good.key", '-cert_chain', "$dir/good.full", @arguments);
}

sub s_server_of ($certificate, $key, @arguments) {
    for my $try (1 .. 5) {
        my $probe = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1) or die "no port: $!\n";
        my $port  = $probe->sockport;
        close $probe;
        my $it = spawn(['openssl', 's_server', '-accept', "127.0.0.1:$port", '-cert', $certificate, '-key', $key,
            '-www', @arguments], stdin => '');
        return ($it, $port) if wait_until(20, sub { $it->out =~ /^ACCEPT/m || !$it->running }) && $it->running;
    }
    die "no openssl s_server\n";
}

subtest 'old protocols' => sub {
    my ($it, $port) = s_server(qw(-cipher ALL:@SECLEVEL=0 -min_protocol TLSv1));
    my $done = look($port);
    finds $done, qr/^problem: TLS 1\.0 is accepted.*Set SSLProtocol/m, 'accepted beside new ones';
    like $done->{out}, qr/old versions +TLS 1\.1 accepted, TLS 1\.0 accepted/, 'each is named';
    $it->stop;
    ($it, $port) = s_server(qw(-cipher ALL:@SECLEVEL=0 -tls1_1));
    finds look($port), qr/the server speaks neither TLS 1\.2 nor.*^problem: it speaks TLS 1\.1, which no current client does/ms, 'and nothing else';
    $it->stop;
    ($it, $port) = s_server(qw(-tls1_2 -cipher AES128-SHA));
    my $plain = look($port);
    is $plain->{exit}, 1, 'a handshake that has nothing in common';
    like $plain->{text}, qr/^problem: /m, 'is a problem';
    $it->stop;
};

subtest 'what is no HTTPS server' => sub {
    my $plain = TLSplus::Server->start(certs => $certs, conf => "<VirtualHost *:\@PLAIN\@>\nServerName localhost\n</VirtualHost>\n" . tls_host('localhost', @good));
    finds look($plain->port('PLAIN')), qr/^problem: the server speaks plain HTTP on port \d+: the virtual host of that port has no SSLEngine on/m, 'plain HTTP';
    $plain->stop;
    finds look(answering(sub ($client, $line) { print {$client} "HTTP/1.1 400 Bad Request\r\n\r\n" }, read => 0)), qr/speaks plain HTTP/, 'a 400 at once';
    finds look(answering(sub ($client, $line) { print {$client} "SSH-2.0-OpenSSH_9.2\r\n"; until_gone($client) }, read => 0)), qr/^problem: that is no HTTPS server: it speaks SSH\./m, 'SSH';
    # OpenSSL 4.0 reads no more than the 5 bytes of a record's header.
    finds look(answering(sub ($client, $line) { print {$client} "\x00\x01nonsense\n"; until_gone($client) }, read => 0)), qr/^problem: what the server sends is no TLS; it begins with "\\x00\\x01non(?:sense\\n)?"/m, 'nonsense, escaped';
    finds look(answering(sub ($client, $line) { })), qr/^problem: the server closed the connection during the handshake/m, 'one that closes';

    my $started = time;
    finds look(answering(sub ($client, $line) { until_gone($client) }), qw(--timeout 1)), qr/^problem: the server accepts the connection and then is silent/m, 'one that is silent';
    cmp_ok time - $started, '<', 30, 'and it is not waited for';
    # A socket whose queue is never served: the kernel connects, nobody answers.
    my $deaf = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 5) or die "no port: $!\n";
    finds look($deaf->sockport, qw(--timeout 1)), qr/then is silent/, 'one that accepts nobody';
    my $port = $deaf->sockport;
    close $deaf;
    finds look($port), qr/^problem: connection refused: nobody listens on 127\.0\.0\.1:$port\..*^note: .*Listen $port/ms, 'nobody';
    finds check('no-such-host.invalid', qw(--timeout 5)), qr/^problem: (?:there is no address for|the name) "no-such-host\.invalid"/m, 'a name that does not exist';
};

subtest 'IPv6' => sub {
    my $here = eval { require IO::Socket::IP; IO::Socket::IP->new(LocalAddr => '::1', LocalPort => 0, Listen => 1) } or plan skip_all => 'no IPv6 loopback here';
    my $port = $here->sockport;
    close $here;
    my $server = TLSplus::Server->new(certs => $certs,
        conf => "Listen [::1]:$port\n<VirtualHost [::1]:$port>\nServerName six.test\nSSLEngine on\nSSLCertificateFile \@CERTS\@/six.crt\nSSLCertificateKeyFile \@CERTS\@/six.key\n</VirtualHost>\n");
    $server->begin or plan skip_all => 'the port was taken meanwhile';
    my $done = check("[::1]:$port", '--ca', $ca);
    is $done->{exit}, 0, 'an address in brackets' or diag $done->{text};
    like $done->{out}, qr/^\[::1\]:$port\n.*connected +to \[::1\]:$port.*name +yes, it is for ::1/s, 'is shown as it was written';
    $server->stop;
};

done_testing;
