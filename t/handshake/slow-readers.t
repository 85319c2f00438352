# SPDX-License-Identifier: Apache-2.0
#
# What a client costs that asks for more than it reads: the memory that a connection holds while a large
# file, or the endless output of a program, waits for it, is no more than with mod_ssl.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use List::Util qw(sum0);
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_mpm sanitized);
use TLSplus::Host;
use TLSplus::Process qw(slurp wait_until);
use TLSplus::Stream;
use TLSplus::Test;
use TLSplus::Twins;

needs_mpm('event');    # one process of many connections, so that there is something to divide by
plan skip_all => 'a sanitized process keeps everything' if sanitized();

use constant FEW  => 5;
use constant MANY => 25;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

sub twins () {
    my $twins = TLSplus::Twins->start(certs => $certs, modules => ['cgi'], loglevel => 'warn', conf => <<'CONF' . tls_host('a.test', pair('a')));
ServerLimit 1
ThreadsPerChild 50
MaxRequestWorkers 50
Timeout 300
ScriptAlias /cgi/ @ROOT@/cgi/
CONF
    for my $server ($twins->stock, $twins->ours) {
        open my $out, '>', $server->root . '/htdocs/large' or die $!;
        truncate $out, 100 << 20;
        $server->cgi('endless', 'print "Content-Type: text/plain\n\n"; 1 while print "x" x 8000;');
    }
    return $twins;
}

# KiB of the server's children.
sub memory ($server) {
    return sum0 map { slurp("/proc/$_/smaps_rollup") =~ /^Pss:\s+(\d+)/m ? $1 : 0 }
      grep { slurp("/proc/$_/comm") =~ /^(?:apache2|httpd)$/ && slurp("/proc/$_/task/$_/children") !~ /\d/ } $server->children;
}

# What it is once nothing moves any more.
sub memory_at_rest ($server) {
    my $last = -1;
    wait_until(60, sub {
        select undef, undef, undef, 0.3;    # between two looks
        my $now = memory($server);
        (my $was, $last) = ($last, $now);
        return $now == $was;
    });
    return $last;
}

sub cost_of ($server, $path) {
    my @streams;
    my $more = sub ($count) {
        for (1 .. $count) {
            push @streams, TLSplus::Stream->tls($server, name => 'a.test', tls => 'TLSv1.3');
            $streams[-1]->send("GET $path HTTP/1.1\r\nHost: a.test\r\n\r\n");
        }
        $_->_read_until(30, sub { length $_->{in} > 1000 }) for @streams;
        return memory_at_rest($server);
    };
    my $few  = $more->(FEW);
    my $many = $more->(MANY);
    $_->close for @streams;
    return ($many - $few) / MANY;
}

# Pages come and go by chance: two runs of the same server differ by some percent.
for my $path ('/large', '/cgi/endless') {
    my $twins = twins();
    my ($stock, $ours) = map { cost_of($_, $path) } $twins->stock, $twins->ours;
    cmp_ok $ours, '<=', $stock * 1.05, sprintf '%s: %.0f KiB for a connection, with mod_ssl %.0f', $path, $ours, $stock;
    ok $twins->stop, 'both stop cleanly';
}
done_testing;
