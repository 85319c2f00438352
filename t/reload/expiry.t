# SPDX-License-Identifier: Apache-2.0
#
# The end of certificates is warned of while the server runs, in the log and by a program; once a day, which
# t/unit/reload/expiry_watch_test.cpp has by a clock of its own.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus run_as);
use TLSplus::Host;
use TLSplus::Process qw(run slurp wait_until);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
use constant LOOK_SECONDS => 60;    # httpd lets its parent do something about every ten

my $certs = TLSplus::Certs->new;
$certs->leaf('fine',    san => ['fine.test'],    start => -10,  days => 60);
$certs->leaf('soon',    san => ['soon.test'],    start => -300, days => 390);
$certs->leaf('ending',  san => ['ending.test'],  start => -55,  days => 60);
$certs->leaf('short',   san => ['short.test'],   start => -2,   days => 6);

sub conf ($top, @hosts) { return "$top\n" . join '', map { tls_host($_->[0], pair($_->[1])) } @hosts }
my @HOSTS = (['fine.test', 'fine'], ['soon.test', 'soon'], ['ending.test', 'ending'], ['other.ending.test', 'ending'], ['short.test', 'short']);

# Who it is for is not told beside what for: it may be run as another user, in a folder of that user's.
my $PROGRAM = <<'SH';
#!/bin/sh
unset LD_PRELOAD   # a sanitizer of the server would look at sort(1)
{ echo "args $*"; echo "user $(id -un) groups $(id -G)"; env | grep '^TLSPLUS_' | sort; echo end; } >> @ROOT@/run/told
exit @EXIT@
SH

sub server_with ($exit, $top, @hosts) {
    my $server = TLSplus::Server->new(certs => $certs, conf => conf($top, @hosts));
    my $program = $server->expand($PROGRAM =~ s/\@EXIT\@/$exit/r);
    $server->put('bin/notify', [$program, 0755]);
    $server->put('run/told', ['', 0666]);
    chmod 0755, $server->root;
    return $server;
}
sub told ($server) { return slurp($server->root . '/run/told') }

subtest 'a warning, and a program' => sub {
    my $server = server_with(0, 'TLSPlusNotifyCmd @ROOT@/bin/notify --from httpd', @HOSTS);
    ok $server->begin, 'starts' or return diag $server->said;
    logs $server, qr/:warn\] .*TP0955: .*soon\.crt.*serial \w+, of soon\.test:\d+: valid until .*\b8\d days left/, 'one that ends soon', seconds => LOOK_SECONDS;
    logs $server, qr/:crit\] .*TP0956: .*ending\.crt.*of ending\.test:\d+, other\.ending\.test:\d+: .*\b[34] days left/, 'one that ends very soon, with all its hosts';
    says_nothing $server, qr/TP095[56]: .*(?:fine|short)\.crt/, 'and no other';
    ok wait_until(LOOK_SECONDS, sub { (() = told($server) =~ /^end$/mg) == 2 }), 'the program is run for each' or diag told($server);
    my ($first, $second) = split /^end\n/m, told($server);
    like $first, qr/^args --from httpd expiring ending\.test$/m, 'as a program of mod_md is, the most urgent first';
    like $first, qr/^TLSPLUS_CERTIFICATE_STATE=critical$/m, 'with what it is about';
    like $first, qr/^TLSPLUS_HOSTS=ending\.test:\d+ other\.ending\.test:\d+$/m, 'all hosts';
    like $first, qr{^TLSPLUS_CERTIFICATE_FILE=\S+/ending\.crt$}m, 'the file';
    like $first, qr/^TLSPLUS_CERTIFICATE_NOT_AFTER=\d{10}$/m, 'and its end';
    like $second, qr/^args --from httpd expiring soon\.test$/m, 'then the other';
    my ($user) = run_as();
    if (defined $user) {
        like $first, qr/^user \Q$user\E groups (?!0\b)\d+$/m, 'as the user of the children, in its groups alone';
    }
    says_nothing $server, qr/TP0959/, 'and nothing failed';
    ok $server->graceful, 'a graceful restart';
    ok $server->stop, 'stops cleanly';
};

subtest 'a program that fails' => sub {
    # 15 from a child of its own would have an MPM stop the server
    my $server = server_with(15, 'TLSPlusNotifyCmd @ROOT@/bin/notify', $HOSTS[1]);
    ok $server->begin, 'starts' or return diag $server->said;
    logs $server, qr/TP0959: .*notify expiring soon\.test: exit status 15/, 'that is told', seconds => LOOK_SECONDS;
    serves $server, 'and the server goes on', name => 'soon.test';
    ok $server->stop, 'stops cleanly';

    $server = server_with(0, 'TLSPlusNotifyCmd @ROOT@/bin/none', $HOSTS[1]);
    ok $server->begin, 'starts without it' or return diag $server->said;
    logs $server, qr/TP0959: .*none expiring soon\.test: .*No such file/i, 'one that is not there is told', seconds => LOOK_SECONDS;
    ok $server->stop, 'stops cleanly';
};

subtest 'off' => sub {
    # Lists are looked at in the same turns of the parent: their number says that there were some.
    my $top = <<'CONF';
TLSPlusExpiryWarning off
TLSPlusNotifyCmd @ROOT@/bin/notify
SSLCACertificateFile @CERTS@/ca.crt
SSLCARevocationFile @CERTS@/list.pem
SSLCARevocationCheck leaf
<Location "/status">
  SetHandler server-status
</Location>
CONF
    $certs->ca;
    $certs->crl('list', number => 1);
    my $server = server_with(0, $top, $HOSTS[2]);
    push @{ $server->{modules} }, 'status';
    ok $server->begin, 'starts' or return diag $server->said;
    ok wait_until(2 * LOOK_SECONDS, sub { $server->get('/status?auto', name => 'ending.test')->body =~ /^TLSReloadLooks: (\d+)/m && $1 >= 2 }), 'the parent has looked around';
    says_nothing $server, qr/TP095[56]/, 'nothing is said';
    is told($server), '', 'nor is the program run';
    ok $server->stop, 'stops cleanly';
};

done_testing;
