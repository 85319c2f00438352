# SPDX-License-Identifier: Apache-2.0
#
# Words of a list that commas or quotation marks hold together: the line to write is told, and taken
# at its word.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Mistakes qw(expected good);
use TLSplus::Server;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->leaf('direct', san => ['a.test']);
$certs->crl('list');

my @LISTS = ('  SSLCACertificateFile @CERTS@/ca.crt', '  SSLCARevocationFile @CERTS@/list.pem');

for (
    [123, 'SSLOptions +StdEnvVars,+ExportCertData',         'SSLOptions +StdEnvVars +ExportCertData'],
    [123, 'SSLOptions "+StdEnvVars -ExportCertData"',       'SSLOptions +StdEnvVars -ExportCertData'],
    [123, 'SSLOptions StdEnvVars, ExportCertData',          'SSLOptions StdEnvVars +ExportCertData'],
    [123, 'SSLOptions "StdEnvVars ExportCertData"',         'SSLOptions StdEnvVars +ExportCertData'],
    [701, 'SSLCARevocationCheck chain,no_crl_for_cert_ok',  'SSLCARevocationCheck chain no_crl_for_cert_ok'],
    [701, 'SSLCARevocationCheck "leaf no_crl_for_cert_ok"', 'SSLCARevocationCheck leaf no_crl_for_cert_ok'],
  ) {
    my ($id, $line, $to_write) = @$_;
    my $found = TLSplus::Server->new(certs => $certs, conf => good("  $line", @LISTS))->configtest;
    isnt $found->{exit}, 0, "$line: fails";
    like $found->{text}, expected($id, 6, (split ' ', $line)[0]), "$line: is told";
    my ($written) = $found->{text} =~ /\. Fix: write: (SSL[^;\n]*)/;
    is $written, $to_write, "$line: and what to write";
    my $mended = TLSplus::Server->new(certs => $certs, conf => good("  $to_write", @LISTS))->configtest;
    is $mended->{exit}, 0, "$to_write: passes" or diag $mended->{text};
    unlike $mended->{text}, expected($id), "$to_write: and nothing of it is told";
    unlike $mended->{text}, qr/TP0124/, "$to_write: and no option drops another";
}

done_testing;
