# SPDX-License-Identifier: Apache-2.0
#
# A fix that is followed word for word helps. Whoever copies what stands behind "Fix: write:", "add:",
# "run:" or "remove the line" into the configuration or into a shell is done with that message: here a
# machine does so for every mistake of TLSplus::Mistakes, and asks configtest again. What no line and no
# command can mend is declared as prose, so that no row goes unnoticed.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(has_module modules_dir needs_tlsplus);
use TLSplus::Mistakes;
use TLSplus::Process qw(run);
use TLSplus::Server;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
make_files($certs);
my $dir = $certs->dir;

# By id: what is missing, only a person can get or decide.
my %PROSE = map { $_ => 1 } (
    200 .. 217, 220 .. 225, 227 .. 231, 235 .. 239, 262 .. 265,    # another certificate, key or chain
    108, 304, 305, 307, 308,                                 # which ciphers are wanted
    219, 313 .. 315, 317, 318, 331, 332, 334, 335,                     # which host is meant
    624, 625, 719,                                           # another file
);

my $OUTSIDE = qr/^(?:Listen|LoadModule|Mutex) /;    # not in a <VirtualHost>

my @MORE = (
    # quotation marks and blanks of a word processor
    [201, 'typographic quotation marks',   host("! SSLCertificateFile \x{e2}\x{80}\x{9c}\@CERTS\@/direct.crt\x{e2}\x{80}\x{9d}", '  SSLCertificateKeyFile @CERTS@/direct.key')],
    [201, 'guillemets',                    host('  SSLCertificateFile @CERTS@/direct.crt', "! SSLCertificateKeyFile \x{c2}\x{ab}\@CERTS\@/direct.key\x{c2}\x{bb}")],
    [201, 'a zero-width space',            host("! SSLCertificateFile \@CERTS\@/direct.crt\x{e2}\x{80}\x{8b}", '  SSLCertificateKeyFile @CERTS@/direct.key')],
    [103, 'typographic marks and blanks',  good("! SSLProtocol \x{e2}\x{80}\x{9e}all\x{c2}\x{a0}-SSLv3\x{e2}\x{80}\x{9c}")],
    [153, 'a no-break space in a value',   good("! SSLCipherSuite \x{c2}\x{a0}HIGH")],
    # caches and tickets
    [600, 'a provider that is not loaded', global('! SSLSessionCache dbm:@ROOT@/run/cache')],
    [601, 'arguments that are refused',    global('! SSLSessionCache shmcb:@ROOT@/run/cache(1)')],
    [602, 'a size that is refused',        global('! SSLSessionCache shm:1')],
    [603, 'no cache',                      global('! SSLSessionCache none')],
    # groups
    [154, 'a group that does not exist',   good('! TLSPlusGroups nosuchgroup:P-256')],
    [154, 'a misspelt group',              good('! TLSPlusGroups P256')],
    [154, 'no group that exists',          good('! TLSPlusGroups ?nosuchgroup')],
    # clients
    [700, 'a misspelt word for clients',   good('  SSLCACertificateFile @CERTS@/ca.crt', '! SSLVerifyClient requre')],
    [701, 'a misspelt word for lists',     good('  SSLCACertificateFile @CERTS@/ca.crt', '! SSLCARevocationCheck chains', '  SSLCARevocationFile @CERTS@/list.pem')],
    [705, 'authorities without links',     good('! SSLCACertificatePath @ROOT@/ca')],
    [713, 'lists that are not used',       good('  SSLCACertificateFile @CERTS@/ca.crt', '! SSLCARevocationFile @CERTS@/list.pem')],
    # hosts
    [312, 'TLS on port 80',                good() . "<VirtualHost *:80>\n  ServerName b.test\n! SSLEngine on\n  SSLCertificateFile \@CERTS\@/b.crt\n  SSLCertificateKeyFile \@CERTS\@/b.key\n</VirtualHost>\n"],
    [312, 'TLS on port 80, inherited',     "SSLEngine on\nSSLCertificateFile \@CERTS\@/direct.crt\nSSLCertificateKeyFile \@CERTS\@/direct.key\n" . good() . "! <VirtualHost *:80>\n  ServerName b.test\n</VirtualHost>\n"],
    [321, 'a rule for every browser',      good('! BrowserMatch "MSIE|Mozilla" nokeepalive')],
    [210, 'a key that another host has',   host('  SSLCertificateFile @CERTS@/direct.crt', '! SSLCertificateKeyFile @CERTS@/other.key') . (host(pair('other')) =~ s/a\.test/b.test/r)
                                          . (host('  SSLCertificateFile @CERTS@/direct.crt', '  SSLCertificateKeyFile @CERTS@/direct.key') =~ s/a\.test/c.test/r)],
    [226, 'an intermediate in the folder', host('! SSLCertificateFile @ROOT@/site/cert.pem', '  SSLCertificateKeyFile @CERTS@/a.key')],
    [228, 'a chain of somebody else',      host(pair('b'), '! SSLCertificateChainFile @CERTS@/strange.chain') =~ s/a\.test/b.test/r],
);
# their prose is not that of their id
my %MENDED = map { $_ => 1 } 'typographic quotation marks', 'guillemets', 'a zero-width space', 'a key that another host has', 'a chain of somebody else';

# What a machine can do of a fix: the first instruction in it, as [verb, argument].
sub instruction ($fix) {
    for my $clause (split /; /, $fix) {
        return [$1, $2] if $clause =~ /^(write|add|run): (.+)$/;
        return ['remove', $1] if $clause =~ /^remove the line(?: at \S+:(\d+))?\b/;
    }
    return undef;
}

# The message with this id in what configtest said: (its fix, the line it names).
sub told ($text, $id) {
    my $label = sprintf 'TP%04d: ', $id;
    my ($line) = $text =~ /^(.*$label.*)$/m or return;
    my ($fix)  = $line =~ /\. Fix: (.*)$/;
    my ($at)   = $line =~ /test\.conf:(\d+)/;
    ($at) = $text =~ /line (\d+) of \S*test\.conf:\n.*$label/ if !defined $at;
    return ($fix // '', $at);
}

sub changed ($conf, $at, $verb, $what) {
    my @lines = split /\n/, $conf;
    return "$what\n$conf" if $verb eq 'add' && $what =~ $OUTSIDE;
    $at = $what if $verb eq 'remove' && defined $what;
    splice @lines, $at - 1, 1, $verb eq 'write' ? $what : () if $verb ne 'add';
    splice @lines, $at, 0, $what if $verb eq 'add';
    return join("\n", @lines) . "\n";
}

$certs->leaf('elsewhere', san => ['c.test'], intermediates => 1, issuer => 'elsewhere');
$certs->write('strange.chain', $certs->read('elsewhere.chain'));
my %files = ('ca/ca.crt' => $certs->read('ca.crt'), 'site/cert.pem' => $certs->read('a.crt'), 'site/chain.pem' => $certs->read('a.chain'));

my (%followed, %told_in_prose);
for my $row (errors, warnings, @MORE) {
    my ($id, $what, $marked) = @$row;
    my $label = sprintf 'TP%04d: %s', $id, $what;
    my ($conf) = unmark($marked);
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf, files => \%files);
    my ($fix, $at) = told($server->configtest->{text}, $id);
    ok defined $fix, "$label: is told" or next;
    my $do = instruction($fix);
    if ($PROSE{$id} && !$MENDED{$what} && !$do) {
        pass "$label: in prose";
        ++$told_in_prose{$id};
        next;
    }
    ok $do, "$label: what to do can be copied" or diag("Fix: $fix"), next;
    my ($verb, $argument) = @$do;
    if ($verb eq 'run') {
        my $done = run(['sh', '-c', $argument]);
        is $done->{exit}, 0, "$label: $argument" or diag $done->{err};
    }
    else {
        $server->configure(changed($conf, $at, $verb, $argument));
    }
    my $after = $server->configtest;
    is $after->{exit}, 0, "$label: $verb " . ($argument // '') . ': passes' or diag $after->{text};
    ok !told($after->{text}, $id), "$label: and is told no more" or diag $after->{text};
    ++$followed{$id};
    make_files($certs) if $verb eq 'run';
}

is join(' ', grep { $followed{$_} && !$told_in_prose{$_} } sort keys %PROSE), '', 'what is declared as prose is prose';
cmp_ok scalar(keys %followed), '>=', 40, scalar(keys %followed) . ' messages were followed';
note 'followed: ', join ' ', sort keys %followed;
note 'in prose: ', join ' ', sort keys %told_in_prose;

done_testing;
