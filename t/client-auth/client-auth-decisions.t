# SPDX-License-Identifier: Apache-2.0
#
# Who is let in, decision by decision, held against the stock mod_ssl: every mode of SSLVerifyClient in a virtual
# host, a location and an .htaccess, with every kind of certificate a client may show, over TLS 1.2, TLS 1.3
# and HTTP/2. A status, or a connection without an answer, and SSL_CLIENT_VERIFY must be the same. Where it is not, %ON_PURPOSE says why.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(has_http2);
use TLSplus::Twins;

my @MODES    = qw(none optional require optional_no_ca);
# The last two are locations of hosts that ask everybody, in two ways.
my @CONTEXTS = qw(vhost location htaccess below-optional below-lenient);
my %host_of  = map { $_ => $_ } qw(below-optional below-lenient);
my @CLIENTS  = qw(nobody good expired revoked stranger selfmade deep server-only);
my @WAYS     = (['1.2', '1.1'], ['1.3', '1.1'], has_http2() ? (['1.2', '2'], ['1.3', '2']) : ());

my $certs = TLSplus::Certs->new;
$certs->leaf('server', san => ['places.test', (map { "$_.test" } sort keys %host_of), map { s/_/-/gr . '.test' } @MODES]);
$certs->ca;
$certs->ca('elsewhere');
$certs->leaf($_, cn => $_) for qw(good revoked);
$certs->leaf('expired',     cn => 'expired',     expired => 1);
$certs->leaf('stranger',    cn => 'stranger',    issuer => 'elsewhere');
$certs->leaf('selfmade',    cn => 'selfmade',    self_signed => 1);
$certs->leaf('deep',        cn => 'deep',        intermediates => 1);
$certs->leaf('server-only', cn => 'server-only', extensions => ['extendedKeyUsage=serverAuth']);
$certs->crl('crl', revoked => ['revoked']);

my $tls = <<'CONF';
  SSLEngine on
  SSLCertificateFile    @CERTS@/server.crt
  SSLCertificateKeyFile @CERTS@/server.key
  SSLCACertificateFile  @CERTS@/ca.crt
  SSLCARevocationFile   @CERTS@/crl.pem
  SSLCARevocationCheck  leaf no_crl_for_cert_ok
CONF
my $conf = "Protocols h2 http/1.1\nHeader always set X-Seen %{SSL_CLIENT_VERIFY}s\n<Directory \"\@ROOT\@/htdocs\">\n  AllowOverride AuthConfig\n</Directory>\n";
my %files;
for my $mode (@MODES) {
    my $name = $mode =~ s/_/-/gr;
    $conf .= "<VirtualHost *:\@PORT\@>\n  ServerName $name.test\n$tls  SSLVerifyClient $mode\n</VirtualHost>\n";
    $files{"htdocs/htaccess/$mode/.htaccess"} = "SSLVerifyClient $mode\n";
    $files{"htdocs/$_/$mode/index.html"} = "in\n" for @CONTEXTS;
}
$conf .= "<VirtualHost *:\@PORT\@>\n  ServerName places.test\n$tls"
  . join('', map { "  <Location \"/location/$_\">\n    SSLVerifyClient $_\n  </Location>\n" } @MODES) . "</VirtualHost>\n";
for (['below-optional', 'optional'], ['below-lenient', 'optional_no_ca']) {
    my ($host, $asks) = @$_;
    $conf .= "<VirtualHost *:\@PORT\@>\n  ServerName $host.test\n$tls  SSLVerifyClient $asks\n"
      . join('', map { "  <Location \"/$host/$_\">\n    SSLVerifyClient $_\n  </Location>\n" } @MODES) . "</VirtualHost>\n";
}

my $twins = TLSplus::Twins->start(certs => $certs, modules => [qw(headers http2)], files => \%files, conf => $conf);

sub with ($who) {
    return () if $who eq 'nobody';
    my $dir = $certs->dir;
    return (cert => -f "$dir/$who.chain" ? "$dir/$who.full" : "$dir/$who.crt", key => "$dir/$who.key");
}

sub decision ($server, $context, $mode, $who, $way) {
    my $name   = $context eq 'vhost' ? $mode =~ s/_/-/gr : $host_of{$context} // 'places';
    my $answer = $server->get("/$context/$mode/", name => "$name.test", tls => $way->[0], http => $way->[1], insecure => 1, with($who));
    return join ' ', $answer->status || 'closed', ($answer->status // 0) == 200 ? $answer->header('x-seen') : ();
}

# "context mode client tls http" as a pattern => [mod_ssl's decision, ours, why]
my @ON_PURPOSE = (
    [qr/^below-\w+, require, good, TLS 1\.3, HTTP\/1\.1/, 403, 200,
        'a certificate that has passed the same test already will do'],
    [qr/^(?:(?:location|htaccess), require, nobody, TLS 1\.3|below-\w+, require, nobody, TLS 1\.3, HTTP\/2)/, 'closed', 403,
        'a client without certificate is told so in TLS 1.3'],
    [qr/^below-lenient, require, (?:stranger|selfmade), TLS 1\.3, HTTP\/1\.1/, 403, 'closed',
        'the client is asked a second time in TLS 1.3 too, and refused by TLS'],
    [qr/^below-lenient, optional, (?:stranger|selfmade), /, 200, 'closed',
        'what optional_no_ca let through does not do for optional'],
);

# OpenSSL looks for the list of a self-made certificate after it has complained of the issuer. That a missing list
# is no fault must not make it one that was verified, for the session that keeps the result.
sub same_but_for_list ($what, $theirs, $mine) {
    return $what =~ /, selfmade, / && $theirs eq '200 GENEROUS' && $mine eq '200 FAILED:unable to get certificate CRL';
}

my $combinations = 0;
for my $context (@CONTEXTS) {
    for my $mode (@MODES) {
        for my $who (@CLIENTS) {
            for my $way (@WAYS) {
                my $what = "$context, $mode, $who, TLS $way->[0], HTTP/$way->[1]";
                my ($theirs, $mine) = map { decision($_, $context, $mode, $who, $way) } $twins->stock, $twins->ours;
                $combinations++;
                my ($row) = grep { $what =~ $_->[0] } @ON_PURPOSE;
                if ($row) { is join(', ', map { /^(\w+)/ } $theirs, $mine), "$row->[1], $row->[2]", "$what: $theirs, here $mine, as $row->[3]" }
                elsif (same_but_for_list($what, $theirs, $mine)) { pass "$what: $theirs, here $mine" }
                else { is $mine, $theirs, "$what: $theirs" }
            }
        }
    }
}
cmp_ok $combinations, '>=', 150, 'enough was compared';
ok $twins->stop, 'both stop cleanly';
done_testing;
