# SPDX-License-Identifier: Apache-2.0
#
# configtest tells the truth: a configuration that would not start fails it, with the id of the
# message, the directive and the line that must change; what only deserves a warning gets one, passes
# and starts. The configurations are those of TLSplus::Mistakes.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus run_as srcdir);
use TLSplus::Mistakes;
use TLSplus::Process qw(run slurp);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
my $dir   = $certs->dir;
make_files($certs);

# What httpd itself refuses, because the command table says so; it has no id of ours.
my @HTTPD = (
    ['a flag with another word',             good('! SSLHonorCipherOrder maybe'),             qr/SSLHonorCipherOrder must be On or Off/],
    ['a flag without a word',                good('! SSLSessionTickets'),                     qr/SSLSessionTickets must be On or Off/],
    ['a file without name',                  host('! SSLCertificateFile'),                    qr/SSLCertificateFile takes one argument/],
    ['two files in one line',                host('! SSLCertificateFile a b'),                qr/SSLCertificateFile takes one argument/],
    ['one word for a seed',                  global('! SSLRandomSeed startup'),               qr/SSLRandomSeed takes two or three arguments/],
    ['SSLEngine in a directory',             good('<Directory />', '! SSLEngine on', '</Directory>'), qr/SSLEngine not allowed in <Directory/],
    ['SSLProtocol in a location',            good('<Location />', '! SSLProtocol all', '</Location>'), qr/SSLProtocol not allowed in <Location/],
    ['a certificate in a location',          good('<Location />', '! SSLCertificateFile @CERTS@/a.crt', '</Location>'), qr/not allowed in <Location/],
    ['SSLVHostSNIPolicy in a host',          good('! SSLVHostSNIPolicy strict'),              qr/cannot occur within <VirtualHost>/],
    ['SSLSessionCache in a host',            good('! SSLSessionCache none'),                  qr/cannot occur within <VirtualHost>/],
    ['SSLRandomSeed in a host',              good('! SSLRandomSeed startup builtin'),         qr/cannot occur within <VirtualHost>/],
    ['SSLPassPhraseDialog in a host',        good('! SSLPassPhraseDialog builtin'),           qr/cannot occur within <VirtualHost>/],
    ['a directive nobody has',               good('! SSLEngin on'),                           qr/Invalid command 'SSLEngin'/],
);

# ---- checks ----

# The configuration with another line in that place.
sub follow ($conf, $line, $written) {
    my @lines = split /\n/, $conf;
    $lines[$line - 1] = "  $written";
    return join("\n", @lines) . "\n";
}

for my $row (errors) {
    my ($id, $what, $marked) = @$row;
    my ($conf, $line, $directive) = unmark($marked);
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf);
    my $text = refused $server, expected($id, $line, $directive), sprintf 'TP%04d: %s', $id, $what;
    like $text, qr/Fix: \w/, "$what: and what to do about it";
    next if $text !~ /\. Fix: write: (SSL[^;]+)$/m;
    # A line to write is taken at its word: with it in place of the other nothing is left to say.
    my $mended = TLSplus::Server->new(certs => $certs, conf => follow($conf, $line, $1))->configtest;
    is $mended->{exit}, 0, "$what: the fix is one" or diag $mended->{text};
    unlike $mended->{text}, expected($id), "$what: and the message is gone";
    unlike $mended->{text}, qr/test\.conf:$line\b/, "$what: and no other is there for its line";
}

for my $row (@HTTPD) {
    my ($what, $marked, $words) = @$row;
    my ($conf, $line) = unmark($marked);
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf);
    my $text = refused $server, $words, "httpd: $what";
    like $text, qr/line $line of \S*test\.conf/, "$what: with its line";
}

for my $row (warnings) {
    my ($id, $what, $marked) = @$row;
    my ($conf, $line, $directive) = unmark($marked);
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf);
    my $found  = $server->configtest;
    my $label  = sprintf 'TP%04d: %s', $id, $what;
    is $found->{exit}, 0, "$label: passes" or diag $found->{text};
    like $found->{text}, expected($id, $line, $directive), "$label: is told";
    ok $server->begin, "$label: starts" or diag $server->said;
    is $server->get('/', name => 'a.test', insecure => 1)->status, 200, "$label: serves";
    $server->stop;
}

# What starts, and is not what was meant; the lines as above, but nobody is served.
for (
    [331, 'a host for all ports before one with TLS', "! <VirtualHost *>\n  ServerName b.test\n</VirtualHost>\n" . good()],
    [334, 'a redirect to itself',                     good('! Redirect permanent / https://a.test:@PORT@/')],
    [334, 'a redirect to an alias of its own',        good('  ServerAlias www.a.test', '! Redirect / https://WWW.a.test:@PORT@/x')],
  ) {
    my ($id, $what, $marked) = @$_;
    my ($conf, $line, $directive) = unmark($marked);
    my $found = TLSplus::Server->new(certs => $certs, conf => $conf)->configtest;
    is $found->{exit}, 0, sprintf('TP%04d: %s: passes', $id, $what) or diag $found->{text};
    like $found->{text}, expected($id, $line, $directive =~ s/^<(\w+)$/<$1>/r), sprintf 'TP%04d: %s: is told', $id, $what;
}

# What is right, or nobody's business, is not told; what is told, once.
subtest 'no false alarm' => sub {
    my $two = good() =~ s/\*:\@PORT\@/127.0.0.1:\@PORT\@ 127.0.0.2:\@PORT\@/r;
    my @rows = (
        # id  times  what                                              configuration
        [706, 0, 'an expired authority, and no client is asked',       good('  SSLCACertificateFile @CERTS@/mid.crt')],
        [706, 1, 'an expired authority, and clients are asked',        good('  SSLCACertificateFile @CERTS@/mid.crt', '  SSLVerifyClient optional')],
        [706, 1, 'an expired authority, and clients of a place are',   good('  SSLCACertificateFile @CERTS@/mid.crt', '  <Location /x>', '    SSLVerifyClient require', '  </Location>')],
        [321, 0, 'a rule for all MSIE',                                good('  BrowserMatch ".*MSIE.*" nokeepalive ssl-unclean-shutdown')],
        [321, 1, 'a rule for MSIE and everybody else',                 good('  BrowserMatch "MSIE|Mozilla" nokeepalive ssl-unclean-shutdown')],
        [314, 1, 'two hosts of one name on two addresses',             "Listen 127.0.0.1:\@PORT\@\nListen 127.0.0.2:\@PORT\@\n$two$two"],
        [106, 1, 'three versions without sign',                        good('  SSLProtocol TLSv1 TLSv1.1 TLSv1.2')],
        [330, 0, 'a certificate that all inherit',                     "SSLCertificateFile \@CERTS\@/direct.crt\nSSLCertificateKeyFile \@CERTS\@/direct.key\n" . good() . "<VirtualHost *:\@PORT2\@>\n  ServerName b.test\n</VirtualHost>\n"],
        [330, 0, 'a certificate and SSLEngine off',                    good() . (good() =~ s/SSLEngine on/SSLEngine off/r =~ s/PORT/PORT2/r)],
        [331, 0, 'a host for all other ports',                         good() . "<VirtualHost *>\n  ServerName b.test\n</VirtualHost>\n"],
        [332, 0, 'level 0 without old versions',                       good('  SSLProtocol -all +TLSv1.2', '  SSLCipherSuite DEFAULT:@SECLEVEL=0')],
        [332, 0, 'old versions that the level rules out',              good('  SSLProtocol all')],
        [333, 0, 'SSLInsecureRenegotiation off',                       good('  SSLInsecureRenegotiation off')],
        [334, 0, 'a redirect to another name',                         good('  Redirect / https://b.test:@PORT@/')],
        [334, 0, 'a redirect to another port',                         good('  Redirect / https://a.test:1/')],
        [334, 0, 'a redirect of a path',                               good('  Redirect /x https://a.test:@PORT@/y')],
        [334, 0, 'a redirect from plain HTTP',                         good() . "<VirtualHost *:\@PLAIN\@>\n  ServerName a.test\n  Redirect / https://a.test:\@PORT\@/\n</VirtualHost>\n"],
        [335, 0, 'Protocols without h2',                               good('  Protocols http/1.1')],
    );
    for (@rows) {
        my ($id, $times, $what, $conf) = @$_;
        my $label = sprintf 'TP%04d: %s', $id, $what;
        my $found = TLSplus::Server->new(certs => $certs, conf => $conf)->configtest;
        is $found->{exit}, 0, "$label: passes" or diag $found->{text};
        is scalar(() = $found->{text} =~ /TP0$id: /g), $times, "$label: told $times times" or diag $found->{text};
    }
};

subtest 'all findings at once' => sub {
    my $conf = host('  SSLCertificateFile @CERTS@/direct.crt', '  SSLCertificateKeyFile @CERTS@/other.key', '  SSLCipherSuite NOSUCHCIPHER')
      . (host('  SSLCertificateFile @CERTS@/text.crt', '  SSLProtocol -all') =~ s/a\.test/b.test/r)
      . (host(pair('old')) =~ s/a\.test/c.test/r);
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf);
    my $found  = $server->configtest;
    isnt $found->{exit}, 0, 'fails';
    for ([210, 5], [303, 6], [206, 11], [300, 12], [220, 17]) {
        my ($id, $line) = @$_;
        like $found->{text}, qr/TP0$id: .*test\.conf:$line\b/, sprintf 'TP%04d of line %d', $id, $line;
    }
    is scalar(() = $found->{text} =~ /TP0210: /g), 1, 'each is told once';
};

# A file that is not there is one mistake of several, and a link that leads nowhere says where to.
subtest 'all files that are missing' => sub {
    symlink "$dir/archive/cert1.pem", "$dir/stale.pem" or die "symlink: $!\n";
    my $conf = host('  SSLCertificateFile @CERTS@/none.crt', '  SSLCertificateKeyFile @CERTS@/none.key', '  SSLProtocol -all')
      . (host('  SSLCertificateFile @CERTS@/stale.pem', '  SSLCertificateKeyFile @CERTS@/direct.key', '  SSLCACertificatePath @CERTS@/nofolder',
          '  SSLSessionCacheTimeout 300s') =~ s/a\.test/b.test/r);
    my $found = TLSplus::Server->new(certs => $certs, conf => $conf)->configtest;
    isnt $found->{exit}, 0, 'fails';
    like $found->{text}, qr/TP0201: .*test\.conf:$_\b.*vhost a\.test/, "the one of line $_, with its host" for 4, 5;
    like $found->{text}, qr/TP0300: .*test\.conf:6\b/, 'and what comes after';
    like $found->{text}, qr{TP0201: .*test\.conf:11\b.*/stale\.pem"; it is a link to "\S*/archive/cert1\.pem", which is not there}, 'the target of a link';
    like $found->{text}, qr/TP0110: .*test\.conf:13\b.*vhost b\.test/, 'a folder';
    like $found->{text}, qr/TP0112: .*test\.conf:14\b.*vhost b\.test/, 'a warning about a line has its host, too';
    is scalar(() = $found->{text} =~ /test\.conf:$_\b/g), 1, "line $_ is told once" for 4, 5, 11, 13;
};

subtest 'what many certificates have in common' => sub {
    my $link = $certs->read('a.chain') =~ s/END CERTIFICATE-----\n\K.*//sr;
    $certs->write('often.crt', $certs->read('a.full'), $link x 299);
    my $found = TLSplus::Server->new(certs => $certs, conf => host('  SSLCertificateFile @CERTS@/often.crt', '  SSLCertificateKeyFile @CERTS@/a.key'))->configtest;
    like $found->{text}, qr/TP0229: [^\n]*: "[^"]*" \(299 times\)\. Fix/, 'is named once, with a count';
};

# What every host does wrong for itself is told for three of them; the third says for whom else.
subtest 'the same mistake of many hosts' => sub {
    my @names = map { "$_.test" } 'a' .. 'p';
    my $conf  = join '', map { host(pair('a')) =~ s/a\.test/$_/r } @names;
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf);
    my $found  = $server->configtest;
    is $found->{exit}, 0, 'passes';
    my @told = grep { /TP0226: / } split /\n/, $found->{text};
    is scalar @told, 3, 'three lines of sixteen';
    like $told[$_], qr/test\.conf:\d+ \(vhost $names[$_]:\d+\): /, "a line about $names[$_]" for 0 .. 2;
    unlike $told[0], qr/so for/, 'the first is about one host';
    my $others = join ', ', map { "\Q$names[$_]\E:\\d+ at \\S*test\\.conf:" . (4 + 6 * $_) } 3 .. 12;
    like $told[2], qr/; so for 13 more virtual hosts: $others, \.\.\./, 'the third names ten others, each with its line, and counts all';
    is scalar(() = $found->{text} =~ /TP0224: /g), 3, 'and so what is about another name for each';
};

# Each file is another, and what is wrong is the same.
subtest 'a mistake in many files' => sub {
    my $pem  = $certs->read('isca.crt') . $certs->read('isca.key');
    my $many = 300;
    my $conf = join '', map { "<VirtualHost *:\@PORT\@>\n  ServerName h$_.test\n  SSLEngine on\n  SSLCertificateFile conf/h$_.pem\n</VirtualHost>\n" } 1 .. $many;
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf, files => { map { ("conf/h$_.pem" => [$pem, 0644]) } 1 .. $many });
    my $found  = $server->configtest;
    is $found->{exit}, 0, 'passes' or diag $found->{text};
    for my $id ('TP0223', 'TP0224', 'TP0233') {
        my @told = grep { /$id: / } split /\n/, $found->{text};
        is scalar @told, 3, "$id: three lines of $many";
        like $told[2], qr/so for 297 more virtual hosts: h4\.test:\d+ at \S*test\.conf:\d+, /, "$id: the third counts the others";
    }
};

subtest 'nothing to say' => sub {
    my $server = TLSplus::Server->new(certs => $certs, conf => host(pair('a', 'full'), '  SSLProtocol all -SSLv3'));
    finds_nothing $server, "passes without a word but httpd's own";
};

subtest 'a validity that browsers do not accept' => sub {
    my $long   = $certs->leaf('long', san => ['a.test'], days => 400, intermediates => 1);
    my $server = TLSplus::Server->new(certs => $certs, conf => host(pair('long', 'full')), env => { SSL_CERT_FILE => "$dir/ca.crt" });
    like $server->configtest->{text}, qr/TP0265: .*test\.conf:4\b.*: 400 days, issued by "CN=TLSplus test root ca"/, 'is told where the system trusts the root';
    $server->{env} = {};
    finds_nothing $server, 'and is no concern of private authorities', qr/TP0265: /;
    my $year = $certs->leaf('year', san => ['a.test'], days => 398, intermediates => 1);
    $server = TLSplus::Server->new(certs => $certs, conf => host(pair('year', 'full')), env => { SSL_CERT_FILE => "$dir/ca.crt" });
    finds_nothing $server, 'nor are 398 days', qr/TP0265: /;
};

subtest 'a key that belongs to the children' => sub {
    my ($user, $group) = run_as();
    plan skip_all => 'the server changes to no other account' unless defined $user;
    my ($uid, $gid) = (scalar getpwnam $user, scalar getgrnam $group);
    my $server = TLSplus::Server->new(certs => $certs, conf => host('  SSLCertificateFile @CERTS@/direct.crt', '  SSLCertificateKeyFile @CERTS@/theirs.key'));
    for ([$uid, 0, 0600, 1, 'is theirs'], [0, $gid, 0640, 1, 'is for their group'], [0, $gid, 0600, 0, 'is for nobody'], [0, 0, 0640, 0, "is for root's group"]) {
        my ($owner, $of, $mode, $told, $what) = @$_;
        $certs->write('theirs.key', $certs->read('direct.key'));
        chown $owner, $of, "$dir/theirs.key" or die "chown: $!\n";
        chmod $mode, "$dir/theirs.key" or die "chmod: $!\n";
        my $text = $server->configtest->{text};
        is $text =~ /TP0266: .*SSLCertificateKeyFile at \S*test\.conf:5\b/ ? 1 : 0, $told, "a key that $what";
    }
};

# A key that needs a pass phrase cannot be checked without asking somebody; configtest asks nobody.
subtest 'an encrypted key' => sub {
    my $conf = host('  SSLCertificateFile @CERTS@/locked.crt', '  SSLCertificateKeyFile @CERTS@/locked.enc.key');
    my $server = TLSplus::Server->new(certs => $certs, conf => $conf);
    my $found  = $server->configtest;
    is $found->{exit}, 0, 'passes';
    like $found->{text}, qr/TP0246: .*test\.conf:5\b/, 'and says that the key was not checked';
    ok !$server->begin, 'a start without a terminal ends';
    like $server->said, qr/TP0240: .*SSLPassPhraseDialog/s, 'with what to do';

    $server->put('run/right', ["#!/bin/sh\necho opensesame\n", 0755]);
    $server->put('run/wrong', ["#!/bin/sh\necho sesame\n",     0755]);
    $server->configure("SSLPassPhraseDialog exec:\@ROOT\@/run/wrong\n$conf");
    ok !$server->begin, 'a wrong pass phrase: no start';
    like $server->said, qr/TP0241: /, 'and the reason';
    $server->configure("SSLPassPhraseDialog exec:\@ROOT\@/run/right\n$conf");
    ok $server->begin, 'the right one: starts' or diag $server->said;
    serves $server, 'and serves', name => 'a.test';
    ok $server->graceful, 'a graceful restart asks nobody';
    serves $server, 'and serves', name => 'a.test';
    $server->stop;
};

# httpd ends at a byte order mark before anything of ours is read; doc/configtest.md says what its words mean and what helps.
subtest 'a byte order mark' => sub {
    my $host = host('  SSLCertificateFile @CERTS@/direct.crt', '  SSLCertificateKeyFile @CERTS@/direct.key');
    for my $case (['', qr/<\/VirtualHost> without matching <VirtualHost> section/], ["SSLProtocol TLSv1.3\n", qr/Invalid command '\\xef\\xbb\\xbfSSLProtocol'/]) {
        my ($first, $words) = @$case;
        my $server = TLSplus::Server->new(certs => $certs, conf => "Include \@ROOT\@/conf/marked.conf\n");
        $server->put('conf/marked.conf', "\xef\xbb\xbf$first" . $server->expand($host));
        my $found = $server->configtest;
        like $found->{text}, $words, 'is refused in the words of the page';
        my $page = slurp(srcdir() . '/doc/configtest.md');
        my ($remedy) = $page =~ /^ +(sed -i .*) FILE$/m;
        is run(['sh', '-c', "$remedy '" . $server->root . "/conf/marked.conf'"])->{exit}, 0, 'the remedy of the page';
        is $server->configtest->{exit}, 0, 'is one' or diag $server->configtest->{text};
    }
};

done_testing;
