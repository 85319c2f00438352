# SPDX-License-Identifier: Apache-2.0
#
# Questions of mod_ssl's FAQ about ports and first contact, answered by the server: one subtest for each
# question, by its anchor there. Commands of the FAQ are used as they stand there, but for the port.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use IO::Select ();
use IPC::Open3 qw(open3);
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus needs_tlsplus);
use TLSplus::Process qw(run);
use TLSplus::Raw;
use TLSplus::Server;
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);
my $KEYS = "SSLCertificateFile \@CERTS\@/a.crt\nSSLCertificateKeyFile \@CERTS\@/a.key\n";
my $TLS  = "<VirtualHost *:\@PORT\@>\nServerName a.test\nSSLEngine on\n$KEYS</VirtualHost>\n";
my $PLAIN = "<VirtualHost *:\@PLAIN\@>\nServerName a.test\n</VirtualHost>\n";

sub tested ($conf, %opt) { TLSplus::Server->new(certs => $certs, conf => $conf)->configtest(%opt) }

subtest 'faq_parallel' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => "$TLS$PLAIN");
    is $server->get('/', name => 'a.test')->status, 200, 'HTTPS';
    is $server->get('/', name => 'a.test', port => 'PLAIN', scheme => 'http')->status, 200, 'HTTP, the same server';
    ok $server->stop, 'stops cleanly';
  SKIP: {
        skip 'the stock mod_ssl does not do this', 1 unless is_tlsplus();
        like tested($TLS . "<VirtualHost *:\@PORT\@>\nServerName b.test\n</VirtualHost>\n")->{text},
            qr/TP0313: .*test\.conf:7\b.*test\.conf:1\b/, 'both on one port: warned about, with both places';
    }
};

subtest 'faq_ports' => sub {
    needs_tlsplus();
    # httpd compares the whole address: this Listen says nothing about *.
    my $conf = "Listen 127.0.0.1:\@PORT\@ https\n<VirtualHost 127.0.0.1:\@PORT\@>\nServerName a.test\n$KEYS</VirtualHost>\n";
    like tested($conf =~ s/VirtualHost \K127\.0\.0\.1/*/r)->{text}, qr/TP0330: .*test\.conf:4\b.*SSLEngine on/,
        'another address than that of the Listen: told';
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf);
    like $server->configtest(define => ['DUMP_TLS'])->{out}, qr/^TLS addresses:\n(?:  .*\n)*?  127\.0\.0\.1:@{[$server->port]}\b.*a\.test/m, 'DUMP_TLS lists it';
    ok $server->begin, 'Listen ... https and no SSLEngine: starts' or return diag $server->said;
    is $server->get('/', name => 'a.test')->status, 200, 'and speaks TLS, on any port';
    logs $server, qr/TP0006: .*a\.test/, 'the start tells what is served';
    ok $server->stop, 'stops cleanly';
    like tested("Listen 127.0.0.1:80\n" . $TLS =~ s/\@PORT\@/80/r)->{text}, qr/TP0312: .*test\.conf:4\b/, 'TLS on port 80: warned about';
    like tested("Listen 127.0.0.1:443 http\n" . "<VirtualHost *:443>\nServerName a.test\n</VirtualHost>\n$TLS")->{text}, qr/TP0311: /,
        'plain HTTP on port 443: warned about';
};

subtest 'faq_refused' => sub {
    needs_tlsplus();
    my $found = tested("Listen 127.0.0.1:\@PLAIN\@\n" . $TLS =~ s/\@PORT\@/8444/r);
    is $found->{exit}, 0, 'a warning only';
    like $found->{text}, qr/TP0316: .*test\.conf:2\b.*Listen 8444/, 'no Listen for the virtual host: the line to add';
    like tested("Listen 127.0.0.1:\@PLAIN\@\nListen 127.0.0.1:9444 https\n", define => ['DUMP_TLS'])->{out},
        qr/9444.*no virtual host/, 'DUMP_TLS shows a Listen without virtual host';
    my $both = "Listen 127.0.0.1:8444 https\n" . $TLS =~ s/\@PORT\@/8444/r;
    finds_nothing TLSplus::Server->new(certs => $certs, conf => $both), 'both: nothing to say', qr/TP031\d: /;
};

subtest 'faq_hang' => sub {
    # The kernel would not even show the server a connection on which nothing was sent.
    my $deadline = "AcceptFilter http none\n" . (is_tlsplus() ? "TLSPlusHandshakeTimeout 2\n" : '');
    my $server = TLSplus::Server->start(certs => $certs, conf => "$deadline$TLS$PLAIN");
    my $answer = $server->get('/', name => 'a.test', scheme => 'http');
    is $answer->status, 400, 'HTTP to the HTTPS port: 400';
    like $answer->body, qr{https://a\.test:@{[$server->port]}/}, 'with the right URL' if is_tlsplus();
    my $mark = $server->mark;
    isnt $server->get('/', name => 'a.test', port => 'PLAIN')->ok, 1, 'HTTPS to the HTTP port: fails';
    SKIP: {
        skip 'the stock mod_ssl does not do this', 3 unless is_tlsplus();
        logs $server, qr/TP0405: .*virtual host a\.test.*test\.conf:\d+.*SSLEngine on/, 'and the log names the virtual host', mark => $mark;
        my $idle = TLSplus::Raw->connect($server->port);
        $idle->read_all(30);
        isnt $idle->ended, '', 'a client that says nothing: closed';
        logs $server, qr/TP0402: /, 'in time';
    }
    ok $server->stop, 'stops cleanly';
};

subtest 'faq_httpstest' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => "$TLS$PLAIN");
    my ($tls, $plain) = ($server->port, $server->port('PLAIN'));
    my $done = run(['sh', '-c', "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | openssl s_client -quiet -connect localhost:$tls"]);
    like $done->{out}, qr/hello over TLS/, 's_client -quiet gives the page';
    like by_hand("openssl s_client -connect localhost:$tls -state -debug", "GET / HTTP/1.0\r\n\r\n"), qr/hello over TLS/,
        's_client -state -debug, typed by hand';
    is run(['sh', '-c', "curl -s http://localhost:$plain/"])->{out}, "hello over TLS\n", 'curl http://';
    is run(['sh', '-c', "curl -s https://localhost:$tls/"], env => { CURL_CA_BUNDLE => $certs->ca })->{out}, "hello over TLS\n",
        'curl https://';
    ok $server->stop, 'stops cleanly';
};

done_testing;

# What a command says to somebody who types `text` and waits for the answer.
sub by_hand ($command, $text) {
    my $pid = open3(my $in, my $out, undef, 'sh', '-c', "exec $command");
    local $SIG{PIPE} = 'IGNORE';
    syswrite $in, $text;
    my $said = '';
    my $end  = time + 30;
    while ($said !~ /hello over TLS\n(?:closed|.*\n)/ && time < $end) {
        IO::Select->new($out)->can_read(1) or next;
        sysread($out, $said, 65_536, length $said) or last;
    }
    close $in;
    kill TERM => $pid;
    waitpid $pid, 0;
    return $said;
}
