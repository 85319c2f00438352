# SPDX-License-Identifier: Apache-2.0
#
# Commands to a running server, as apachectl gives them, beside the stock mod_ssl: with a key that is
# open, one that a person opened and one that a program opened, while the file is as it was and once it
# is broken, at a terminal and without. Who signals judges nothing and asks nobody.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(find_program has_module httpd_by_itself modules_dir needs_tlsplus);
use TLSplus::Process qw(run slurp spew wait_until);
use TLSplus::Seat;
use TLSplus::Server;
use TLSplus::Terminal qw(type_to);
use TLSplus::Test;

needs_tlsplus();
my $apachectl = find_program('apachectl');
plan skip_all => 'no apachectl that takes its httpd from the environment'
  if !defined $apachectl || slurp($apachectl) !~ /APACHE_HTTPD/;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test'], password => 'opensesame');
my $SOUND = slurp($certs->dir . '/a.enc.key');
$certs->leaf('other');

my %DIALOG = (plain => '', person => "SSLPassPhraseDialog builtin\n", program => "SSLPassPhraseDialog exec:\@ROOT\@/run/ask\n");
my %MODULE = (stock => modules_dir() . '/mod_ssl.so', ours => undef);
delete $MODULE{stock} unless -f $MODULE{stock};

sub server_with ($key, $which) {
    my $file = $key eq 'plain' ? 'a.key' : 'a.enc.key';
    my $server = TLSplus::Seat->new(certs => $certs, conf => <<"CONF", dialog => [[qr/pass phrase: ?/i, "opensesame\r"]], so => $MODULE{$which});
$DIALOG{$key}<VirtualHost *:\@PORT\@>
  ServerName a.test
  SSLEngine on
  SSLCertificateFile    \@CERTS\@/a.crt
  SSLCertificateKeyFile \@ROOT\@/key.pem
</VirtualHost>
CONF
    $server->put('key.pem', [slurp($certs->dir . "/$file"), 0600]);
    $server->put('run/ask', ["#!/bin/sh\necho x >> calls\necho opensesame\n", 0755]);
    return $server;
}

sub calls ($server) { return length(slurp($server->root . '/run/calls')) / 2 }

# One command: {exit, asked, calls}. Whoever asks at the terminal is given no answer.
sub command ($server, $what, $at_terminal) {
    my $before  = calls($server);
    my %env     = (
        %{ $server->_env }, APACHE_CONFDIR => $server->root, APACHE_ENVVARS => '/dev/null', APACHE_HTTPD => httpd_by_itself($server->root, $server->_env),
        APACHE_ARGUMENTS => '-d ' . $server->root . ' -f ' . $server->root . '/conf/httpd.conf',
        APACHE_RUN_DIR => $server->root . '/run', APACHE_LOCK_DIR => $server->root . '/run', APACHE_ULIMIT_MAX_FILES => 'true',
        APACHE_RUN_USER => (getpwuid $>)[0], APACHE_LYNX => 'cat /dev/null', APACHE_STARTED_BY_SYSTEMD => 1,
    );
    delete $env{LD_PRELOAD} if $what !~ /^-k/;    # the shell is not to be sanitized
    my $command = $what =~ /^-k/ ? $server->_command(split / /, $what) : [$apachectl, $what];
    my $done    = $at_terminal ? type_to($command, env => \%env) : run($command, env => \%env, stdin_file => '/dev/null');
    my $said    = $at_terminal ? $done->{screen} : $done->{out} . $done->{err};
    return {exit => $done->{exit}, asked => $said =~ /pass phrase: ?$/im ? 1 : 0, calls => calls($server) - $before, said => $said};
}

sub brief ($done) { "exit $done->{exit}, asked $done->{asked}, program $done->{calls}" }

# Both modules do the same but for what `differs` says of ours.
sub compare ($name, $done, $differs = {}) {
    my $expected = $done->{stock} // {exit => 0, asked => 0, calls => 0};
    is brief($done->{ours}), brief({%$expected, %$differs}), $name or diag $done->{ours}{said};
}

for my $key (qw(plain person program)) {
    for my $file (qw(fine broken)) {
        subtest "key: $key, file: $file" => sub {
            for my $end ('stop', 'graceful-stop', '-k stop', '-k graceful-stop') {
                my (%server, %done);
                for my $which (sort keys %MODULE) {
                    $server{$which} = server_with($key, $which);
                    ok $server{$which}->begin, "$which: starts" or return diag $server{$which}->said;
                    $server{$which}->put('key.pem', [slurp($certs->dir . '/other.key'), 0600]) if $file eq 'broken';
                }
                my $both = sub ($what, $at_terminal) { return {map { $_ => command($server{$_}, $what, $at_terminal) } keys %server} };
                my $where = {0 => 'no terminal', 1 => 'at a terminal'};
                if ($end eq 'stop') {
                    for my $at_terminal (0, 1) {
                        # configtest judges; a program that asks nobody is run for it
                        my $judges = {exit => $file eq 'fine' ? 0 : 1, calls => $key eq 'program' && $file eq 'fine' ? 1 : 0};
                        compare "configtest, $where->{$at_terminal}", $both->('configtest', $at_terminal), $judges;
                        compare "fullstatus, $where->{$at_terminal}", $both->('fullstatus', $at_terminal);
                        compare "start of what runs, $where->{$at_terminal}", $both->('start', $at_terminal);
                        if ($file eq 'fine') {
                            my %mark = map { $_ => $server{$_}->mark } keys %server;
                            compare "graceful, $where->{$at_terminal}", $both->('graceful', $at_terminal), $judges;
                            logs $server{$_}, qr/resuming normal operations/, "graceful, $where->{$at_terminal}: $_ goes on", mark => $mark{$_}
                              for keys %server;
                        }
                        else {
                            is command($server{ours}, 'graceful', $at_terminal)->{exit}, 1, "graceful, $where->{$at_terminal}: refused, and nothing happens";
                        }
                        serves $server{ours}, 'and ours serves', name => 'a.test';
                    }
                }
                my $at_terminal = ($end =~ /graceful/) == ($file eq 'fine') ? 1 : 0;
                compare "$end, $where->{$at_terminal}", $both->($end, $at_terminal);
                for my $which (sort keys %server) {
                    my $process = $server{$which}{process};
                    ok wait_until(30, sub { !$process->running }), "$end: $which ends";
                    $server{$which}->_forget($process);
                }
            }
        };
    }
}

# A graceful restart of a server that does not run is a start, and judged as one.
for my $case (['fine', 0], ['broken', 1]) {
    my ($file, $exit) = @$case;
    subtest "graceful without a server, file: $file" => sub {
        my $server = server_with('plain', 'ours');
        $server->write_conf;
        $server->put('key.pem', [slurp($certs->dir . '/other.key'), 0600]) if $file eq 'broken';
        # who goes to the background leaves its pools to the other process
        my $done = do { local $ENV{ASAN_OPTIONS} = 'detect_leaks=0'; command($server, '-k graceful', 0) };
        is $done->{exit}, $exit, "exit $exit" or diag $done->{said};
        like $done->{said}, qr/not running, trying to start/, 'says what it does';
        like $done->{said}, qr/TP0210: .*test\.conf/, 'and why it does not' if $exit;
        if (!$exit) {
            ok wait_until(30, sub { $server->_serves(0) }), 'serves';
            is command($server, '-k stop', 0)->{exit}, 0, 'and is stopped';
            ok wait_until(30, sub { !-e $server->root . '/run/httpd.pid' }), 'ends';
        }
    };
}

done_testing;
