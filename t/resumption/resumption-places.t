# SPDX-License-Identifier: Apache-2.0
#
# Sessions made while a place asked its client for more than the host does. The client is not asked on each connection
# (a smart card wants its PIN each time), and gets no further with the session than with a certificate in its hand.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Process qw(run spew);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
my $certs = TLSplus::Certs->new;
my $dir   = $certs->dir;
$certs->leaf('server', san => ['a.test', 'srp.test', 'open.test'], key => 'rsa');
$certs->ca;
$certs->ca('elsewhere');
$certs->leaf('member',   cn => 'member');
$certs->leaf('deep',     cn => 'deep',     intermediates => 1);
$certs->leaf('stranger', cn => 'stranger', issuer => 'elsewhere');

sub host ($name, $more = '') { <<"CONF" }
<VirtualHost *:\@PORT\@>
  ServerName $name
  SSLEngine on
  SSLCertificateFile    \@CERTS\@/server.crt
  SSLCertificateKeyFile \@CERTS\@/server.key
  SSLCACertificateFile  \@CERTS\@/ca.crt
  $more
  Header always set X-Seen "%{SSL_CLIENT_VERIFY}s %{SSL_CLIENT_S_DN_CN}s %{SSL_SESSION_RESUMED}s"
  <Location "/require">
    SSLVerifyClient require
  </Location>
  <Location "/deep">
    SSLVerifyClient require
    SSLVerifyDepth 5
  </Location>
  <Location "/lenient">
    SSLVerifyClient optional_no_ca
  </Location>
  <Location "/ciphers">
    SSLVerifyClient require
    SSLCipherSuite ECDHE-RSA-AES256-SHA384
  </Location>
</VirtualHost>
CONF

sub as ($who) {
    return () if $who eq 'nobody';
    return (args => ['-cert', "$dir/$who.crt", '-key', "$dir/$who.key", '-enable_pha', -e "$dir/$who.chain" ? ('-cert_chain', "$dir/$who.chain") : ()]);
}

sub seen ($server, $version, $name, $path, %opt) {
    my $answer = $server->handshake(name => $name, tls => $version, request => "GET $path/ HTTP/1.0\r\nHost: $name\r\n\r\n", %opt);
    # s_client may print it in the middle of what it has to say about a ticket
    return $answer->output =~ m{HTTP/1\.1 200 .*?^X-Seen: (.*?)\r?$}ms ? $1 : 'refused';
}

my $users = "$dir/passwd.srpv";
spew($users, '', 0600);
my $has_srp = run(['openssl', 'srp', '-srpvfile', $users, '-add', '-gn', 2048, '-passout', 'pass:secret', 'anna'])->{exit} == 0;
my %files = map { ("htdocs/$_/index.html" => $_) } qw(require deep lenient ciphers);

# host, client, place where the session is made, what is seen there; place that is come back to without a certificate,
# what is seen there; versions
my @cases = (
    ['a.test',    'member',   '/require', 'SUCCESS member Initial', '/require', 'SUCCESS member Resumed'],
    ['a.test',    'member',   '/require', 'SUCCESS member Initial', '/deep',    'SUCCESS member Resumed'],
    ['a.test',    'member',   '/require', 'SUCCESS member Initial', '',         'SUCCESS member Resumed'],
    ['a.test',    'deep',     '/deep',    'SUCCESS deep Initial',   '/deep',    'SUCCESS deep Resumed'],
    ['a.test',    'deep',     '/deep',    'SUCCESS deep Initial',   '/require', 'refused'],
    ['a.test',    'stranger', '/lenient', qr/stranger Initial/,     '/require', 'refused'],
    ['a.test',    'stranger', '/lenient', qr/stranger Initial/,     '',         'NONE (null) Initial'],
    ['a.test',    'member',   '/ciphers', 'SUCCESS member Initial', '',         'NONE (null) Initial', 'TLSv1.2'],
    ['a.test',    'member',   '/ciphers', 'SUCCESS member Initial', '/require', 'refused',             'TLSv1.2'],
    ['open.test', 'member',   '',         'SUCCESS member Initial', '/require', 'SUCCESS member Resumed'],
    ['srp.test',  'deep',     '/deep',    'SUCCESS deep Initial',   '/require', 'refused',             'TLSv1.2'],
    ['srp.test',  'deep',     '/deep',    'SUCCESS deep Initial',   '/deep',    'refused',             'TLSv1.2'],
);

for my $tickets ('on', 'off') {
    subtest "tickets $tickets" => sub {
        my $server = TLSplus::Server->start(certs => $certs, modules => ['headers'], files => \%files,
            conf => "SSLSessionCache shm:512000\nSSLSessionTickets $tickets\n"
              . host('a.test') . host('open.test', 'SSLVerifyClient optional_no_ca')
              . ($has_srp ? host('srp.test', "SSLSRPVerifierFile $users\n  SSLProtocol TLSv1.2") : ''));
        my $session = $server->root . '/run/session';
        for (@cases) {
            my ($name, $who, $made, $there, $back, $here, @versions) = @$_;
            next if $name eq 'srp.test' && !$has_srp;
            for my $version (@versions ? @versions : ('TLSv1.2', 'TLSv1.3')) {
                unlink $session;
                my $what = "$version, $name: $who at $made";
                like seen($server, $version, $name, $made, as($who), sess_out => $session), ref $there ? $there : qr/^\Q$there\E$/, $what;
                is seen($server, $version, $name, $back, sess_in => $session), $here, "$what, back at $back";
            }
        }
        $server->stop;
    };
}

done_testing;
