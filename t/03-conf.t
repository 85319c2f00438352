# SPDX-License-Identifier: Apache-2.0
#
# What people copy must work: every file in conf/ passes configtest, and serves, with nothing changed but
# the names of folders, ports and certificates. The commented lines of tlsplus.conf are tried too: they call
# themselves defaults. A file in conf/ that no test tries fails this one.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Basename qw(basename);
use Test::More;
use TLSplus::Behind;
use TLSplus::Certs;
use TLSplus::Env qw(builddir module_so modules_dir needs_tlsplus srcdir);
use TLSplus::Host;
use TLSplus::Process qw(slurp);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

my $conf  = srcdir() . '/conf';
my $certs = TLSplus::Certs->new;
$certs->leaf('www', key => 'ec', san => ['www.example.org', 'example.org'], intermediates => 1);

# demo.* is bootstrap's; 02-bootstrap.t serves with it.
my %untried = map { basename($_) => 1 } glob "$conf/*";
delete @untried{qw(demo.conf.in demo.html)};

sub trying ($name) {
    ok(delete $untried{$name}, "$name is there");
    return slurp("$conf/$name");
}

# The line of "make install", with the module under test.
my $load = trying('tlsplus.load.in');
like($load, qr/^# Conflicts: ssl$/m, 'a2enmod is told that mod_ssl is in the way');
like($load, qr{^LoadModule ssl_module \@libexecdir\@/mod_tlsplus\.so$}m, 'loads the module as ssl_module');
my $made = slurp(builddir() . '/conf/tlsplus.load');
SKIP: {
    skip 'no installed form in the build folder', 2 unless length $made;
    like($made, qr{^LoadModule ssl_module \Q@{[modules_dir()]}\E/mod_tlsplus\.so$}m, 'make fills in the folder');
    unlike($made, qr/\@\w+\@/, '... and leaves nothing to fill in');
}
$load =~ s{\@libexecdir\@/mod_tlsplus\.so}{module_so()}e;
$load =~ s{\@VERSION\@}{0};

# Runs a configuration twice: as it is, and with its commented directives in force.
my $settings = trying('tlsplus.conf.in');
my $shown = $settings =~ s/^(\s*)#(?=(?:SSL|TLSPlus)\w+ )/$1/gmr;
isnt($shown, $settings, 'tlsplus.conf shows some defaults');

my $vhost = trying('vhost.conf');
ok($vhost =~ s{"/etc/ssl/certs/www\.example\.org\.pem"}{\@CERTS\@/www.full}, 'the certificate has its line');
ok($vhost =~ s{"/etc/ssl/private/www\.example\.org\.key"}{\@CERTS\@/www.key}, 'so has the key');
$vhost =~ s{/var/www/html}{\@ROOT\@/htdocs};
$vhost =~ s{\*:443}{*:\@PORT\@};
$vhost =~ s{\*:80}{*:\@PLAIN\@};

for my $case (['as they are', $settings], ['with the defaults written out', $shown]) {
    my ($what, $text) = @$case;
    my $server = TLSplus::Server->new(certs => $certs, modules => ['http2', 'alias'], load => undef,
        conf => "$load\n$text\n$vhost");
    finds_nothing($server, "$what: configtest passes without a finding");
    ok($server->begin, "$what: starts") or do { diag $server->said; next };
    for my $name ('www.example.org', 'example.org') {
        my $answer = $server->get('/', name => $name);
        is($answer->status, 200, "$what: $name answers") or diag $answer->output;
        is($answer->verify, 0, "$what: ... with a certificate that fits");
    }
    is($server->get('/', name => 'example.org', scheme => 'http', port => 'PLAIN')->status, 301,
        "$what: the plain one sends there");
    ok($server->stop, "$what: stops cleanly");
}

# Client certificates: who comes without one gets no connection there, and no entrance here.
{
    my $text = trying('client-auth.conf');
    $certs->leaf('clients', san => ['members.example.org', 'open.example.org']);
    $certs->leaf('member',  cn  => 'member');
    $certs->ca;
    $certs->crl('crl');
    $text =~ s{"/etc/ssl/certs/www\.example\.org\.pem"}{\@CERTS\@/clients.crt}g;
    $text =~ s{"/etc/ssl/private/www\.example\.org\.key"}{\@CERTS\@/clients.key}g;
    $text =~ s{"/etc/ssl/clients/(ca|crl)\.pem"}{'@CERTS@/' . ($1 eq 'ca' ? 'ca.crt' : 'crl.pem')}ge;
    $text =~ s{/var/www/html}{\@ROOT\@/htdocs}g;
    $text =~ s{\*:443}{*:\@PORT\@}g;
    my $server = TLSplus::Server->new(certs => $certs, conf => $text, files => {'htdocs/members/index.html' => 'in'});
    finds_nothing $server, 'client-auth.conf: configtest passes without a finding about clients', qr/TP07\d\d: /;
    ok $server->begin, 'client-auth.conf: starts' or diag $server->said;
    my @member = (cert => $certs->dir . '/member.crt', key => $certs->dir . '/member.key');
    is $server->get('/', name => 'members.example.org', @member)->status, 200, 'a member comes in';
    ok !$server->get('/', name => 'members.example.org')->status, 'nobody else does';
    is $server->get('/', name => 'open.example.org')->status, 200, 'the open host is open';
    is $server->get('/members/', name => 'open.example.org')->status, 403, '... but for the place of members';
    is $server->get('/members/', name => 'open.example.org', @member)->status, 200, '... who are served there';
    ok $server->stop, 'client-auth.conf: stops cleanly';
}

# Backends: each of the three is reached under the settings of its place.
{
    my $text = trying('proxy.conf');
    $certs->leaf('app', san => ['localhost'], intermediates => 1);
    $certs->leaf('partner', san => ['localhost'], issuer => 'partners');
    $certs->leaf('printer', san => ['elsewhere.internal']);
    $certs->leaf('us', cn => 'us');
    $certs->write('us.pair', map { $certs->read("us.$_") } qw(crt key));
    $certs->ca($_) for qw(ca partners);
    my $behind = TLSplus::Behind->start($certs,
        app     => ['  SSLCertificateFile @CERTS@/app.full', '  SSLCertificateKeyFile @CERTS@/app.key'],
        partner => [pair('partner'), '  SSLCACertificateFile @CERTS@/ca.crt', '  SSLVerifyClient require'],
        printer => [pair('printer'), '  SSLProtocol TLSv1', '  SSLCipherSuite DEFAULT:@SECLEVEL=0']);
    my $url = sub ($name) { 'https://localhost:' . $behind->port($name) . '/' };
    $text =~ s{"/etc/ssl/certs/www\.example\.org\.pem"}{\@CERTS\@/www.full}g;
    $text =~ s{"/etc/ssl/private/www\.example\.org\.key"}{\@CERTS\@/www.key}g;
    $text =~ s{"/etc/ssl/internal/ca\.pem"}{\@CERTS\@/ca.crt}g;
    $text =~ s{"/etc/ssl/partner/ca\.pem"}{\@CERTS\@/partners.crt}g;
    $text =~ s{"/etc/ssl/private/client-to-partner\.pem"}{\@CERTS\@/us.pair}g;
    $text =~ s{https://app\.internal:8443/}{$url->('app')}ge;
    $text =~ s{https://api\.partner\.example\.com/}{$url->('partner')}ge;
    $text =~ s{https://printer\.internal/}{$url->('printer')}ge;
    $text =~ s{\*:443}{*:\@PORT\@}g;
    my $server = TLSplus::Server->new(certs => $certs, conf => $text, modules => [qw(proxy proxy_http)]);
    finds_nothing $server, 'proxy.conf: configtest passes without a finding';
    ok $server->begin, 'proxy.conf: starts' or diag $server->said;
    for my $name (qw(app partner printer)) {
        my $answer = $server->get("/$name/", name => 'www.example.org');
        is $answer->status, 200, "proxy.conf: $name answers" or diag $server->said;
        is $answer->header('X-Backend'), $name, '... itself';
        is $answer->header('X-Client'), $name eq 'partner' ? 'us' : '(null)', '... and is shown a certificate if that is its section';
    }
    ok $server->stop, 'proxy.conf: stops cleanly';
    $behind->stop;
}

# The rest belongs to the test of its subject, which names it.
my $others = join '', map { slurp($_) } grep { basename($_) ne '03-conf.t' } glob srcdir() . '/t/{,*/}*.t';
delete @untried{grep { $others =~ m{/conf/\Q$_\E\b} } keys %untried};
is_deeply([sort keys %untried], [], 'every file in conf/ is tried, here or elsewhere');
done_testing;
