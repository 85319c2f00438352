# SPDX-License-Identifier: Apache-2.0
#
# The first command a newcomer types: ./bootstrap serve must give a page over TLS whose certificate the
# demo CA vouches for, stop when told and leave nothing behind; what goes wrong must be said in words. Uses the
# build under test, so it compiles nothing.
use v5.36;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Temp ();
use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $top   = $ENV{TLSPLUS_SRCDIR}   // abs_path(dirname(__FILE__) . '/..');
my $build = $ENV{TLSPLUS_BUILDDIR} // "$top/build";
plan skip_all => 'the demo serves with the plain build' if $ENV{TLSPLUS_SAN};
plan skip_all => 'curl or openssl is not installed' if grep { !program($_) } qw(curl openssl);
plan skip_all => "no module in $build" unless -f "$build/mod_tlsplus.so";

sub program ($name) {
    return scalar grep { -x "$_/$name" } split /:/, $ENV{PATH};
}

sub free_port {
    my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die "no port: $!\n";
    return $socket->sockport;
}

# Starts bootstrap with its output in one pipe; the environment is ours but for what make set.
sub start (%how) {
    my $pid = open(my $out, '-|') // die "fork: $!\n";
    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT;
        delete @ENV{grep { /^(?:MAKE|MFLAGS|PORT$|SAN$|TIDY$)/ } keys %ENV};
        $ENV{TLSPLUS_BUILD} = $build;
        $ENV{$_} = $how{env}{$_} for keys %{$how{env} // {}};
        if ($how{as_nobody} && $> == 0) {
            my ($uid, $gid) = (getpwnam 'nobody')[2, 3];
            ($), $() = ("$gid $gid", $gid);
            ($<, $>) = ($uid, $uid);
        }
        exec($how{script} // "$top/bootstrap", @{$how{args}}) or POSIX::_exit(127);
    }
    return {pid => $pid, out => $out, said => ''};
}

# Reads until a pattern appears or the process ends; false if neither happens in time.
sub read_until ($job, $pattern, $seconds = 60) {
    my $deadline = time + $seconds;
    while (!defined $pattern || $job->{said} !~ $pattern) {
        my $ready = '';
        vec($ready, fileno $job->{out}, 1) = 1;
        my $left = $deadline - time;
        return 0 if $left <= 0 || !select($ready, undef, undef, $left);
        sysread($job->{out}, $job->{said}, 4096, length $job->{said}) or return !defined $pattern;
    }
    return 1;
}

sub finish ($job) {
    my $ended = read_until($job, undef);
    kill KILL => $job->{pid} unless $ended;
    close $job->{out};
    $job->{ended} = 1;
    return $ended ? $? : -1;
}

sub run (%how) {
    my $job    = start(%how);
    my $status = finish($job);
    return ($status, $job->{said});
}

# ---- words --------------------------------------------------------------------------------

my ($status, $said) = run(args => ['--help']);
is($status, 0, '--help is no failure');
like($said, qr/^\s+$_\s/m, "--help tells about $_") for qw(serve check build);
like($said, qr/^\s+$_=/m,  "--help tells about $_") for qw(PORT TLSPLUS_BUILD SAN TIDY);

for my $args ([], ['dance'], ['serve', 'check']) {
    ($status, $said) = run(args => $args);
    is($status >> 8, 2, "refused: bootstrap @$args");
    like($said, qr/^usage:/, '... with the usage');
}
for my $port (qw(0 65536 099 80x -1)) {
    ($status, $said) = run(args => ['serve'], env => {PORT => $port});
    is($status >> 8, 1, "refused: PORT=$port");
    like($said, qr/\Q$port\E: not a port number/, '... in words');
}

# ---- packages -----------------------------------------------------------------------------

# A machine on which no package is installed, made of stand-ins: apt-get writes down what it is asked.
my $bare = File::Temp->newdir('tlsplus-bare-XXXXXX', TMPDIR => 1);
chmod 0755, $bare;
mkdir "$bare/bin";
copy("$top/bootstrap", "$bare/bootstrap") or die "bootstrap: $!\n";
chmod 0755, "$bare/bootstrap";
for my $tool (qw(bash env dirname nproc cat true)) {
    my ($found) = grep { -x } map { "$_/$tool" } split /:/, $ENV{PATH};
    symlink $found, "$bare/bin/$tool" or die "$tool: $!\n";
}

sub stand_in ($name, $script) {
    open my $out, '>', "$bare/bin/$name" or die "$name: $!\n";
    print $out "#!/usr/bin/env bash\n$script\n";
    close $out;
    chmod 0755, "$bare/bin/$name";
}
stand_in('dpkg-query', 'exit 1');
stand_in('apt-get', 'echo "asked: apt-get $*"; [[ $* != *install* ]]');

my @bare = (args => ['build'], script => "$bare/bootstrap", env => {PATH => "$bare/bin"});
SKIP: {
    skip 'root is needed to play root', 3 if $> != 0;
    ($status, $said) = run(@bare);
    like($said, qr/packages missing: apache2-bin apache2-dev libssl-dev .*g\+\+/, 'root: says what is missing');
    like($said, qr/asked: apt-get .*update\n.*asked: apt-get .*install .*apache2-dev/s, '... and has it installed');
    like($said, qr/could not install them.*apt-get install apache2-bin/, '... or says that it could not');
}
SKIP: {
    skip 'the folder for temporary files is private', 4 unless (stat dirname($bare))[2] & 0001;
    ($status, $said) = run(@bare, as_nobody => 1);
    is($status >> 8, 1, 'neither root nor sudo: a failure');
    like($said, qr/neither root nor sudo.*apt-get install apache2-bin apache2-dev/, '... that names the command');
    unlike($said, qr/asked:/, '... and tries nothing');

    stand_in('sudo', '[[ $1 != -n ]] || shift; echo "sudo $*"; exec "$@"');
    ($status, $said) = run(@bare, as_nobody => 1);
    like($said, qr/sudo apt-get .*update.*sudo env DEBIAN_FRONTEND=noninteractive apt-get .*install/s, 'sudo is used where it is');
}

# A folder that make cannot work in is told before anything is installed.
{
    my $blank = File::Temp->newdir('tlsplus blank-XXXXXX', TMPDIR => 1);
    copy("$top/bootstrap", "$blank/bootstrap") or die "bootstrap: $!\n";
    chmod 0755, "$blank/bootstrap";
    ($status, $said) = run(args => ['build'], script => "$blank/bootstrap", env => {PATH => "$bare/bin"});
    is($status >> 8, 1, 'a folder with a blank in its name is refused');
    like($said, qr/blanks, quotes or such in its name: \Q$blank\E/, '... with the reason');
    unlike($said, qr/packages missing|asked:/, '... before packages are looked at');
}

# Servers among the packages are named, and a long installation does not scroll by.
SKIP: {
    skip 'root is needed to play root', 2 if $> != 0;
    ($status, $said) = run(@bare, args => ['check']);
    like($said, qr/servers, which Debian starts at once.*disable --now apache2 redis-server memcached/, 'servers are named');
    unlike($said, qr/disable --now.*apache2-bin/, '... and nothing else');
}

# A folder that was renamed after a build: what make knows of it is no longer true.
{
    my $moved = File::Temp->newdir('tlsplus-moved-XXXXXX', TMPDIR => 1);
    mkdir "$moved/$_" for qw(build build/obj bin);
    copy("$top/bootstrap", "$moved/bootstrap") or die "bootstrap: $!\n";
    chmod 0755, "$moved/bootstrap";
    my %file = (
        'build/Makefile' => "srcdir := /gone\nabs_builddir := /gone/build\n",
        configure        => "#!/bin/sh\nprintf 'srcdir := $moved\\nabs_builddir := $moved/build\\nall:\\n' > Makefile\n",
        'bin/dpkg-query' => "#!/bin/sh\necho installed\n",
    );
    while (my ($name, $text) = each %file) {
        open my $out, '>', "$moved/$name" or die "$name: $!\n";
        print $out $text;
        close $out;
        chmod 0755, "$moved/$name";
    }
    my @moved = (args => ['build'], script => "$moved/bootstrap", env => {PATH => "$moved/bin:$ENV{PATH}", TLSPLUS_BUILD => 'build'});
    ($status, $said) = run(@moved);
    is($status, 0, 'a renamed folder is built') or diag $said;
    like($said, qr/had another name when it was built: configuring anew/, '... from the start, and that is said');
    ok(!-e "$moved/build/obj", '... without what was made elsewhere');
    ($status, $said) = run(@moved);
    unlike($said, qr/configuring anew/, '... once');
}

# ---- what is built ------------------------------------------------------------------------

# A server needs no commands: whoever only wants to see it does not wait for them. In a folder where nothing is built
# yet make tells all the steps it would take.
{
    my $empty = File::Temp->newdir('tlsplus-empty-XXXXXX', TMPDIR => 1);
    my %steps;
    for my $goal (qw(module all)) {
        my @said = qx{env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -n -C '$build' O='$empty/obj' OUT='$empty/' $goal 2>&1};
        $steps{$goal} = [map { m{^echo '\[(\d+)/(\d+)\] (.*)'} ? [$1, $2, $3] : () } @said];
        my @counted = @{$steps{$goal}};
        cmp_ok(scalar @counted, '>', 100, "$goal: many steps") or diag @said[0 .. ($#said < 5 ? $#said : 5)];
        is_deeply([map { $_->[0] } @counted], [1 .. @counted], '... numbered one after the other');
        is_deeply([grep { $_->[1] != @counted } @counted], [], '... and each of as many as there are');
    }
    my $commands = qr{ssl_engine/tools/|ssl_engine/openssl/authority/|tlsplus-c\w+$|libtlsplus_tools};
    is_deeply([grep { $_->[2] =~ $commands } @{$steps{module}}], [], 'what serve builds is the module alone');
    cmp_ok(scalar(grep { $_->[2] =~ $commands } @{$steps{all}}), '>=', 25, 'the commands are built with everything');
}

# ---- serve --------------------------------------------------------------------------------

# No test installs anything.
stand_in('apt-get', 'echo "no package is installed from within a test"; exit 1');
$ENV{PATH} = "$bare/guard:$ENV{PATH}";
mkdir "$bare/guard";
rename "$bare/bin/apt-get", "$bare/guard/apt-get";

my $port = free_port();
our $job;
END { kill TERM => $job->{pid} if $job && !$job->{ended} }
$job  = start(args => ['serve'], env => {PORT => $port});
ok(read_until($job, qr/stop:.*\n/), 'serves') or diag $job->{said};
like($job->{said}, qr{^\s+https://localhost:$port/$}m, 'says where');
my ($ca)     = $job->{said} =~ m{curl --cacert (\S+) https://};
my ($config) = $job->{said} =~ m{see:\s+(\S+?),};
my ($stop)   = $job->{said} =~ m{kill (\d+)};
is($stop, $job->{pid}, 'says how to stop it');

sub fetch (@options) { return scalar qx{curl -q -sS --noproxy '*' --max-time 20 --cacert $ca @options 2>&1} }
like(fetch("https://localhost:$port/"), qr/<title>mod_tlsplus is serving this page/, 'the page, the certificate verified');
like(fetch("https://127.0.0.1:$port/"), qr/<title>/, 'by address too');
is(fetch('--http2 -o /dev/null -w %{http_version}', "https://localhost:$port/"), '2', 'HTTP/2');
is(fetch('--http1.1 -o /dev/null -w %{http_version}', "https://localhost:$port/"), '1.1', 'HTTP/1.1');
like(fetch("'https://localhost:$port/server-status?auto'"), qr/^ServerMPM: event/m, 'the status page, on the event MPM');

for my $key (glob "$build/demo/*.key") {
    is((stat $key)[2] & 0777, 0600, "$key is its owner's alone");
}
like(scalar qx{openssl x509 -in $build/demo/localhost.crt -noout -ext subjectAltName},
    qr/DNS:localhost, IP Address:127\.0\.0\.1, IP Address:0:0:0:0:0:0:0:1/, 'the names in the certificate');
ok(!(grep { !m{127\.0\.0\.1:|\[::1\]:} } listening($port)), 'listens on loopback addresses only');

sub listening ($port) {
    open my $in, '<', $config or die "$config: $!\n";
    my @lines = grep { /^Listen / } <$in>;
    ok(scalar @lines, 'the configuration it names is there');
    return @lines;
}

# A second one on the same port says why it cannot, and leaves the first alone.
my $serial = qx{openssl x509 -in $build/demo/localhost.crt -noout -serial};
my ($again, $words) = run(args => ['serve'], env => {PORT => $port});
is($again >> 8, 1, 'a taken port is a failure');
like($words, qr/did not start on port $port.*could not bind to address \S+:$port/s, '... with the reason');
like($words, qr/the port is taken; another one: PORT=9443 \.\/bootstrap serve/, '... and what to type');
like(fetch("https://localhost:$port/"), qr/<title>/, 'the first one still serves');
is(scalar qx{openssl x509 -in $build/demo/localhost.crt -noout -serial}, $serial, 'the certificate is kept while it is good');

my ($folder) = $config =~ m{^(.*)/};
open my $pid_file, '<', "$folder/httpd.pid" or die "$folder/httpd.pid: $!\n";
chomp(my $httpd = <$pid_file>);
kill TERM => $job->{pid};
is(finish($job), 0, 'ends well when told to stop');
like($job->{said}, qr/stopped\n\z/, '... and says so');
ok(!kill(0, $httpd), 'httpd has ended before it');
ok(!-e $folder, 'its folder is gone');
ok(!IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port"), 'the port is free again');

done_testing;
