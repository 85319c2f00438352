# SPDX-License-Identifier: Apache-2.0
#
# Commands to a server that runs on while a file on disk is broken: each does what it says, without a terminal and at
# one, with a key that a person or a program has opened, and nobody is asked for anything.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::Process qw(run slurp spew wait_until);
use TLSplus::Seat;
use TLSplus::Server;
use TLSplus::Terminal qw(type_to);
use TLSplus::Test;

needs_tlsplus();
my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test'], cn => 'a before', password => 'opensesame');
$certs->leaf('n', san => ['a.test'], cn => 'a renewed', password => 'another');
my $dir = $certs->dir;

my $QUESTION = qr/pass phrase: ?/i;

sub server_with ($dialog) {
    my $server = TLSplus::Seat->new(certs => $certs, dialog => [[$QUESTION, "opensesame\r"]], conf => "SSLPassPhraseDialog $dialog\n"
          . tls_host('a.test', '  SSLCertificateFile @ROOT@/a.crt', '  SSLCertificateKeyFile @ROOT@/a.key'));
    put_pair($server, 'a');
    phrase($server, 'opensesame');
    return $server;
}
sub put_pair ($server, $name) {
    $server->put('a.key', [slurp("$dir/$name.enc.key"), 0600]);
    $server->put('a.crt', [slurp("$dir/$name.crt"), 0600]);
}
sub phrase ($server, $phrase) { $server->put('run/ask', ["#!/bin/sh\necho x >> calls\necho $phrase\n", 0755]) }

# Gives {exit, said}; whoever asks is given no answer.
sub command ($server, $what, $at_terminal) {
    my $command = $server->_command('-k', $what);
    return run($command, env => $server->_env, stdin_file => '/dev/null') if !$at_terminal;
    my $done = type_to($command, env => $server->_env);
    return {%$done, err => $done->{screen}};
}
sub subject ($server) { $server->handshake(name => 'a.test')->subject // '' }

my %DIALOG = (person => 'builtin', program => 'exec:@ROOT@/run/ask');
for my $who (sort keys %DIALOG) {
    for my $end ('stop', 'graceful-stop') {
        for my $at_terminal (0, 1) {
            my $where = $at_terminal ? 'at a terminal' : 'no terminal';
            subtest "key opened by a $who, $where, $end" => sub {
                my $server = server_with($DIALOG{$who});
                ok $server->begin, 'starts' or return diag $server->said;
                my $asked = () = $server->screen =~ /$QUESTION/g;
                $server->put('a.key', 'no key');
                for my $what ('graceful', 'restart') {
                    my $mark = $server->mark;
                    my $done = command($server, $what, $at_terminal);
                    is $done->{exit}, 0, "$what: done" or diag $done->{err};
                    unlike $done->{err}, $QUESTION, "$what: nobody is asked";
                    logs $server, qr/resuming normal operations/, "$what: the server goes on", mark => $mark;
                    is subject($server), 'CN = a before', "$what: and serves";
                }
                is scalar(() = $server->screen =~ /$QUESTION/g), $asked, 'nor is anybody at the terminal of the server';
                my $done = command($server, $end, $at_terminal);
                is $done->{exit}, 0, "$end: done" or diag $done->{err};
                unlike $done->{err}, $QUESTION, "$end: nobody is asked";
                my $process = $server->{process};
                ok wait_until(30, sub { !$process->running }), "$end: it ends";
                $server->_forget($process);
            };
        }
    }
}

subtest 'a new key, under another phrase that only a person has' => sub {
    my $server = server_with('builtin');
    ok $server->begin, 'starts' or return diag $server->said;
    my $asked = () = $server->screen =~ /$QUESTION/g;
    put_pair($server, 'n');
    my $mark = $server->mark;
    ok $server->graceful, 'a graceful restart';
    is scalar(() = $server->screen =~ /$QUESTION/g), $asked, 'asks nobody';
    is subject($server), 'CN = a before', 'the host has what it had';
    logs $server, qr/TP0950: .*pass phrase.*a\.key/, 'and that is told', mark => $mark;
    ok $server->stop, 'stops cleanly';
};

subtest 'a new key, under another phrase that a program has' => sub {
    my $server = server_with($DIALOG{program});
    ok $server->begin, 'starts' or return diag $server->said;
    put_pair($server, 'n');
    phrase($server, 'another');
    ok $server->graceful, 'a graceful restart';
    is subject($server), 'CN = a renewed', 'the program is asked, and the new one is served';
    phrase($server, 'wrong');
    put_pair($server, 'a');
    my $mark = $server->mark;
    ok $server->graceful, 'one with a program that does not know';
    is subject($server), 'CN = a renewed', 'the host has what it had';
    logs $server, qr/TP0950: .*a\.key/, 'and that is told', mark => $mark;
    ok $server->stop, 'stops cleanly';
};

done_testing;
