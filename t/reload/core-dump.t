# SPDX-License-Identifier: Apache-2.0
#
# A core file of httpd's parent has no private key as it lies in its file: not of those that are served, not of one that
# is kept since before a restart, and not of one that no host uses any more.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MIME::Base64 qw(decode_base64);
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(run slurp);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
my $certs = TLSplus::Certs->new;
# More hosts than contexts are made ready for: OpenSSL's own objects are those of the first ones.
my @NAMES = map { sprintf 'h%02d', $_ } 0 .. 39;
$certs->leaf($_, san => ["$_.test"]) for @NAMES, 'next';
my $dir = $certs->dir;

# The secret number of a key of P-256, behind the version and the head of its octet string (RFC 5915).
sub secret ($name) {
    my ($base64) = slurp("$dir/$name.key") =~ /-----BEGIN[^\n]*\n(.*?)-----END/s;
    my ($octets) = decode_base64($base64) =~ /\x02\x01\x01\x04\x20(.{32})/s or die "$name: no key of P-256\n";
    return $octets;
}

needs_memory_of();
my %SECRET = map { $_ => secret($_) } @NAMES, 'next';
my $server = TLSplus::Server->start(certs => $certs, conf => join '', map { tls_host("$_.test", pair($_)) } @NAMES);
my $check  = sub ($when) {
    my $content = memory_of($server, $server->pid) // return;
    cmp_ok index($content, 'h39.test'), '>=', 0, "$when: the core file has what it should have";
    my @found = grep { index($content, $SECRET{$_}) >= 0 } sort keys %SECRET;
    is "@found", '', "$when: and no key";
};
$check->('after a start');
# One is replaced, and one is broken.
for my $suffix ('crt', 'key') {
    rename "$dir/next.$suffix", "$dir/h38.$suffix" or die "rename: $!\n";
}
unlink "$dir/h39.key";
ok $server->graceful, 'a graceful restart';
is $server->handshake(name => 'h39.test')->subject, 'CN = h39.test', 'the broken one has what it had';
$check->('after a restart');
ok $server->stop, 'stops cleanly';

done_testing;
