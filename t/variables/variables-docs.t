# SPDX-License-Identifier: Apache-2.0
#
# Every variable of the table stands in doc/variables.md, every name that stands there exists, and the
# page's examples pass configtest.
use v5.36;
use Test::More;
use TLSplus::Env qw(is_tlsplus needs_tlsplus srcdir);
use TLSplus::Process qw(slurp);
use TLSplus::Server ();

needs_tlsplus();
my $page = slurp(srcdir() . '/doc/variables.md');
my $code = slurp(srcdir() . '/ssl_engine/request/variables.cpp') . slurp(srcdir() . '/ssl_engine/httpd/request/request_variables.cpp');

my @table = $code =~ /^ *\{"([A-Z][A-Z0-9_]+)", /mg;
my $passed_on = slurp(srcdir() . '/ssl_engine/httpd/proxy/proxy_variables.cpp');
my @passed_on = map { "SSL_PROXY_$_" } $passed_on =~ /^ *\{"([A-Z_]+)", "SSL_/mg;
cmp_ok scalar @passed_on, '>', 5, 'those of backends were read';
push @table, @passed_on;
cmp_ok scalar @table, '>', 70, 'the tables were read';

# What the page names: `SSL_x_A, SSL_x_B` stands for both sides; families are not in the tables.
my %named = map { $_ => 1 } $page =~ /\b((?:SSL|HTTPS|HTTP|REQUEST|REMOTE|SERVER|SCRIPT|TIME|PATH|QUERY|AUTH|IS|DOCUMENT|THE|API)_?[A-Za-z0-9_]*)\b/g;
for my $name (grep { /^SSL_x_/ } keys %named) {
    $named{ $name =~ s/_x_/_$_/r =~ s/^SSL_(CLIENT|SERVER)/SSL_$1_/r } = 1 for qw(CLIENT SERVER);
}
my @missing = grep { !$named{$_} } @table;
is "@missing", '', 'no variable is undocumented';

my %exists = map { $_ => 1 } @table;
my $family = qr/^SSL_(?:x|CLIENT|SERVER)_(?:[SI]_DN|SAN_|CERT_CHAIN_)/i;
my @unknown = grep { /^SSL_/ && !/_x_/ && !$exists{$_} && $_ !~ $family && $_ ne 'SSL_VERSION_' && $_ ne 'SSL_' } sort keys %named;
# sides the table does not have are written SSL_x_ and noted in the text
@unknown = grep { !$named{s/^SSL_(?:CLIENT|SERVER)_/SSL_x_/r} } @unknown;
is "@unknown", '', 'no variable is invented';

my @examples = map { s/^    //mgr } $page =~ /\n\n((?:    [^\n]*\n|\n(?=    ))+)/g;
cmp_ok scalar @examples, '>=', 2, 'examples were found';
for my $example (@examples) {
    my $server = TLSplus::Server->new(modules => ['headers', 'log_config', 'authz_core'],
        conf => "<Location />\n  Require all granted\n</Location>\n"
          . ($example =~ /^Require/ ? "<Location /staff>\n$example</Location>\n" : $example));
    my $found = $server->configtest;
    ok $found->{exit} == 0, 'configtest of ' . (split /\n/, $example)[0] or diag $found->{text};
}

done_testing;
