# SPDX-License-Identifier: Apache-2.0
#
# A key that was replaced while the server runs is where keys are, in its processes, and nowhere else: the files are
# root's, children never open them, and what the parent hands to its children is closed to programs that these start.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus mpm run_as has_module);
use TLSplus::Host;
use TLSplus::Process qw(run slurp wait_until);
use TLSplus::Renewal qw(replace);
use TLSplus::Server;
use TLSplus::Stream;
use TLSplus::Test;

needs_tlsplus();
my ($user) = run_as();
plan skip_all => 'needs root: children have to be somebody else' if $> != 0 || !defined $user;
plan skip_all => 'httpd has no module for CGI programs' unless has_module(mpm() eq 'prefork' ? 'cgi' : 'cgid');

my $certs = TLSplus::Certs->new;
my $dir   = $certs->dir;
$certs->leaf('page', san => ['page.test']);
$certs->leaf('a', san => ['a.test'], start => -2);
$certs->leaf('a-new', san => ['a.test']);

# The secret number of an EC key, as it lies in every form of it.
sub secret ($name) {
    my ($hex) = run(['openssl', 'ec', '-in', "$dir/$name.key", '-noout', '-text'])->{out} =~ /^priv:\n((?:\s+[0-9a-f:]+\n)+)/m;
    $hex =~ s/[^0-9a-f]//g;
    return substr pack('H*', $hex), -32;
}
my %secret = map { $_ => secret($_) } 'a', 'a-new';

my $server = TLSplus::Server->new(certs => $certs, modules => ['status', 'cgi'],
    conf => join '', TLSplus::Renewal::CHILDREN, "ScriptAlias /cgi/ \@ROOT\@/cgi/\nTimeout 300\n", tls_host('page.test', pair('page')), tls_host('a.test', pair('a')));
# Says what it sees, and waits to be looked at.
$server->cgi('look', <<'CODE');
$| = 1;
print "Content-Type: text/plain\r\n\r\npid $$\n";
print "looks at ", `cat $ENV{ROOT}/cgi/pids`, "\n";
for my $of ('self', getppid, split ' ', `cat $ENV{ROOT}/cgi/pids`) {
    for my $fd (glob "/proc/$of/fd/*") {
        my $what = readlink $fd // next;
        next unless $what =~ /memfd:tlsplus/;
        print "sees $of $what\n";
        print "opens $of $what\n" if open my $in, '<', $fd;
    }
}
for my $file (glob "$ENV{KEYS}/*.key") { print "reads $file\n" if open my $in, '<', $file }
print "done\n";
select undef, undef, undef, 0.1 while !-e "$ENV{ROOT}/cgi/enough";
CODE
$server->{conf} .= "SetEnv KEYS $dir\nSetEnv ROOT \@ROOT\@\n";
$server->begin or BAIL_OUT($server->said);
wait_until(30, sub { 3 <= (() = $server->children) });
my $renewal = TLSplus::Renewal->new($server, 'page.test');
replace($certs, 'a-new', 'a');
ok $renewal->shows('a.test', 'a-new'), 'the new certificate is shown';
# One of the children starts CGI programs, and serves nobody.
sub published ($pid) { grep { (readlink // '') =~ /memfd:tlsplus-files/ } glob "/proc/$pid/fd/*" }
my @children = grep { published($_) } $server->children;
my ($showing) = $renewal->children_showing('a.test', 'a-new');
cmp_ok $showing, '>=', 3, 'by several children';
is $showing, scalar @children, 'by each of those that serve';

is((stat "$dir/a.key")[4], 0, 'the key is root\'s');
is sprintf('%04o', (stat _)[2] & 07777), '0600', 'and nobody else may read it';
for my $child (@children) {
    my @open = map { readlink // () } glob "/proc/$child/fd/*";
    is_deeply [grep { /\.(?:key|crt)$/ } @open], [], "child $child has none of the files open";
}
is sprintf('%04o', (stat +(published($children[0]))[0])[2] & 07777), '0400', 'what the parent has published may be opened by its user alone';

subtest 'a CGI program' => sub {
    needs_memory_of();
    $server->put('cgi/pids', join ' ', $server->pid, @children);
    my $stream = TLSplus::Stream->tls($server, name => 'a.test');
    $stream->send("GET /cgi/look HTTP/1.0\r\nHost: a.test\r\n\r\n");
    my $said = $stream->take_until("done\n", 60) // '';
    my ($pid) = $said =~ /^pid (\d+)$/m;
    ok defined $pid, 'runs' or return diag $said, $server->log;
    like $said, qr/^looks at \d+ \d+ \d+/m, 'and looks at the processes of the server';
    unlike $said, qr/^(?:opens|reads) /m, 'it can open neither the keys nor what was published';
    unlike $said, qr/^sees self .*tlsplus/m, 'nothing of it was left open for it';
    my ($core, $own) = map { memory_of($server, $_) } $pid, $children[0];
    $server->put('cgi/enough', '');
    wait_until(30, sub { !-d "/proc/$pid" });
    $stream->close;
    return unless defined $core && defined $own;
    # In files the last octet comes last, in OpenSSL's numbers first.
    for my $name (sort keys %secret) {
        is index($core, $_), -1, "the key of $name is not in its memory" for $secret{$name}, scalar reverse $secret{$name};
    }
    cmp_ok index($own, scalar reverse $secret{'a-new'}), '>=', 0, 'where it is in that of a child, in use: the search finds what is there';
};

$server->stop;
done_testing;
