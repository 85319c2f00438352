# SPDX-License-Identifier: Apache-2.0
#
# Which lines about stapling a server starts with, beside the stock mod_ssl: valid, missing, in the wrong place, with
# values good and bad. The decision is the same, at a configuration test and at a start, or the row says why it is not.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(modules_dir needs_tlsplus);
use TLSplus::Host;
use TLSplus::Server;

needs_tlsplus();
my $stock = modules_dir() . '/mod_ssl.so';
plan skip_all => "no $stock to compare with" unless -f $stock;

my $certs = TLSplus::Certs->new;
my $asks  = 'authorityInfoAccess=OCSP;URI:http://127.0.0.1:1/';
$certs->leaf('a',     san => ['a.test'], extensions => [$asks]);
$certs->leaf('quiet', san => ['a.test']);
$certs->leaf('self',  san => ['a.test'], self_signed => 1);
$certs->write("$_.rooted", $certs->read("$_.crt"), $certs->read("$_.root")) for 'a', 'quiet';

my $CACHE = 'SSLStaplingCache shmcb:@ROOT@/run/staples(65536)';

# what it is, lines of the main server, lines of the virtual host, what both decide; or mod_ssl, ours, why
my @ROWS = (
    ['nothing',                        [],                                        [],                      'fine'],
    ['off, without a cache',           [],                                        ['SSLUseStapling off'],  'fine'],
    ['on, with a cache',               [$CACHE],                                  ['SSLUseStapling on'],   'fine'],
    ['on, without a cache',            [],                                        ['SSLUseStapling on'],   'start', 'fine', 'ours needs none'],
    ['on for all, without a cache',    ['SSLUseStapling on'],                     [],                      'start', 'fine', 'ours needs none'],
    ['on for all but this',            ['SSLUseStapling on'],                     ['SSLUseStapling off'],  'fine'],
    ['on where TLS is off',            [],                                        ['SSLUseStapling on', 'SSLEngine off'], 'fine'],
    ['a cache, and nobody uses it',    [$CACHE],                                  [],                      'fine'],
    ['on twice',                       [$CACHE, $CACHE],                          ['SSLUseStapling on', 'SSLUseStapling on'], 'fine'],
    ['a cache in a virtual host',      [],                                        [$CACHE],                'both'],
    ['a cache in a directory',         ['<Directory />', $CACHE, '</Directory>'], [],                      'both'],
    ['on in a directory',              ['<Directory />', 'SSLUseStapling on', '</Directory>'], [],         'both'],
    ['on in a location',               [], ['<Location />', 'SSLUseStapling on', '</Location>'],           'both'],
    ['a cache without arguments',      ['SSLStaplingCache shmcb'],                ['SSLUseStapling on'],   'fine'],
    ['one that is too small',          ['SSLStaplingCache shmcb:@ROOT@/run/s(10)'],  ['SSLUseStapling on'], 'both', 'fine', 'the line has no effect'],
    ['one that has no size',           ['SSLStaplingCache shmcb:@ROOT@/run/s(x)'],   ['SSLUseStapling on'], 'both', 'fine', 'the line has no effect'],
    ['a provider that is not loaded',  ['SSLStaplingCache dbm:@ROOT@/run/s'],     ['SSLUseStapling on'],   'both', 'fine', 'the line has no effect'],
    ['no such provider',               ['SSLStaplingCache nonsense:x'],           ['SSLUseStapling on'],   'both', 'fine', 'the line has no effect'],
    ['no such provider, and off',      ['SSLStaplingCache nonsense:x'],           [],                      'both', 'fine', 'the line has no effect'],
    ['none, as for sessions',          ['SSLStaplingCache none'],                 [],                      'both', 'fine', 'the line has no effect'],
    ['a provider without a name',      ['SSLStaplingCache :'],                    [],                      'both'],
    ['an empty word',                  ['SSLStaplingCache ""'],                   [],                      'both'],
    ['no word',                        ['SSLStaplingCache'],                      [],                      'both'],
    ['two words',                      ['SSLStaplingCache shmcb x'],              [],                      'both'],
    (map { ["SSLUseStapling $_",       [$CACHE],                                  ["SSLUseStapling $_"],   /^o(?:n|ff)$/i ? 'fine' : 'both'] }
          'ON', 'Off', 'yes', '1', '""', ''),
    ['SSLUseStapling on on',           [$CACHE],                                  ['SSLUseStapling on on'], 'fine'],   # so are all flags
    ['no issuer',                      [$CACHE], ['SSLUseStapling on', pair('a')],                         'fine'],
    ['a certificate of itself',        [$CACHE], ['SSLUseStapling on', pair('self')],                      'fine'],
    ['no responder',                   [$CACHE], ['SSLUseStapling on', pair('quiet', 'rooted')],           'fine'],
    (map { ["SSLStaplingForceURL $_",  [$CACHE], ['SSLUseStapling on', "SSLStaplingForceURL $_"],          'fine'] }
          'http://127.0.0.1:1/', 'https://127.0.0.1:1/', 'ldap://127.0.0.1/', 'nonsense'),
    (map { ["SSLStaplingForceURL $_",  [$CACHE], ["SSLStaplingForceURL $_"],                               'both'] } '""', ''),
    (map { my $name = $_; (
            (map { ["SSLStapling$name $_", [$CACHE], ['SSLUseStapling on', "SSLStapling$name $_"], 'fine'] } '0', '1', '3600', '5s', 'soon'),
            (map { ["SSLStapling$name $_", [$CACHE], ['SSLUseStapling on', "SSLStapling$name $_"], 'both'] } '-1', '""', '', '1 2'))
        } qw(ResponderTimeout ResponseTimeSkew ResponseMaxAge StandardCacheTimeout ErrorCacheTimeout)),
    (map { my $name = $_; map { ["SSLStapling$name $_->[0]", [$CACHE], ['SSLUseStapling on', "SSLStapling$name $_->[0]"], $_->[1]] }
          ['on', 'fine'], ['OFF', 'fine'], ['maybe', 'both'], ['', 'both'] } qw(ReturnResponderErrors FakeTryLater)),
);

# fine; start: passes a configuration test and does not start; both: passes neither; test: fails the test alone.
sub decision ($server) {
    my $is_tested = $server->configtest->{exit} == 0;
    return $is_tested ? 'fine' : 'both' if !$server->{starts};    # most are decided when they are read
    my $is_started = $server->begin;
    $server->stop;
    return $is_tested ? ($is_started ? 'fine' : 'start') : ($is_started ? 'test' : 'both');
}

my ($number, $differ) = (0, 0);
for my $row (@ROWS) {
    my ($what, $main, $host, $theirs, $mine, $why) = @$row;
    my $is_value = $what =~ /^SSLStapling(?!Cache)/;
    my $conf = join("\n", @$main, '') . tls_host('a.test', (grep({ /SSLCertificateFile/ } @$host) ? () : pair('a', 'rooted')), @$host);
    my %seen = map { my ($name, @so) = @$_;
        ($name => decision(TLSplus::Server->new(certs => $certs, conf => $conf, starts => !$is_value, @so))) } ['stock', so => $stock], ['ours'];
    is "$seen{stock}, $seen{ours}", join(', ', $theirs, $mine // $theirs), "$what: $theirs" . (defined $why ? ", here $mine, as $why" : '');
    $number++;
    $differ++ if $seen{stock} ne $seen{ours};
}
note "$number rows, $differ of them differ";
done_testing;
