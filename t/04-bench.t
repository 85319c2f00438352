# SPDX-License-Identifier: Apache-2.0
#
# The programs that measure do run: each once, over a few requests. What they print as figures is not looked at; a
# script that nobody runs between two releases is broken when it is wanted.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use TLSplus::Env     qw(builddir modules_dir needs_tlsplus sanitized);
use TLSplus::Process qw(run);

needs_tlsplus;
plan skip_all => 'sanitizers need far more time and memory than what is compared with' if sanitized();
plan skip_all => 'needs mod_ssl to compare with' unless -f modules_dir() . '/mod_ssl.so';
my $is_built = run(['make', '-C', builddir(), map { "t/bench/$_" } qw(load alone)], timeout => 300);
is($is_built->{exit}, 0, 'what they need can be built') or diag $is_built->{out}, $is_built->{err};

my @runs = (
    ['operations.pl', [qw(rounds=1 scale=0.005), 'only=keep-alive 1 KB,full TLS 1.3'], qr/^keep-alive 1 KB +ours /m],
    ['proxied.pl',    [qw(rounds=1 scale=0.005), 'only=keep-alive,resumed TLS 1.3'],   qr/^resumed TLS 1\.3 +ours /m],
    ['vhosts.pl',     [qw(rounds=1 hosts=10 requests=10)],                             qr/^start +mod_ssl .* tlsplus /m],
);
for (@runs) {
    my ($script, $arguments, $row) = @$_;
    my $ran = run([$^X, "$FindBin::Bin/bench/$script", @$arguments], timeout => 120);
    is($ran->{exit}, 0, "$script runs") or diag $ran->{out}, $ran->{err};
    like($ran->{out}, $row, '... and has rows of ours');
    is($ran->{err}, '', '... and nothing to complain of');
}

done_testing;
