# SPDX-License-Identifier: Apache-2.0
#
# A revocation list that is replaced on disk is in force in every child, without a restart; what is no list, or no
# newer one, leaves the one before in force, and is told of once.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Copy qw(copy);
use Test::More;
use Time::HiRes qw(time);
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus mpm);
use TLSplus::Process qw(run spew slurp spawn wait_until);
use TLSplus::Server;

needs_tlsplus();
use constant IN_FORCE_SECONDS => 60;    # on a machine that has much else to do; the figures are noted
use constant LOOKS_SECONDS    => 60;

my $certs = TLSplus::Certs->new;
my $dir   = $certs->dir;
$certs->leaf('server', san => ['a.test', map { "h$_.test" } 0 .. 20]);
$certs->leaf($_, cn => $_) for qw(good bad worse);
$certs->ca;
$certs->ca('elsewhere');
$certs->crl('first',   number => 5);
$certs->crl('second',  number => 6, revoked => ['bad']);
$certs->crl('third',   number => 7, revoked => ['bad', 'worse']);
$certs->crl('lower',   number => 4);
$certs->crl('expired', number => 9, expired => 1);
$certs->crl('future',  number => 9, from => 2);
$certs->crl('foreign', number => 9, by => 'elsewhere');
# Of the same name, signed by another key.
{
    my ($subject) = run(['openssl', 'x509', '-in', "$dir/ca.crt", '-noout', '-subject', '-nameopt', 'compat'])->{out} =~ m{subject=(.*)};
    run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', "$dir/forged.key",
        '-out', "$dir/forged.crt", '-subj', $subject =~ m{^/} ? $subject : '/' . $subject, '-days', 9]);
    $certs->crl('forged', number => 9, by => 'forged');
}

# Puts it in the place of `list`, as one should: in one step.
sub replace ($what, $list = "$dir/list.pem") {
    copy("$dir/$what.pem", "$list.new") or die "copy: $!\n";
    rename "$list.new", $list or die "rename: $!\n";
}

my $CHILDREN = mpm() eq 'prefork' ? "StartServers 4\nMinSpareServers 4\nMaxSpareServers 8\n" : "StartServers 3\nServerLimit 4\nMinSpareThreads 75\nMaxSpareThreads 100\n";

sub conf (%opt) {
    my $lists = $opt{lists} // 'SSLCARevocationFile @CERTS@/list.pem';
    my $top   = $opt{top} // '';
    return <<"CONF";
$CHILDREN$top
<IfModule status_module>
  <Location "/status">
    SetHandler server-status
  </Location>
</IfModule>
<VirtualHost *:\@PORT\@>
  ServerName a.test
  SSLEngine on
  SSLCertificateFile \@CERTS\@/server.crt
  SSLCertificateKeyFile \@CERTS\@/server.key
  SSLCACertificateFile \@CERTS\@/ca.crt
  SSLCARevocationCheck chain
  $lists
  SSLVerifyClient require
</VirtualHost>
CONF
}

sub start (%opt) {
    my %server = (certs => $certs, modules => ['status'], conf => conf(%opt));
    my $server = TLSplus::Server->start(%server);
    wait_until(30, sub { 3 <= (() = $server->children) });
    return $server;
}

sub status_of ($server, $who, %opt) {
    $server->get('/', name => 'a.test', cert => "$dir/$who.crt", key => "$dir/$who.key", %opt)->status // 0;
}
sub is_in ($server, $who, %opt) { status_of($server, $who, %opt) eq '200' }

sub figure ($server, $name) {
    my $page = $server->get('/status?auto', name => 'a.test', cert => "$dir/good.crt", key => "$dir/good.key")->body;
    return $page =~ /^\Q$name\E: (.*)$/m ? $1 : undef;
}

# A look at the files has come since now.
sub wait_for_looks ($server, $more = 2) {
    my $before = figure($server, 'TLSReloadLooks') // return 0;
    return wait_until(LOOKS_SECONDS, sub { (figure($server, 'TLSReloadLooks') // 0) >= $before + $more });
}

# Children that have said no to `who`, each asked while the others cannot answer. The log says who it was.
sub refusing ($server, $who) {
    my @children = grep { slurp("/proc/$_/cmdline") ne '' } $server->children;
    my %refused;
    for my $child (@children) {
        my @others = grep { $_ != $child } @children;
        kill STOP => @others;
        my $mark = $server->mark;
        my $in   = is_in($server, $who, seconds => 10);
        kill CONT => @others;
        my ($pid) = map { /\[pid (\d+)/ ? $1 : () } $server->log_lines(qr/certificate revoked/, $mark);
        $refused{$child} = 1 if !$in && defined $pid && $pid == $child;
    }
    return (scalar keys %refused, scalar @children);
}

subtest 'a newer list' => sub {
    replace('first');
    my $server = start();
    ok is_in($server, $_), "$_ is let in" for qw(good bad worse);
    is figure($server, 'TLSRevocationLists'), 1, 'one list';
    like figure($server, 'TLSRevocationList'), qr/^number=5 next=\d+ since=\d+ entries=0 issuer=/, 'shown with its number';
    my $mark  = $server->mark;
    my $begun = time;
    replace('second');
    ok wait_until(IN_FORCE_SECONDS, sub { !is_in($server, 'bad') }), 'who is revoked meanwhile is refused';
    note sprintf 'in force after %.1f s', time - $begun;
    ok is_in($server, $_), "$_ is let in still" for qw(good worse);
    my ($line) = $server->log_lines(qr/TP0910/, $mark);
    like $line, qr{list\.pem.*number 6, 1 entries}, 'and it is said';
    my ($refused, $all) = refusing($server, 'bad');
    cmp_ok $all, '>=', 3, 'several children';
    is $refused, $all, 'each of them refuses';
    # The children of later have it by birth.
    like figure($server, 'TLSRevocationList'), qr/^number=6 .* entries=1 /, 'the status page shows the new one';
    is figure($server, 'TLSRevocationListsReplaced'), 1, 'and that it was replaced';
    is scalar(my @said = $server->log_lines(qr/TP0910/, $mark)), 1, 'it was said once';

    # A child that dies is followed by one that was forked from what the parent has.
    my ($victim) = $server->children;
    kill KILL => $victim;
    wait_until(30, sub { !grep { $_ == $victim } $server->children });
    wait_until(30, sub { $all <= (() = $server->children) });
    ($refused, $all) = refusing($server, 'bad');
    is $refused, $all, 'so do children that are born later';

    ok $server->graceful, 'a graceful restart';
    ok !is_in($server, 'bad'), 'changes nothing';
    replace('third');
    ok wait_until(IN_FORCE_SECONDS, sub { !is_in($server, 'worse') }), 'the generation after it follows the file, too';
    ok is_in($server, 'good'), 'and lets others in';
    $server->stop;
};

# What is done to a list, and what is said of it. Each host has a list of its own.
my @BROKEN = (
    ['garbage',              sub ($list) { spew($list, "-----BEGIN X509 CRL-----\nbm8gbGlzdA==\n-----END X509 CRL-----\n") }, qr/is no revocation list/],
    ['half of it',           sub ($list) { spew($list, substr $certs->read('third.pem'), 0, 200) }, qr/TP0911/],
    ['an empty file',        sub ($list) { spew($list, '') }, qr/is empty/],
    ['no file',              sub ($list) { unlink $list }, qr/no such file/],
    ['a folder',             sub ($list) { unlink $list; mkdir $list }, qr/is a directory/],
    ['an older list',        sub ($list) { replace('lower',   $list) }, qr/older.*number 4 after number 6/],
    ['an expired list',      sub ($list) { replace('expired', $list) }, qr/has expired/],
    ['one of days to come',  sub ($list) { replace('future',  $list) }, qr/is not valid before/],
    ["somebody else's list", sub ($list) { replace('foreign', $list) }, qr/there is no list of .* any more/],
    ['a forged list',        sub ($list) { replace('forged',  $list) }, qr/is not signed by that authority/],
    ['a link to nowhere',    sub ($list) { unlink $list; symlink 'nowhere', $list }, qr/is a link to/],
);

subtest 'what is no newer list' => sub {
    my @lists = map { "$dir/list$_.pem" } 0 .. $#BROKEN;
    replace('second', $_) for @lists;
    my $host = conf() =~ s/.*(?=<VirtualHost)//sr;
    my $all  = join '', map { $host =~ s/a\.test/h$_.test/r =~ s/list\.pem/list$_.pem/r } 0 .. $#BROKEN;
    my $server = start(top => $all);
    is_deeply [map { is_in($server, 'bad', name => "h$_.test") ? $_ : () } 0 .. $#BROKEN], [], 'revoked from the start';
    my $mark = $server->mark;
    $BROKEN[$_][1]->($lists[$_]) for 0 .. $#BROKEN;
    for my $i (0 .. $#BROKEN) {
        my ($what, undef, $said) = @{ $BROKEN[$i] };
        my $line = $server->wait_log(qr/TP0911.*list$i\.pem.*/, mark => $mark, seconds => LOOKS_SECONDS) // '';
        like $line, $said, "$what: told";
        ok !is_in($server, 'bad', name => "h$i.test"), "$what: who was revoked stays it";
        ok is_in($server, 'good', name => "h$i.test"), "$what: who was not, too";
    }
    is figure($server, 'TLSRevocationListsRefused'), scalar @BROKEN, 'the status page knows how many';
    ok wait_for_looks($server, 2), 'some looks later';
    is scalar(my @twice = grep { my $i = $_; 1 != (() = $server->log_lines(qr/TP0911.*list$i\.pem/, $mark)) } 0 .. $#BROKEN), 0, 'each is still told once'
        or diag join "\n", $server->log_lines(qr/TP0911/, $mark);
    for my $list (@lists) { rmdir $list if -d $list && !-l $list }
    replace('second', $_) for @lists[0 .. $#lists / 2];
    replace('third',  $_) for @lists[$#lists / 2 + 1 .. $#lists];
    ok wait_until(LOOKS_SECONDS, sub { (figure($server, 'TLSRevocationListsRefused') // 1) == 0 }), 'all are mended';
    is_deeply [map { is_in($server, 'worse', name => "h$_.test") ? $_ : () } 0 .. $#BROKEN], [0 .. $#lists / 2], 'and those with a newer list have it in force';
    # What is meant is meant: a restart takes what there is.
    replace('first', $lists[0]);
    ok $server->wait_log(qr/TP0911.*list0\.pem.*number 5 after number 6/, mark => $mark, seconds => LOOKS_SECONDS), 'an older one is refused';
    ok $server->graceful, 'a graceful restart';
    ok is_in($server, 'bad', name => 'h0.test'), 'takes it';
    $server->stop;
};

subtest 'off' => sub {
    replace('first');
    my $server = start(top => 'TLSPlusReload off');
    my $mark   = $server->mark;
    replace('second');
    is figure($server, 'TLSReloadLooks'), undef, 'nobody looks';
    ok is_in($server, 'bad'), 'what is on disk does not matter';
    ok $server->graceful, 'a graceful restart';
    ok !is_in($server, 'bad'), 'finds it';
    $server->stop;
};

done_testing;
