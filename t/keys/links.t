# SPDX-License-Identifier: Apache-2.0
#
# Links that whoever renews certificates turns to new files (as certbot does): key, certificate, authorities and
# revocation lists come from where the link leads at that start or restart, whatever it was before, and one that leads
# nowhere is told with its target.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
my $dir   = $certs->dir;
$certs->ca;
$certs->ca('elsewhere');
$certs->leaf('old', cn => 'old', san => ['a.test']);
$certs->leaf('new', cn => 'new', san => ['a.test']);
$certs->leaf('client',  cn => 'client');
$certs->leaf('gone',    cn => 'gone');
$certs->leaf('visitor', cn => 'visitor', issuer => 'elsewhere');
$certs->crl('empty');
$certs->crl('revoked', revoked => ['gone']);

# Renamed into place: no reader finds none.
sub turn ($link, $to) {
    unlink "$dir/$link.next";
    symlink "$dir/$to", "$dir/$link.next" or die "symlink: $!\n";
    rename "$dir/$link.next", "$dir/$link" or die "rename: $!\n";
}

my %FIRST = ('live.crt' => 'old.crt', 'live.key' => 'old.key', 'live-ca.crt' => 'ca.crt', 'live-list.pem' => 'empty.pem');
sub turn_back () { turn($_, $FIRST{$_}) for sort keys %FIRST }
turn_back();

my $conf = tls_host('a.test', '  SSLCertificateFile @CERTS@/live.crt', '  SSLCertificateKeyFile @CERTS@/live.key', '  SSLVerifyClient require',
    '  SSLCACertificateFile @CERTS@/live-ca.crt', '  SSLCARevocationFile @CERTS@/live-list.pem', '  SSLCARevocationCheck chain no_crl_for_cert_ok');
my %LINE = ('live.crt' => 4, 'live.key' => 5, 'live-ca.crt' => 7, 'live-list.pem' => 8);

sub new_server { TLSplus::Server->new(certs => $certs, conf => $conf) }

sub status ($server, $who) {
    return $server->get('/', name => 'a.test', args => ['--cert', "$dir/$who.crt", '--key', "$dir/$who.key"])->status // 0;
}

sub subject ($server) {
    my $shown = $server->handshake(name => 'a.test', tls => 'TLSv1.2', args => ['-cert', "$dir/visitor.crt", '-key', "$dir/visitor.key"])->subject;
    return ($shown // '') =~ /CN ?= ?(old|new)\b/ ? $1 : 'none';
}

for my $link (sort keys %LINE) {
    subtest "$link leads nowhere" => sub {
        my $server = new_server();
        my $words  = qr/TP\d{4}: .*test\.conf:$LINE{$link}\b.*\Q$link\E"?[^"]*; it is a link to "\S*\/archive-2", which is not there/;
        is $server->configtest->{exit}, 0, 'configtest passes while it leads somewhere';
        turn($link, 'archive-2');
        ok !$server->begin, 'and the start after it does not';
        like $server->said, $words, 'with the line and the target';
        isnt $server->configtest->{exit}, 0, 'nor does configtest any more';

        turn_back();
        $server = new_server();
        ok $server->begin, 'it leads somewhere again' or diag $server->said;
        turn($link, 'archive-2');
        $link =~ /\Alive\.(crt|key)\z/
          ? ok $server->graceful,         'a graceful restart keeps the certificate of before'
          : ok $server->refuses_graceful, 'a graceful restart is refused';
        like $server->said, $words, 'with the line and the target';
        turn_back();
    };
}

subtest 'links are turned while the server runs' => sub {
    my $server = new_server();
    ok $server->begin or diag $server->said;
    is status($server, $_), 200, "$_ gets in" for qw(client gone);
    isnt status($server, 'visitor'), 200, 'visitor does not';

    turn('live-list.pem', 'revoked.pem');
    ok $server->graceful, 'another list';
    is status($server, 'client'), 200, 'client gets in';
    isnt status($server, 'gone'), 200, 'and who was revoked does not';

    turn('live-ca.crt', 'elsewhere.crt');
    ok $server->graceful, 'another authority';
    is status($server, 'visitor'), 200, 'visitor gets in';
    isnt status($server, 'client'), 200, 'and client does not';

    is subject($server), 'old', 'the old certificate';
    turn('live.crt', 'new.crt');
    turn('live.key', 'new.key');
    ok $server->graceful, 'another certificate and its key';
    is subject($server), 'new', 'the new certificate';
    is status($server, 'visitor'), 200, 'and its key';
    ok $server->stop, 'stops cleanly';
};

# Between configtest and start: what the start reads counts.
subtest 'a link is turned between configtest and start' => sub {
    turn_back();
    my $server = new_server();
    is $server->configtest->{exit}, 0, 'configtest passes';
    turn('live.key', 'new.key');
    ok !$server->begin, 'with a key that does not fit, the start does not';
    like $server->said, qr/TP0210: .*test\.conf:5\b/, 'as is told';
    turn('live.crt', 'new.crt');
    ok $server->begin, 'with both it starts' or diag $server->said;
    is status($server, 'client'), 200, 'and serves';
    ok $server->stop, 'stops cleanly';
};

done_testing;
