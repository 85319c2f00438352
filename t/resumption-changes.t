# SPDX-License-Identifier: Apache-2.0
#
# A session is a promise about its client that was made under rules of that time. When the rules change,
# with a graceful restart, it is kept no longer: a revoked certificate does not live on in a session.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
my $certs = TLSplus::Certs->new;
$certs->leaf('server', san => ['a.test']);
$certs->leaf('member', cn => 'member');
$certs->ca;
$certs->ca('elsewhere');
$certs->write('two.pem', $certs->read('ca.crt'), $certs->read('elsewhere.crt'));
$certs->crl('empty');
$certs->crl('revoked', revoked => ['member']);
$certs->leaf('other', san => ['a.test'], cn => 'its successor');

my %before = (
    mode => 'optional', depth => 1, authorities => 'ca.crt', certificate => 'server',
    lists => "SSLCARevocationCheck leaf\n  SSLCARevocationFile \@CERTS\@/empty.pem",
);

sub conf ($tickets, %changed) {
    my %rules = (%before, %changed);
    return <<"CONF";
SSLSessionCache shm:512000
SSLSessionTickets $tickets
<VirtualHost *:\@PORT\@>
  ServerName a.test
  SSLEngine on
  SSLCertificateFile    \@CERTS\@/$rules{certificate}.crt
  SSLCertificateKeyFile \@CERTS\@/$rules{certificate}.key
  SSLCACertificateFile  \@CERTS\@/$rules{authorities}
  SSLVerifyClient       $rules{mode}
  SSLVerifyDepth        $rules{depth}
  $rules{lists}
  Header always set X-Seen "%{SSL_CLIENT_VERIFY}s %{SSL_SESSION_RESUMED}s"
</VirtualHost>
CONF
}

my $dir    = $certs->dir;
my @member = (args => ['-cert', "$dir/member.crt", '-key', "$dir/member.key"]);

sub seen ($server, $version, %opt) {
    my $answer = $server->handshake(name => 'a.test', tls => $version, request => "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n", %opt);
    return $answer->body =~ /^X-Seen: (.*?)\r?$/m ? $1 : $answer->status // 'no connection';
}

# what changes => what the client gets that comes back with its session and nothing else
my @changes = (
    ['nothing',                     {},                                               'SUCCESS Resumed'],
    ['another revocation list',     {lists => $before{lists} =~ s/empty/revoked/r},   'NONE Initial'],
    ['no revocation list any more', {lists => ''},                                    'NONE Initial'],
    ['one more authority',          {authorities => 'two.pem'},                       'NONE Initial'],
    ['another authority',           {authorities => 'elsewhere.crt'},                 'NONE Initial'],
    ['a certificate is required',   {mode => 'require'},                              'no connection'],
    ['none is asked for',           {mode => 'none'},                                 'NONE Initial'],
    ['longer chains',               {depth => 2},                                     'NONE Initial'],
    ['a new server certificate',    {certificate => 'other'},                         'NONE Initial'],
);
for my $tickets ('on', 'off') {
    my $server = TLSplus::Server->start(certs => $certs, modules => ['headers'], conf => conf($tickets));
    for my $row (@changes) {
        my ($what, $changed, $expected) = @$row;
        subtest "tickets $tickets: $what" => sub {
            my %session;
            for my $version ('TLSv1.2', 'TLSv1.3') {
                $session{$version} = $server->root . "/run/session-$version";
                unlink $session{$version};
                is seen($server, $version, @member, sess_out => $session{$version}), 'SUCCESS Initial', "$version: a session of a member";
            }
            $server->configure(conf($tickets, %$changed));
            ok $server->graceful, 'graceful restart';
            is seen($server, $_, sess_in => $session{$_}), $expected, "$_: $expected" for 'TLSv1.2', 'TLSv1.3';
            if ($what eq 'another revocation list') {
                is seen($server, $_, @member, sess_in => $session{$_}), 'no connection', "$_: nor with the revoked certificate" for 'TLSv1.2', 'TLSv1.3';
            }
            $server->configure(conf($tickets));
            ok $server->graceful, 'and back';
        };
    }
    $server->stop;
}

done_testing;
