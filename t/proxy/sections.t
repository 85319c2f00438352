# SPDX-License-Identifier: Apache-2.0
#
# <Proxy> sections of the main server, and several that match: whose settings hold, decided as by the stock mod_ssl.
# A section has what it does not say from the server that it stands in, and the last that matches holds alone.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Behind;
use TLSplus::Certs;
use TLSplus::Host;
use TLSplus::Twins;

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->leaf('good',     san => ['localhost']);
$certs->leaf('stranger', san => ['localhost'], issuer => 'elsewhere');
$certs->leaf('other',    san => ['other.test']);
my $behind = TLSplus::Behind->start($certs, map { $_ => [pair($_)] } qw(good stranger other));

my $verify = "SSLProxyVerify require\nSSLProxyCACertificateFile \@CERTS\@/ca.crt";
my ($on, $off) = ('SSLProxyEngine on', 'SSLProxyEngine off');

# What the main server says; per case its name, the backend, lines of the main server, lines of the host.
# %1 begins a section for the backend's URL in that case, %2 one with a pattern for it.
my %MAIN = (
    'a main server without TLS to backends' => ['', 
        ['the host\'s engine',                'good',     '%1 SSLProxyVerify none',       $on],
        ['the host\'s engine, another name',  'other',    '%1 SSLProxyCheckPeerName off', $on],
        ['a section with engine',             'good',     "%1 $on",                       ''],
        ['... against the host\'s word',      'good',     "%1 $on",                       $off],
        ['a pattern with engine',             'good',     "%2 $on",                       ''],
        ['no section',                        'good',     '',                             $on],
        ['the host\'s section after that of the main server', 'stranger', "%1 $on\n$verify", "$on\n%1 SSLProxyCheckPeerName off"],
        ['two sections',                      'stranger', '', "$on\n%1 $verify\n%1 SSLProxyCheckPeerName off"],
        ['... the other way round',           'stranger', '', "$on\n%1 SSLProxyCheckPeerName off\n%1 $verify"],
        ['a pattern last',                    'stranger', '', "$on\n%1 $verify\n%2 SSLProxyCheckPeerName off"],
        ['a pattern first',                   'stranger', '', "$on\n%2 SSLProxyCheckPeerName off\n%1 $verify"],
        ['a section that says nothing last',  'stranger', '', "$on\n%1 $verify\n%1 Require all granted"],
    ],
    'a main server that verifies nobody' => [$on,
        ['the host verifies, the section stands before it', 'stranger', '%1 SSLProxyCheckPeerExpire on', $verify],
        ['the host verifies',                 'stranger', '', $verify],
        ['a section of the host',             'stranger', '', "$verify\n%1 SSLProxyVerify none"],
    ],
    'a main server that verifies' => ["$on\n$verify",
        ['the host does not, the section stands before it', 'stranger', '%1 SSLProxyCheckPeerExpire on', 'SSLProxyVerify none'],
        ['the host does not',                 'stranger', '', 'SSLProxyVerify none'],
        ['a section that says nothing',       'stranger', '%1 Require all granted', 'SSLProxyVerify none'],
        ['a section of the host',             'stranger', '', '%1 SSLProxyVerify none'],
    ],
);

# "%1 line\nline": a section with those lines, up to the next.
sub expanded ($text, $url) {
    my ($plain, @sections) = split /^(?=%[12] )/m, "\n$text";
    return join "\n", $plain, map {
        my ($kind, $lines) = /^%([12]) (.*)\z/s;
        $kind == 1 ? qq{<Proxy "$url">\n$lines\n</Proxy>} : "<ProxyMatch \"^\Q$url\E\">\n$lines\n</ProxyMatch>";
    } @sections;
}

for my $main (sort keys %MAIN) {
    my ($lines, @cases) = @{ $MAIN{$main} };
    my ($conf, @hosts) = ("$lines\n");
    my $number = 0;
    for my $case (@cases) {
        my ($what, $backend, $outside, $inside) = @$case;
        my $host = 'case' . ++$number;
        my $url = 'https://localhost:' . $behind->port($backend) . "/$host/";
        $conf .= expanded($outside, $url) . "\n<VirtualHost *:\@PLAIN\@>\nServerName $host.test\n" . expanded($inside, $url)
            . "\nProxyPass /x/ $url retry=0 disablereuse=on\n</VirtualHost>\n";
        push @hosts, [$host, $what];
    }
    my $twins = TLSplus::Twins->start(certs => $certs, modules => [qw(proxy proxy_http)], conf => $conf);
    $twins->same($main, sub ($server) {
        return { map { my ($host, $what) = @$_; ($what => $server->get('/x/', scheme => 'http', port => 'PLAIN', name => "$host.test")->status) } @hosts };
    }, least => scalar @cases);
    # ... and both kinds of answer are among them, so that nothing is equal because nothing works
    my %status = map { $_->status => 1 } map { $twins->ours->get('/x/', scheme => 'http', port => 'PLAIN', name => "$_->[0].test") } @hosts;
    is join(' ', sort keys %status), '200 500', "$main: some get through, some do not";
    $twins->stop;
}

done_testing;
