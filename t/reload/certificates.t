# SPDX-License-Identifier: Apache-2.0
#
# A certificate that is replaced on disk, in whatever way, is served by every child without a restart; sessions and
# connections of before go on. What does not fit together waits, and is told of once.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Copy qw(copy);
use File::Path qw(make_path);
use Test::More;
use Time::HiRes qw(time);
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus has_module);
use TLSplus::Host;
use TLSplus::Process qw(spew slurp wait_until);
use TLSplus::Renewal qw(replace put_file);
use TLSplus::Server;
use TLSplus::Stream;
use TLSplus::Tool;

needs_tlsplus();
my $certs = TLSplus::Certs->new;
my $dir   = $certs->dir;
use constant LOOKS_SECONDS => 60;

# Two certificates for one host, the second on disk beside the first: <name>.crt and <name>-new.crt.
sub both ($name, %want) {
    $certs->leaf($name,        san => ["$name.test"], %want, start => -2);
    $certs->leaf("$name-new", san => ["$name.test"], %want);
}

sub start (@hosts) {
    my $server = TLSplus::Server->start(certs => $certs, modules => ['status'],
        conf => join '', TLSplus::Renewal::CHILDREN . "KeepAliveTimeout 300\n", tls_host('page.test', pair('page')), @hosts);
    wait_until(30, sub { 3 <= (() = $server->children) });
    return ($server, TLSplus::Renewal->new($server, 'page.test'));
}
$certs->leaf('page', san => ['page.test']);

subtest 'a renewed certificate' => sub {
    both('a');
    my ($server, $renewal) = start(tls_host('a.test', pair('a')), tls_host('b.test', pair('a')));
    ok $renewal->shows_now('a.test', 'a'), 'the first one is shown';
    is $renewal->figure('TLSCertificatesReplaced'), 0, 'nothing was replaced yet';
    my %session = map { $_ => $server->root . "/run/session-$_" } 'TLSv1.2', 'TLSv1.3';
    $server->handshake(name => 'a.test', tls => $_, request => "GET / HTTP/1.0\r\n\r\n", sess_out => $session{$_}) for sort keys %session;
    my $kept = TLSplus::Stream->tls($server, name => 'a.test');
    my $ask  = sub { $kept->send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"); $kept->take_until("HTTP/1.1 ") };
    ok defined $ask->(), 'a connection that stays';

    my $reloaded = sub { check('127.0.0.1:' . $server->port, '--sni', 'a.test', '--reloaded', "$dir/a.crt") };
    my $asked    = $reloaded->();
    is $asked->{exit}, 0, 'tlsplus-check finds on the server what is on disk' or diag $asked->{text};
    like $asked->{out}, qr/^  served\s+the same, on 16 connections$/m, 'and says so';

    my $mark  = $server->mark;
    my $begun = time;
    kill STOP => $server->pid;
    replace($certs, 'a-new', 'a');
    $asked = $reloaded->();
    kill CONT => $server->pid;
    is $asked->{exit}, 1, 'it does not, as long as nobody has looked';
    like $asked->{out}, qr/^  on disk\s+serial .*^  served\s+serial .*, on \d+ of 16 connections\n.*does not serve what is in/ms, 'and says what is served';
    ok $renewal->shows('a.test', 'a-new'), 'the new one is shown';
    note sprintf 'in force after %.1f s', time - $begun;
    ok $renewal->shows('b.test', 'a-new'), 'by each host that names it';
    my ($showing, $all) = $renewal->children_showing('a.test', 'a-new');
    cmp_ok $all, '>=', 3, 'several children';
    cmp_ok $showing, '>=', $all - TLSplus::Renewal::BUSY, 'each of them shows it';
    my @said = $server->log_lines(qr/TP0930/, $mark);
    is scalar(@said), 1, 'it is said once';
    like $said[0], qr/:notice\].*a\.test:\d+, b\.test:\d+: .*a\.crt": EC P-256, serial [0-9a-f]+ after [0-9a-f]+, 5\d days left/, 'with hosts, serials and days left';
    is $renewal->figure('TLSCertificatesReplaced'), 1, 'and counted';
    my ($serial) = $said[0] =~ /serial ([0-9a-f]+)/;
    my $page = $server->get('/status?auto', name => 'page.test')->body;
    like $page, qr/^TLSCertificate: serial=$serial until=\d+ since=[1-9]\d+ hosts=2 key="EC P-256" disk=same name=a\.test:\d+, b\.test:\d+$/m, 'the status page has it';
    like $server->get('/status', name => 'page.test')->body, qr{<td>$serial</td>}, 'for people, too';
    ok defined $ask->(), 'the connection goes on';
    is $server->handshake(name => 'a.test', tls => $_, sess_in => $session{$_})->reused, 1, "$_: a session of before is resumed" for sort keys %session;

    my ($victim) = $server->children;
    kill KILL => $victim;
    wait_until(30, sub { !grep { $_ == $victim } $server->children });
    wait_until(30, sub { $all <= (() = $server->children) });
    ($showing, $all) = $renewal->children_showing('a.test', 'a-new');
    cmp_ok $showing, '>=', $all - TLSplus::Renewal::BUSY, 'children that are born later show it';
    is $reloaded->()->{exit}, 0, 'tlsplus-check finds it, too';
    ok $server->graceful, 'a graceful restart';
    ok $renewal->shows_now('a.test', 'a-new'), 'changes nothing';
    both('back', cn => 'a.test', san => ['a.test']);
    replace($certs, 'back-new', 'a');
    ok $renewal->shows('a.test', 'back-new'), 'the generation after it looks, too';
    $kept->close;
    $server->stop;
};

# How a file comes into the place of another. Each host has its own files: crt and key are what it names.
my @WAYS = (
    ['renamed into place' => {}, sub ($h) { replace($certs, "$h-new", $h) }],
    ['written over' => {}, sub ($h) { for my $file ('key', 'crt') { spew("$dir/$h.$file", $certs->read("$h-new.$file"), 0600) } }],
    ['links exchanged, as certbot does' => { crt => 'live/H/cert.pem', key => 'live/H/privkey.pem' }, sub ($h) {
        link_to("../../archive/$h/cert2.pem",    "$dir/live/$h/cert.pem");
        link_to("../../archive/$h/privkey2.pem", "$dir/live/$h/privkey.pem");
    }, sub ($h) {
        make_path("$dir/live/$h", "$dir/archive/$h");
        for my $n (1, 2) {
            my $from = $n == 1 ? $h : "$h-new";
            spew("$dir/archive/$h/cert$n.pem", $certs->read("$from.crt"), 0600);
            spew("$dir/archive/$h/privkey$n.pem", $certs->read("$from.key"), 0600);
        }
        link_to("../../archive/$h/cert1.pem",    "$dir/live/$h/cert.pem");
        link_to("../../archive/$h/privkey1.pem", "$dir/live/$h/privkey.pem");
    }],
    ['a folder exchanged under a link, as Kubernetes does' => { crt => 'mount-H/tls.crt', key => 'mount-H/tls.key' }, sub ($h) {
        link_to('second', "$dir/mount-$h/..data");
    }, sub ($h) {
        make_path("$dir/mount-$h/$_") for 'first', 'second';
        for my $file ('crt', 'key') {
            spew("$dir/mount-$h/first/tls.$file",  $certs->read("$h.$file"), 0600);
            spew("$dir/mount-$h/second/tls.$file", $certs->read("$h-new.$file"), 0600);
            link_to("..data/tls.$file", "$dir/mount-$h/tls.$file");
        }
        link_to('first', "$dir/mount-$h/..data");
    }],
    ['a folder renamed' => { crt => 'folder-H/crt', key => 'folder-H/key' }, sub ($h) {
        rename "$dir/folder-$h", "$dir/folder-$h.old";
        rename "$dir/folder-$h.new", "$dir/folder-$h";
    }, sub ($h) {
        make_path("$dir/folder-$h", "$dir/folder-$h.new");
        for my $file ('crt', 'key') {
            spew("$dir/folder-$h/$file",     $certs->read("$h.$file"), 0600);
            spew("$dir/folder-$h.new/$file", $certs->read("$h-new.$file"), 0600);
        }
    }],
    ['of the same size and time' => { padded => 1 }, sub ($h) {
        for my $file ('key', 'crt') {
            my @old = stat "$dir/$h.$file";
            open my $to, '+<', "$dir/$h.$file" or die "$h.$file: $!\n";
            print {$to} padded($certs->read("$h-new.$file"));
            close $to or die "$h.$file: $!\n";
            utime $old[8], $old[9], "$dir/$h.$file";
            is -s "$dir/$h.$file", $old[7], "$file: the size is what it was";
        }
    }, sub ($h) { spew("$dir/$h.$_", padded($certs->read("$h.$_")), 0600) for 'crt', 'key' }],
    ['certificate and key in one file' => { crt => 'H.both', key => undef }, sub ($h) {
        spew("$dir/$h.both.new", $certs->read("$h-new.crt") . $certs->read("$h-new.key"), 0600);
        rename "$dir/$h.both.new", "$dir/$h.both";
    }, sub ($h) { spew("$dir/$h.both", $certs->read("$h.crt") . $certs->read("$h.key"), 0600) }],
    ['DER' => { crt => 'H.crt.der', key => 'H.key.der' }, sub ($h) { put_file("$dir/$h-new.$_.der", "$dir/$h.$_.der") for 'crt', 'key' }],
    ['a chain with it' => { intermediates => 1, crt => 'H.full' }, sub ($h) { replace($certs, "$h-new", $h, 'full') }],
    ['only a new certificate for the same key' => { same_key => 1 }, sub ($h) { put_file("$dir/$h-new.crt", "$dir/$h.crt") }],
    ['a key of another kind' => { new => { key => 'rsa' } }, sub ($h) { replace($certs, "$h-new", $h) }],
);

sub padded ($text) { $text . "\n" x (4096 - length $text) }

sub link_to ($target, $link) {
    symlink $target, "$link.new" or die "symlink $link.new: $!\n";
    rename "$link.new", $link or die "rename $link: $!\n";
}

subtest 'all ways of replacing files' => sub {
    my @hosts;
    for my $i (0 .. $#WAYS) {
        my ($what, $opt, undef, $prepare) = @{ $WAYS[$i] };
        my $h    = "h$i";
        my %want = (san => ["$h.test"], intermediates => $opt->{intermediates} // 0);
        $certs->leaf($h, %want, start => -2);
        $certs->leaf("$h-new", %want, %{ $opt->{new} // {} }, $opt->{same_key} ? (key_of => $h) : ());
        $prepare->($h) if $prepare;
        my ($crt, $key) = map { exists $opt->{$_} ? $opt->{$_} : "H.$_" } 'crt', 'key';
        s/H/$h/ for grep { defined } $crt, $key;
        push @hosts, tls_host("$h.test", "  SSLCertificateFile \@CERTS\@/$crt", defined $key ? "  SSLCertificateKeyFile \@CERTS\@/$key" : ());
    }
    my ($server, $renewal) = start(@hosts);
    ok $renewal->wait_for_looks(1), 'the parent has looked at all of them as they are';
    is $renewal->figure('TLSCertificatesReplaced'), 0, 'and found nothing new';
    my $mark = $server->mark;
    $WAYS[$_][2]->("h$_") for 0 .. $#WAYS;
    for my $i (0 .. $#WAYS) {
        ok $renewal->shows("h$i.test", "h$i-new"), "$WAYS[$i][0]: the new one is shown";
    }
    is $server->handshake(name => 'h8.test')->chain_length, 2, 'with its chain';
    my @refused = $server->log_lines(qr/TP0931/, $mark);
    is scalar(@refused), 0, 'nothing is told as refused' or diag join "\n", @refused;
    is $renewal->figure('TLSCertificatesReplaced'), scalar @WAYS, 'each is counted';
    $server->stop;
};

subtest 'RSA and ECDSA on one host, one after the other' => sub {
    both('rsa', key => 'rsa');
    both('ec');
    my ($server, $renewal) = start(tls_host('rsa.test', 'ServerAlias ec.test', pair('rsa'), pair('ec')));
    my %as = (rsa => [sigalgs => 'rsa_pss_rsae_sha256'], ec => [sigalgs => 'ecdsa_secp256r1_sha256']);
    ok $renewal->shows_now('rsa.test', $_, @{ $as{$_} }), "$_ is shown" for 'rsa', 'ec';
    replace($certs, 'rsa-new', 'rsa');
    ok $renewal->shows('rsa.test', 'rsa-new', @{ $as{rsa} }), 'the new RSA certificate is shown';
    ok $renewal->shows_now('rsa.test', 'ec', @{ $as{ec} }), 'and the old one with ECDSA';
    replace($certs, 'ec-new', 'ec');
    ok $renewal->shows('rsa.test', 'ec-new', @{ $as{ec} }), 'then the new one with ECDSA';
    ok $renewal->shows_now('rsa.test', 'rsa-new', @{ $as{rsa} }), 'and the same with RSA';
    $server->stop;
};

subtest 'what mod_md names' => sub {
    plan skip_all => 'httpd has no mod_md' unless has_module('md');
    both('md');
    my $server = TLSplus::Server->start(certs => $certs, modules => ['status', 'watchdog', 'md'], conf => join '', TLSplus::Renewal::CHILDREN,
        "MDStoreDir \@ROOT\@/md\nMDCertificateAgreement accepted\nMDContactEmail admin\@md.test\n",
        "<MDomain md.test>\n  MDCertificateFile \@CERTS\@/md.crt\n  MDCertificateKeyFile \@CERTS\@/md.key\n</MDomain>\n",
        tls_host('page.test', pair('page')), tls_host('md.test'));
    my $renewal = TLSplus::Renewal->new($server, 'page.test');
    ok $renewal->shows_now('md.test', 'md'), 'is shown';
    replace($certs, 'md-new', 'md');
    ok $renewal->shows('md.test', 'md-new'), 'and is followed, without a graceful restart';
    $server->stop;
};

# What is done to a host's files, and what is said of it. key or crt: what of it comes afterwards.
my @BROKEN = (
    ['the key first',          sub ($h) { put_file("$dir/$h-new.key", "$dir/$h.key") }, qr/does not fit the certificate/],
    ['the certificate first',  sub ($h) { put_file("$dir/$h-new.crt", "$dir/$h.crt") }, qr/does not fit the certificate/],
    ['garbage',                sub ($h) { spew("$dir/$h.crt", 'garbage') }, qr/h\d+\.crt/],
    ['half a certificate',     sub ($h) { spew("$dir/$h.crt", substr $certs->read("$h-new.crt"), 0, 300) }, qr/h\d+\.crt/],
    ['an empty certificate',   sub ($h) { spew("$dir/$h.crt", '') }, qr/h\d+\.crt" is empty|empty/],
    ['no certificate',         sub ($h) { unlink "$dir/$h.crt" }, qr/no such file/],
    ['a folder',               sub ($h) { unlink "$dir/$h.crt"; mkdir "$dir/$h.crt" }, qr/directory/],
    ['no key',                 sub ($h) { unlink "$dir/$h.key" }, qr/no such file/],
    ['half a key',             sub ($h) { spew("$dir/$h.key", substr $certs->read("$h-new.key"), 0, 120) }, qr/h\d+\.key/],
    ['a key of somebody else', sub ($h) { put_file("$dir/page.key", "$dir/$h.key") }, qr/does not fit the certificate/],
    ['an expired certificate', sub ($h) { replace($certs, "$h-expired", $h) }, qr/valid until .* ago/],
    ['one of days to come',    sub ($h) { replace($certs, "$h-future", $h) }, qr/valid from/],
    ['a link to nowhere',      sub ($h) { unlink "$dir/$h.key"; symlink 'nowhere', "$dir/$h.key" }, qr/is a link to/],
    ['an encrypted key',       sub ($h) { put_file("$dir/$h-new.crt", "$dir/$h.crt"); put_file("$dir/$h-new.enc.key", "$dir/$h.key") }, qr/encrypted private key cannot be opened.*SSLPassPhraseDialog exec:/],
);

subtest 'what a start would not take' => sub {
    my @names = map { "h$_" } 0 .. $#BROKEN;
    for my $h (@names) {
        $certs->leaf($h,           san => ["$h.test"], start => -2);
        $certs->leaf("$h-new",     san => ["$h.test"], password => 'opensesame');
        $certs->leaf("$h-expired", san => ["$h.test"], expired => 1);
        $certs->leaf("$h-future",  san => ["$h.test"], future => 1);
        copy("$dir/$h.crt", "$dir/$h-old.crt");
    }
    my ($server, $renewal) = start(map { tls_host("$_.test", pair($_)) } @names);
    my $mark = $server->mark;
    $BROKEN[$_][1]->($names[$_]) for 0 .. $#BROKEN;
    for my $i (0 .. $#BROKEN) {
        my ($what, undef, $said) = @{ $BROKEN[$i] };
        my $line = $server->wait_log(qr/TP0931.*$names[$i]\.test:.*/, mark => $mark, seconds => LOOKS_SECONDS) // '';
        like $line, $said, "$what: told";
        like $line, qr/:error\].* Fix: /, "$what: as an error, with what to do";
        ok $renewal->shows_now("$names[$i].test", "$names[$i]-old"), "$what: the one before is shown";
    }
    is $renewal->figure('TLSCertificatesRefused'), scalar @BROKEN, 'the status page knows how many';
    my $page = $server->get('/status?auto', name => 'page.test')->body;
    is scalar(my @other = $page =~ /^TLSCertificate: .* disk=other name=h\d+\.test:\d+$/mg), scalar @BROKEN, 'and which';
    like $server->get('/status', name => 'page.test')->body, qr{<td>private key does not fit the certificate: .*?</td></tr>}, 'and why';
    ok $renewal->wait_for_looks(2), 'some looks later';
    is_deeply [grep { my $h = $_; 1 != (() = $server->log_lines(qr/TP0931.*$h\.test:/, $mark)) } @names], [], 'each is still told once'
        or diag join "\n", $server->log_lines(qr/TP0931/, $mark);
    for my $h (@names) { rmdir "$dir/$h.crt" if -d "$dir/$h.crt"; unlink "$dir/$h.key" if -l "$dir/$h.key" }
    replace($certs, "$_-new", $_) for @names;
    ok $renewal->shows("$_.test", "$_-new"), "$_: mended, without touching httpd" for @names;
    ok wait_until(LOOKS_SECONDS, sub { ($renewal->figure('TLSCertificatesRefused') // 1) == 0 }), 'none is left';
    $server->stop;
};

subtest 'off' => sub {
    both('off');
    my $server = TLSplus::Server->start(certs => $certs, modules => ['status'],
        conf => TLSplus::Renewal::CHILDREN . "TLSPlusReload off\n" . tls_host('off.test', pair('off')));
    my $renewal = TLSplus::Renewal->new($server, 'off.test');
    replace($certs, 'off-new', 'off');
    is $renewal->figure('TLSReloadLooks'), undef, 'nobody looks';
    ok $server->graceful, 'a graceful restart';
    ok $renewal->shows_now('off.test', 'off-new'), 'finds it';
    $server->stop;
};

done_testing;
