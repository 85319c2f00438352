# SPDX-License-Identifier: Apache-2.0
#
# Encrypted keys: who is asked for a pass phrase, how often, what a program gets and what is said
# when it fails; and that a graceful restart asks nobody.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(modules_dir);
use TLSplus::Process qw(run slurp);
use TLSplus::Seat;
use TLSplus::Server;
use TLSplus::Terminal qw(type_to);
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test'], intermediates => 1, password => 'opensesame');
$certs->leaf('b', san => ['b.test'], intermediates => 1, password => 'opensesame', key => 'rsa', pem => 'traditional');
$certs->leaf('c', san => ['c.test'], intermediates => 1, password => 'tr0ub4dor');

sub hosts (@names) {
    return join '', map { <<"CONF" } @names;
<VirtualHost *:\@PORT\@>
  ServerName $_.test
  SSLEngine on
  SSLCertificateFile    \@CERTS\@/$_.full
  SSLCertificateKeyFile \@CERTS\@/$_.enc.key
</VirtualHost>
CONF
}

sub count ($text, $pattern) { return scalar(() = $text =~ /$pattern/g) }

subtest 'a person at a terminal' => sub {
    my $server = TLSplus::Seat->new(certs => $certs, conf => hosts(qw(a b c)), dialog => [
        [qr/Pass phrase: /, "wrong\r"],
        [qr/Pass phrase: /, "\r"],
        [qr/Pass phrase: /, "opensesamm\x7fe\r"],
        [qr/Pass phrase: /, "tr0ub4dor\r"],
    ]);
    ok $server->begin, 'starts' or return diag $server->said;
    my $screen = $server->screen;
    like $screen, qr/a\.test:\d+:0 \(EC P-256\) in \S+a\.enc\.key/, 'the question names host, key and file';
    like $screen, qr/That pass phrase is wrong, 5 left/, 'a wrong phrase is said to be';
    is count($screen, qr/Pass phrase: /), 4, 'b opens with the phrase of a, and the second reading asks nothing';
    unlike $screen, qr/b\.enc\.key/, 'and b is not asked for';
    unlike $screen, qr/opensesam|tr0ub4dor/, 'nothing of it is shown';
    ok $server->echoes, 'the terminal is as it was';
    serves $server, "$_ is served", name => "$_.test" for qw(a b c);

    ok $server->graceful, 'a graceful restart';
    serves $server, "$_ is served again", name => "$_.test" for qw(a b c);
    is count($server->screen, qr/Pass phrase: /), 4, 'and nobody was asked';

    subtest 'no child knows the phrase' => sub {
        needs_memory_of();
        my ($child) = $server->children;
        my $content = memory_of($server, $child) // return;
        cmp_ok index($content, 'a.test'), '>=', 0, 'it has what it should have';
        is index($content, $_), -1, "but not \"$_\"" for qw(opensesame tr0ub4dor);
    };
    ok $server->stop, 'stops cleanly';
};

subtest 'a person who gives up' => sub {
    my $server = TLSplus::Seat->new(certs => $certs, conf => hosts('a'), dialog => [[qr/Pass phrase: /, "open\x03"]]);
    ok !$server->begin, 'no start';
    like $server->said, qr/TP0247: .*a\.enc\.key/, 'with the reason';
    ok $server->echoes, 'the terminal is as it was';
};

subtest 'nobody at a terminal' => sub {
    my $server = TLSplus::Server->new(certs => $certs, conf => hosts('a'));
    my $begin  = time;
    ok !$server->begin, 'no start';
    cmp_ok time - $begin, '<', 3, 'at once';
    like $server->said, qr/TP0240: .*test\.conf:5\b.*exec:.*systemd-ask-password.*openssl pkey/, 'with three ways out';
    my $piped = run($server->_command, env => $server->_env, stdin => "opensesame\n", timeout => 20);
    is $piped->{exit}, 1, 'a phrase on standard input, which is no terminal, is not read';
    like $piped->{err}, qr/TP0240: /, 'and that is said';
};

# A program that keeps a record of its calls.
my $PROGRAM = <<'SH';
#!/bin/sh
echo "$@ in $(pwd)" >> calls
SH

subtest 'a program' => sub {
    my $server = TLSplus::Server->new(certs => $certs,
        conf => "SSLPassPhraseDialog exec:\@ROOT\@/run/ask\n" . hosts(qw(a b c)));
    my $calls = $server->root . '/run/calls';
    $server->put('run/ask', ["$PROGRAM case \$1 in c.*) echo tr0ub4dor;; *) echo opensesame;; esac\n", 0755]);

    is $server->configtest->{exit}, 0, 'configtest asks it and passes';
    is count(slurp($calls), qr/\n/), 2, 'once for a, whose phrase opens b, and once for c';
    unlink $calls;
    ok $server->begin, 'starts' or return diag $server->said;
    my $here = $server->root . '/run';
    is slurp($calls), "a.test:443 RSA in $here\nc.test:443 RSA in $here\n",
      'two calls, with host (443 where ServerName has no port) and position, in its own folder';
    serves $server, "$_ is served", name => "$_.test" for qw(a b c);

    unlink $calls;
    ok $server->graceful, 'a graceful restart';
    ok !-e $calls, 'asks nothing';
    $certs->leaf('c', san => ['c.test'], intermediates => 1, password => 'tr0ub4dor', key => 'rsa');
    ok $server->graceful, 'and one with a new key for c';
    ok !-e $calls, 'asks nothing either: the phrase of the one before opens it';
    serves $server, 'c is served', name => 'c.test';
    ok $server->stop, 'stops cleanly';
};

# With the message of configtest, where it is another: a program that fails there may serve a start at a terminal.
my @FAILURES = (
    ['not executable', 242, ["#!/bin/sh\necho opensesame\n", 0644], qr/Permission denied/],
    ['exit status',    243, ["#!/bin/sh\necho 'no key here' >&2\nexit 3\n", 0755], qr/exit status 3; it says: "no key here"/, 246],
    ['a signal',       243, ["#!/bin/sh\nkill -9 \$\$\n", 0755], qr/signal 9/, 246],
    ['nothing',        244, ["#!/bin/sh\nexit 0\n", 0755], qr{run/ask a\.test:\d+ RSA}, 246],
    ['no terminal',    243, ["#!/bin/sh\nread x < \"/dev/\"tty && echo opensesame\n", 0755], qr{/dev/tty}, 246],
    ['a wrong phrase', 241, ["#!/bin/sh\necho sesame\n", 0755], qr/a\.enc\.key/],
);

for (@FAILURES) {
    my ($what, $id, $program, $words, $tested) = @$_;
    subtest "a program that fails: $what" => sub {
        my $server = TLSplus::Server->new(certs => $certs, conf => "SSLPassPhraseDialog exec:\@ROOT\@/run/ask\n" . hosts('a'));
        $server->put('run/ask', $program);
        my $found = $server->configtest;
        is $found->{exit}, $tested ? 0 : 1, $tested ? 'configtest leaves the key alone' : 'configtest fails';
        my $told = $tested // $id;
        like $found->{text}, qr/TP0$told: .*test\.conf:6\b.*$words/, 'and says why, with the line of the key';
        ok !$server->begin, 'no start';
        like $server->said, qr/TP0$id: .*test\.conf:6\b.*$words/, 'for the same reason';
    };
}

# At a terminal, in a script as people and distributions have them, and beside the stock module.
my $DEBIANS = '/usr/share/apache2/ask-for-passphrase';
my $stock   = modules_dir() . '/mod_ssl.so';
for my $case (
    ['its own script', qr/Phrase for a\.test:443: /, "#!/bin/sh\nprintf 'Phrase for %s: ' \"\$1\" > /dev/tty\nread phrase < /dev/tty\necho \"\$phrase\"\n"],
    ['words on standard error', qr/Say it, please: /, "#!/bin/sh\nprintf 'Say it, please: ' >&2\nread phrase < /dev/tty\necho \"\$phrase\"\n"],
    ["Debian's", qr/Enter passphrase for SSL.*a\.test:443/, slurp($DEBIANS)],
) {
    my ($what, $question, $script) = @$case;
    subtest "a program that asks at the terminal: $what" => sub {
        plan skip_all => "no $DEBIANS" unless length $script;
        # the stock module does not show what a program says on standard error
        for my $so (undef, grep { -f && $what !~ /standard error/ } $stock) {
            my $server = TLSplus::Seat->new(certs => $certs, conf => "SSLPassPhraseDialog exec:\@ROOT\@/run/ask\n" . hosts('a'),
                so => $so, dialog => [[$question, "opensesame\r"]]);
            $server->put('run/ask', [$script, 0755]);
            my $name = defined $so ? 'mod_ssl' : 'ours';
            ok $server->begin, "$name: starts" or return diag $server->said;
            is count($server->screen, $question), 1, "$name: asked once";
            unlike $server->screen, qr/opensesame/, "$name: nothing of it is shown" if $what eq "Debian's";
            serves $server, "$name: a is served", name => 'a.test';
            my $tested = type_to($server->_command('-t'), env => $server->_env);
            is $tested->{exit}, 0, "$name: configtest at the terminal passes" or diag $tested->{screen};
            unlike $tested->{screen}, $question, "$name: and asks nobody";
            ok $server->stop, "$name: stops cleanly";
        }
    };
}

subtest 'a program on a pipe' => sub {
    my $server = TLSplus::Server->new(certs => $certs, conf => "SSLPassPhraseDialog \"|\@ROOT\@/run/ask \@ROOT\@/run/log\"\n" . hosts(qw(a c)));
    $server->put('run/ask', [<<'SH', 0755]);
#!/bin/sh
n=0
while read -r line; do
  echo "$line" >> "$1"
  case $line in
    *c.enc.key) secret=tr0ub4dor;;
    *a.enc.key) secret=opensesame;;
    'Pass phrase:'*) n=$((n+1)); [ $n = 1 ] && echo wrong || echo $secret;;
  esac
done
SH
    my $found = $server->configtest;
    is $found->{exit}, 0, 'configtest leaves it alone';
    is count($found->{text}, qr/TP0246: /), 2, 'and says that it did';
    ok $server->begin, 'starts' or return diag $server->said;
    serves $server, "$_ is served", name => "$_.test" for qw(a c);
    like slurp($server->root . '/run/log'), qr/That pass phrase is wrong/, 'it is told of wrong phrases';
    ok $server->stop, 'stops cleanly';
};

$certs->leaf('c', san => ['c.test'], intermediates => 1, password => 'another');
subtest 'a phrase that was changed' => sub {
    my $file = $certs->dir . '/a.enc.key';
    my $server = TLSplus::Server->new(certs => $certs, conf => "SSLPassPhraseDialog exec:\@ROOT\@/run/ask\n" . hosts(qw(a c)));
    my $calls = $server->root . '/run/calls';
    my $answer = sub ($for_a) {
        $server->put('run/ask', ["$PROGRAM case \$1 in a.*) echo $for_a;; *) echo another;; esac\n", 0755]);
    };
    $answer->('opensesame');
    ok $server->begin, 'starts' or return diag $server->said;
    my $done = run(['openssl', 'pkey', '-in', $file, '-passin', 'pass:opensesame', '-aes256', '-passout', 'pass:sesame2', '-out', "$file.new"]);
    is $done->{exit}, 0, 'the key is encrypted anew' or diag $done->{err};
    rename "$file.new", $file or die "$file: $!\n";
    $answer->('sesame2');
    unlink $calls;
    ok $server->graceful, 'a graceful restart';
    is slurp($calls), "a.test:443 RSA in " . $server->root . "/run\n", 'one call, for the key that has changed';
    serves $server, "$_ is served", name => "$_.test" for qw(a c);
    ok $server->stop, 'stops cleanly';
    $certs->leaf('a', san => ['a.test'], intermediates => 1, password => 'opensesame');
};

subtest 'a PKCS#12 container' => sub {
    my $dir = $certs->dir;
    my $made = run(['openssl', 'pkcs12', '-export', '-in', "$dir/a.full", '-inkey', "$dir/a.key", '-passout', 'pass:container', '-out', "$dir/a.p12"]);
    is $made->{exit}, 0, 'is made' or diag $made->{err};
    my $host = "<VirtualHost *:\@PORT\@>\nServerName a.test\nSSLEngine on\nSSLCertificateFile \@CERTS\@/a.p12\n";
    my $both = $host . "SSLCertificateKeyFile \@CERTS\@/a.p12\n</VirtualHost>\n";
    $host .= "</VirtualHost>\n";
    for my $conf ($host, $both) {
        my $server = TLSplus::Seat->new(certs => $certs, conf => $conf, dialog => [[qr/Pass phrase: /, "container\r"]]);
        ok $server->begin, 'starts, opened at a terminal' or return diag $server->said;
        is count($server->screen, qr/Pass phrase: /), 1, 'the question was asked once';
        is $server->handshake(name => 'a.test')->verify, 0, 'certificate and chain come from it';
        ok $server->graceful, 'a graceful restart';
        serves $server, 'a is served', name => 'a.test';
        ok $server->stop, 'stops cleanly';
    }
    for my $dialog ('exec:@ROOT@/run/ask', '"|@ROOT@/run/ask"') {
        my $server = TLSplus::Server->new(certs => $certs, conf => "SSLPassPhraseDialog $dialog\n$both");
        my $record = $dialog =~ /exec/ ? 'echo "$@" >> calls' : 'read -r line';
        $server->put('run/ask', ["#!/bin/sh\n$record\necho container\ncat > /dev/null\n", 0755]);
        ok $server->begin, "starts, opened by $dialog" or return diag $server->said;
        is count(slurp($server->root . '/run/calls') , qr/\n/), 1, 'which was called once' if $dialog =~ /exec/;
        serves $server, 'a is served', name => 'a.test';
        ok $server->stop, 'stops cleanly';
    }
};

# The samples of conf/, as an administrator would use them.
subtest 'a systemd credential' => sub {
    my $server = TLSplus::Server->new(certs => $certs, env => { TLS_CREDENTIALS => undef },
        conf => "SSLPassPhraseDialog exec:\@SRCDIR\@/conf/pass-phrase-credential.sh\n" . hosts(qw(a c)));
    $server->{env} = { CREDENTIALS_DIRECTORY => undef, TLS_CREDENTIALS => $server->root . '/phrases' };
    $server->put('phrases/tls-key', ["opensesame\n", 0600]);
    $server->put('phrases/tls-key.c.test:443', ["another\n", 0600]);
    ok $server->begin, 'starts' or return diag $server->said;
    serves $server, "$_ is served", name => "$_.test" for qw(a c);
    ok $server->stop, 'stops cleanly';
    chmod 0644, $server->root . '/phrases/tls-key';
    my $found = $server->configtest;
    like $found->{text}, qr/TP0246: .*chmod 600/, 'a file that others can read is refused' or diag $found->{text};
};

subtest 'systemd asks' => sub {
    my $server = TLSplus::Server->new(certs => $certs,
        conf => "SSLPassPhraseDialog exec:\@SRCDIR\@/conf/pass-phrase-systemd-ask.sh\n" . hosts('a'));
    $server->put('bin/systemd-ask-password', ["#!/bin/sh\necho \"\$@\" > " . $server->root . "/run/asked\necho opensesame\n", 0755]);
    $server->{env} = { PATH => $server->root . "/bin:$ENV{PATH}" };
    ok $server->begin, 'starts' or return diag $server->said;
    like slurp($server->root . '/run/asked'), qr/--timeout=\d+ .*Pass phrase of the TLS key of a\.test:443 \(RSA\):/, 'the question names the host';
    serves $server, 'a is served', name => 'a.test';
    ok $server->stop, 'stops cleanly';
};

done_testing;
