# SPDX-License-Identifier: Apache-2.0
#
# A list that is replaced while the server runs, and who was there before: sessions of who is revoked are not resumed,
# connections that are up stay, who is asked again is held against the new list, and so are backends. The lists are
# readable for root alone, one of them is found in a folder.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Copy qw(copy);
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus mpm);
use TLSplus::Process qw(run slurp wait_until);
use TLSplus::Server;
use TLSplus::Stream;

needs_tlsplus();
use constant IN_FORCE_SECONDS => 60;

my $certs = TLSplus::Certs->new;
my $dir   = $certs->dir;
my @VERSIONS = ('TLSv1.2', 'TLSv1.3');
$certs->leaf('server', san => [qw(file.test folder.test place.test)]);
$certs->leaf('backend', san => ['backend.test']);
$certs->leaf($_, cn => $_) for qw(good bad);
$certs->ca;
$certs->crl('first',  number => 5);
$certs->crl('second', number => 6, revoked => ['bad', 'backend']);
mkdir "$dir/lists";

sub replace ($what) {
    for my $list ("$dir/list.pem", "$dir/lists/list.pem") {
        copy("$dir/$what.pem", "$list.new") or die "copy: $!\n";
        chmod 0600, "$list.new" or die "chmod: $!\n";
        rename "$list.new", $list or die "rename: $!\n";
    }
    is run(['openssl', 'rehash', "$dir/lists"])->{exit}, 0, 'links';
}

sub host ($name, $verify, $lists, $more = '') {
    return <<"CONF";
<VirtualHost *:\@PORT\@>
  ServerName $name
  SSLEngine on
  SSLCertificateFile \@CERTS\@/server.crt
  SSLCertificateKeyFile \@CERTS\@/server.key
  SSLCACertificateFile \@CERTS\@/ca.crt
  SSLCARevocationCheck leaf
  $lists
  SSLVerifyClient $verify
$more</VirtualHost>
CONF
}

my $IN_FILE = 'SSLCARevocationFile @CERTS@/list.pem';
my $proxy   = <<'CONF';
  SSLProxyEngine on
  SSLProxyVerify require
  SSLProxyCheckPeerName off
  SSLProxyCACertificateFile @CERTS@/ca.crt
  SSLProxyCARevocationFile @CERTS@/list.pem
  SSLProxyCARevocationCheck leaf
  ProxyPass /backend/ https://127.0.0.1:@PORT2@/
CONF

sub conf ($tickets) {
    return join '', "SSLSessionCache shm:512000\nSSLSessionTickets $tickets\nKeepAliveTimeout 300\nMaxKeepAliveRequests 0\n",
      host('file.test', 'require', $IN_FILE),
      host('folder.test', 'require', 'SSLCARevocationPath @CERTS@/lists'),
      host('place.test', 'none', $IN_FILE, "  <Location \"/place/\">\n    SSLVerifyClient require\n  </Location>\n$proxy"),
      <<'CONF';
<VirtualHost *:@PORT2@>
  ServerName backend.test
  SSLEngine on
  SSLCertificateFile @CERTS@/backend.crt
  SSLCertificateKeyFile @CERTS@/backend.key
</VirtualHost>
CONF
}

sub as ($who) { (args => ['-cert', "$dir/$who.crt", '-key', "$dir/$who.key", '-enable_pha']) }

sub seen ($server, $version, $name, %opt) {
    my $answer = $server->handshake(name => $name, tls => $version, request => "GET / HTTP/1.0\r\nHost: $name\r\n\r\n", %opt);
    return $answer->output !~ m{HTTP/1\.1 200 } ? 'refused' : $answer->reused ? 'resumed' : 'new';
}

# A connection that is kept: sub ($path) -> status, or "closed".
sub kept ($server, $name, $version, $who) {
    my $stream = TLSplus::Stream->tls($server, name => $name, tls => $version, as($who));
    return sub ($path) {
        $stream->send("GET $path HTTP/1.1\r\nHost: $name\r\n\r\n");
        my $head = $stream->take_until("\r\n\r\n") // return 'closed';
        my ($status) = $head =~ m{HTTP/1\.1 (\d+)} or return 'closed';
        $stream->take($1) if $head =~ /^Content-Length: (\d+)/mi;
        return $status;
    };
}

for my $tickets ('on', 'off') {
    subtest "tickets $tickets" => sub {
        replace('first');
        my $server = TLSplus::Server->start(certs => $certs, modules => [qw(proxy proxy_http)], conf => conf($tickets),
            files => { 'htdocs/place/index.html' => 'members' });
        my (%session, %kept);
        for my $version (@VERSIONS) {
            for my $name ('file.test', 'folder.test') {
                for my $who ('good', 'bad') {
                    my $file = $session{"$version $name $who"} = $server->root . "/run/$name-$version-$who";
                    is seen($server, $version, $name, as($who), sess_out => $file), 'new', "$version, $name: a session of $who";
                    is seen($server, $version, $name, sess_in => $file, as($who), sess_out => $file), 'resumed', "$version, $name: is resumed";
                }
            }
            $kept{$version} = kept($server, 'file.test', $version, 'bad');
            is $kept{$version}->('/'), 200, "$version: a connection of bad";
        }
        $kept{place} = kept($server, 'place.test', 'TLSv1.2', 'bad');
        is $kept{place}->('/'), 200, 'one of somebody who was not asked yet';
        is $server->get('/backend/', name => 'place.test')->status, 200, 'a backend is believed';
        is $server->get('/backend/', name => 'place.test')->status, 200, 'and again';

        replace('second');
        ok wait_until(IN_FORCE_SECONDS, sub { seen($server, 'TLSv1.3', 'file.test', as('bad')) eq 'refused' }), 'the new list is in force';
        for (sort keys %session) {
            my ($version, $name, $who) = split / /;
            my %want = (good => 'new', bad => 'refused');
            is seen($server, $version, $name, sess_in => $session{$_}, as($who)), $want{$who}, "$_: $want{$who} with a session of before";
            is seen($server, $version, $name, as($who)), $want{$who}, "$_: and without one";
        }
        is $kept{$_}->('/'), 200, "$_: a connection that is up stays" for @VERSIONS;
        isnt $kept{place}->('/place/'), 200, 'who is asked only now is held against the new list';
        is $server->get('/backend/', name => 'place.test')->status, 500, 'nor is the backend believed any more';
        $server->stop;
    };
}

done_testing;
