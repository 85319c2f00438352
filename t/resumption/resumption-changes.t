# SPDX-License-Identifier: Apache-2.0
#
# A session is a promise about its client that was made under rules of that time. When something changes (rules,
# authorities, lists, the certificate's own end, time), it is kept no longer: who is not let in with a full handshake is
# not let in with a session either. Each change has hosts of its own, so that one restart does for all of them.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Path qw(make_path);
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus sanitized);
use TLSplus::Process qw(run spawn spew wait_until);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
my $certs = TLSplus::Certs->new;
my $dir   = $certs->dir;
my @VERSIONS = ('TLSv1.2', 'TLSv1.3');
my @SANS     = map { ("asks$_.test", "place$_.test") } 0 .. 20;
$certs->leaf('server', san => [@SANS, 'a.test']);
$certs->leaf('other',  san => [@SANS], cn => 'its successor');
$certs->leaf('member', cn => 'member');
$certs->leaf('deep',   cn => 'deep', intermediates => 1);
$certs->leaf('brief',  cn => 'brief', days => 7);    # the cache of certificates keeps it for three of them
$certs->ca;
$certs->ca('elsewhere');
$certs->write('two.pem', $certs->read('ca.crt'), $certs->read('elsewhere.crt'));
$certs->crl('empty');
$certs->crl('revoked', revoked => ['member'], from => -0.5);    # of two lists the later one counts

# A folder with hash links; the name of each file says which.
sub folder ($name, %files) {
    make_path("$dir/$name");
    unlink glob "$dir/$name/*";
    spew("$dir/$name/$_", $certs->read($files{$_})) for keys %files;
    is run(['openssl', 'rehash', "$dir/$name"])->{exit}, 0, "$name has links";
}

my %plain = (
    mode => 'optional', depth => 1, authorities => 'SSLCACertificateFile @CERTS@/ca.crt', certificate => 'server',
    lists => "SSLCARevocationCheck leaf\n  SSLCARevocationFile \@CERTS\@/empty.pem", more => '',
);
my $in_folder = sub ($name) { "SSLCARevocationCheck leaf\n  SSLCARevocationPath \@CERTS\@/$name" };

# what, the rules before, what is different afterwards (settings, files), what who comes back with his session gets.
# who: 'member' unless said; only: hosts that ask themselves, where places of theirs could not.
my @changes = (
    { what => 'nothing', expect => 'SUCCESS Resumed' },
    { what => 'nothing, with folders', before => { authorities => 'SSLCACertificatePath @CERTS@/ca-same', lists => $in_folder->('crl-same') },
      files => sub { folder('ca-same', 'ca.pem' => 'ca.crt'); folder('crl-same', 'list.pem' => 'empty.pem') }, expect => 'SUCCESS Resumed' },
    { what => 'nothing, of a longer chain', who => 'deep', before => { depth => 2, lists => '' }, expect => 'SUCCESS Resumed' },
    { what => 'nothing, with commands', before => { authorities => 'SSLOpenSSLConfCmd VerifyCAFile @CERTS@/ca.crt', lists => '' }, only => 'host', expect => 'SUCCESS Resumed' },
    { what => 'another revocation list', after => { lists => $plain{lists} =~ s/empty/revoked/r }, refused => 1 },
    { what => 'another list in the same file', before => { lists => $plain{lists} =~ s/empty/list/r },
      files => sub ($changed) { $certs->write('list.pem', $certs->read($changed ? 'revoked.pem' : 'empty.pem')) }, refused => 1 },
    { what => 'another list in the same folder', before => { lists => $in_folder->('crl-other') },
      files => sub ($changed) { folder('crl-other', 'list.pem' => $changed ? 'revoked.pem' : 'empty.pem') }, refused => 1 },
    { what => 'no revocation list any more', after => { lists => '' } },
    { what => 'one more authority',          after => { authorities => 'SSLCACertificateFile @CERTS@/two.pem' } },
    { what => 'another authority',           after => { authorities => 'SSLCACertificateFile @CERTS@/elsewhere.crt', lists => '' }, refused => 1 },
    { what => 'another authority in the same folder', before => { authorities => 'SSLCACertificatePath @CERTS@/ca-other', lists => '' },
      files => sub ($changed) { folder('ca-other', 'ca.pem' => $changed ? 'elsewhere.crt' : 'ca.crt') }, refused => 1 },
    { what => 'a certificate is required', after => { mode => 'require' }, only => 'host', expect => 'no connection' },
    { what => 'none is asked for',         after => { mode => 'none' },    only => 'host' },
    { what => 'longer chains',             after => { depth => 2 } },
    { what => 'shorter chains', who => 'deep', before => { depth => 2, lists => '' }, after => { depth => 1 }, refused => 1 },
    { what => 'a new server certificate',  after => { certificate => 'other' }, expect => 'SUCCESS Resumed' },
    { what => 'other ciphers',             after => { more => 'SSLCipherSuite ECDHE+AESGCM:@SECLEVEL=1' } },
    { what => 'a command that requires a certificate', who => 'nobody', after => { more => 'SSLOpenSSLConfCmd VerifyMode Require' }, only => 'host', expect => 'no connection' },
    { what => 'another authority in the file of a command', before => { authorities => 'SSLOpenSSLConfCmd VerifyCAFile @CERTS@/command.pem', lists => '' },
      files => sub ($changed) { $certs->write('command.pem', $certs->read($changed ? 'elsewhere.crt' : 'ca.crt')) }, only => 'host', refused => 1 },
);

sub hosts_of ($number, $change, $changed) {
    my %rules = (%plain, %{ $change->{before} // {} }, $changed ? %{ $change->{after} // {} } : ());
    my $host  = sub ($name, $mode, $place) { <<"CONF" };
<VirtualHost *:\@PORT\@>
  ServerName $name$number.test
  SSLEngine on
  SSLCertificateFile    \@CERTS\@/$rules{certificate}.crt
  SSLCertificateKeyFile \@CERTS\@/$rules{certificate}.key
  $rules{authorities}
  SSLVerifyClient       $mode
  SSLVerifyDepth        $rules{depth}
  $rules{lists}
  $rules{more}
  Header always set X-Seen "%{SSL_CLIENT_VERIFY}s %{SSL_SESSION_RESUMED}s"
  $place
</VirtualHost>
CONF
    my $place = "<Location /place>\n    SSLVerifyClient require\n  </Location>";
    return $host->('asks', $rules{mode}, '') . (($change->{only} // '') eq 'host' ? '' : $host->('place', 'none', $place));
}

sub conf ($tickets, $changed) {
    return join '', "SSLSessionCache shm:2048000\nSSLSessionTickets $tickets\n", map { hosts_of($_, $changes[$_], $changed) } 0 .. $#changes;
}

sub as ($who) {
    return () if $who eq 'nobody';
    return (args => ['-cert', "$dir/$who.crt", '-key', "$dir/$who.key", '-enable_pha', -e "$dir/$who.chain" ? ('-cert_chain', "$dir/$who.chain") : ()]);
}

sub seen ($server, $version, $name, %opt) {
    my $path   = $name =~ /^place/ ? '/place/' : '/';
    my $answer = $server->handshake(name => $name, tls => $version, request => "GET $path HTTP/1.0\r\nHost: $name\r\n\r\n", %opt);
    # s_client may print it in the middle of what it has to say about a ticket
    return $answer->output =~ m{HTTP/1\.1 200 .*?^X-Seen: (.*?)\r?$}ms ? $1 : 'no connection';
}

# Every client visits, everything changes, every client comes back.
sub each_change ($server, $do) {
    for my $number (0 .. $#changes) {
        my $change = $changes[$number];
        for my $kind ('asks', ($change->{only} // '') eq 'host' ? () : 'place') {
            $do->($change, "$kind$number.test", $_, $server->root . "/run/$kind$number-$_") for @VERSIONS;
        }
    }
}

for my $tickets ('on', 'off') {
    subtest "tickets $tickets" => sub {
        $_->{files}->(0) for grep { $_->{files} } @changes;
        my $server = TLSplus::Server->start(certs => $certs, modules => ['headers'], files => { 'htdocs/place/index.html' => 'members' }, conf => conf($tickets, 0));
        each_change($server, sub ($change, $name, $version, $session) {
            my $who = $change->{who} // 'member';
            is seen($server, $version, $name, as($who), sess_out => $session), ($who eq 'nobody' ? 'NONE' : 'SUCCESS') . ' Initial', "$version, $name: a session of $who";
        });
        $_->{files}->(1) for grep { $_->{files} } @changes;
        $server->configure(conf($tickets, 1));
        ok $server->graceful, 'graceful restart';
        each_change($server, sub ($change, $name, $version, $session) {
            my $expect = $change->{expect} // ($name =~ /^place/ ? 'no connection' : 'NONE Initial');
            is seen($server, $version, $name, sess_in => $session), $expect, "$version, $name: $change->{what}: $expect";
            is seen($server, $version, $name, sess_in => $session, as($change->{who} // 'member')), 'no connection', "$version, $name: nor with the certificate" if $change->{refused};
        });
        $server->stop;
    };
}

# ---- users of TLS-SRP ----

# A user's session is good as long as the file that knows him is as it was. One client each: curl keeps its session from
# one connection to the next, and the answer to its first request waits for the change.
my $has_srp = qx{curl --version 2>/dev/null} =~ /TLS-SRP/ && add_user('users.srpv', 'anna', 'secret');

sub add_user ($file, $name, $password) {
    spew("$dir/$file", '', 0600) unless -e "$dir/$file";
    return run(['openssl', 'srp', '-srpvfile', "$dir/$file", '-add', '-gn', 1024, '-passout', "pass:$password", $name])->{exit} == 0;
}

my @users = (
    # what                 what becomes of the file                       what anna gets
    ['nothing',            sub { 1 },                                       'anna Resumed'],
    ['another user comes', sub { add_user('users.srpv', 'bert', 'other') },   'anna Initial'],
    ['her password',       sub { spew("$dir/users.srpv", '', 0600); add_user('users.srpv', 'anna', 'renewed') }, 'refused'],
    ['she leaves',         sub { spew("$dir/users.srpv", '', 0600); add_user('users.srpv', 'carl', 'third') },   'refused'],
);

sub srp_conf ($tickets) { return <<"CONF" }
SSLSessionCache shm:512000
SSLSessionTickets $tickets
ScriptAlias /cgi/ \@ROOT\@/cgi/
<VirtualHost *:\@PORT\@>
  ServerName a.test
  SSLEngine on
  SSLProtocol TLSv1.2
  SSLCertificateFile    \@CERTS\@/server.crt
  SSLCertificateKeyFile \@CERTS\@/server.key
  SSLSRPVerifierFile    \@CERTS\@/users.srpv
  Header always set X-Seen "%{SSL_SRP_USER}s %{SSL_SESSION_RESUMED}s"
</VirtualHost>
CONF

for my $tickets ('on', 'off') {
    subtest "tickets $tickets: users of TLS-SRP" => sub {
        plan skip_all => 'no TLS-SRP in curl or openssl here' unless $has_srp;
        for my $row (@users) {
            my ($what, $change, $expect) = @$row;
            spew("$dir/users.srpv", '', 0600);
            ok add_user('users.srpv', 'anna', 'secret'), "$what: a file with anna";
            my $server = TLSplus::Server->start(certs => $certs, modules => ['headers', 'cgi'], conf => srp_conf($tickets));
            my ($here, $go) = map { $server->root . "/run/$_" } qw(here go);
            $server->cgi('hold', "open my \$here, '>', '$here'; select undef, undef, undef, 0.05 until -e '$go'; print qq{Content-Type: text/plain\\n\\nheld\\n};");
            chmod 0777, $server->root . '/run';
            my $port  = $server->port;
            my $anna = spawn(['curl', '-q', '-sS', '-i', '--noproxy', '*', '--tls-max', '1.2', '--insecure', '-H', 'Connection: close',
                '--connect-to', "a.test:$port:127.0.0.1:$port", '--ciphers', 'SRP-AES-128-CBC-SHA', '--tlsauthtype', 'SRP',
                '--tlsuser', 'anna', '--tlspassword', 'secret', map { "https://a.test:$port$_" } '/cgi/hold', '/']);
            ok wait_until(30, sub { -e $here }), "$what: she is there" or diag $anna->err;
            ok $change->(), '... the change';
            ok $server->graceful, '... graceful restart';
            spew($go, '');
            my $done = $anna->wait(60);
            my ($first, $second) = $anna->out =~ /^X-Seen: (.*?)\r?$/mg;
            is $first, 'anna Initial', '... a session of anna';
            is $second // 'refused', $expect, "... $what: $expect" or diag $anna->out . $anna->err;
            $server->stop;
        }
    };
}

# ---- without a restart ----

# A host that asks and one whose place asks, on a server whose clock can be set, if there is one.
sub two_hosts ($tickets, $timeout, %before) {
    my $change = { before => { depth => 2, lists => '', %before } };
    return "SSLSessionCache shm:512000\nSSLSessionTickets $tickets\nSSLSessionCacheTimeout $timeout\n"
      . hosts_of(0, $change, 0);
}

for my $tickets ('on', 'off') {
    subtest "tickets $tickets: a list is added to the folder" => sub {
        folder('crl-now', 'list.pem' => 'empty.pem');
        my $server = TLSplus::Server->start(certs => $certs, modules => ['headers'], files => { 'htdocs/place/index.html' => 'members' }, conf => two_hosts($tickets, 300, lists => $in_folder->('crl-now')));
        my %session = map { my $name = $_; map { ("$name $_" => $server->root . "/run/$name-$_") } @VERSIONS } 'asks0.test', 'place0.test';
        for (sort keys %session) {
            my ($name, $version) = split;
            is seen($server, $version, $name, as('member'), sess_out => $session{$_}), 'SUCCESS Initial', "$_: a session";
            is seen($server, $version, $name, sess_in => $session{$_}), 'SUCCESS Resumed', "$_: is good";
        }
        my ($link) = glob "$dir/crl-now/*.r0";
        spew($link =~ s/0$/1/r, $certs->read('revoked.pem'));
        ok wait_until(60, sub { seen($server, 'TLSv1.3', 'asks0.test', as('member')) eq 'no connection' }), 'it is in force';
        for (sort keys %session) {
            my ($name, $version) = split;
            is seen($server, $version, $name, sess_in => $session{$_}), $name =~ /^asks/ ? 'NONE Initial' : 'no connection', "$_: is not any more";
            is seen($server, $version, $name, sess_in => $session{$_}, as('member')), 'no connection', "$_: nor with the certificate";
        }
        $server->stop;
    };
}

subtest 'SSLSessionCacheTimeout 0' => sub {
    for my $tickets ('on', 'off') {
        my $server = TLSplus::Server->start(certs => $certs, modules => ['headers'], conf => two_hosts($tickets, 0));
        for my $version (@VERSIONS) {
            my $session = $server->root . "/run/none-$version";
            is seen($server, $version, 'asks0.test', as('member'), sess_out => $session), 'SUCCESS Initial', "tickets $tickets, $version: a visit";
            my @back = -s $session ? (sess_in => $session) : ();
            is seen($server, $version, 'asks0.test', @back), 'NONE Initial', "tickets $tickets, $version: nothing to resume";
        }
        $server->stop;
    }
};

# ---- time ----

my ($faketime) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';

sub clocked ($tickets, $timeout) {
    my $server = TLSplus::Server->new(certs => $certs, modules => ['headers'], files => { 'htdocs/place/index.html' => 'members' }, conf => two_hosts($tickets, $timeout));
    $server->{env} = {
        LD_PRELOAD => $faketime, FAKETIME_NO_CACHE => 1, FAKETIME_DONT_FAKE_MONOTONIC => 1,
        FAKETIME_TIMESTAMP_FILE => $server->root . '/run/offset',
    };
    set_clock($server, 0);
    return $server;
}

sub set_clock ($server, $seconds) { spew($server->root . '/run/offset', sprintf "%+d\n", $seconds) }

for my $tickets ('on', 'off') {
    subtest "tickets $tickets: time goes by" => sub {
        plan skip_all => 'no libfaketime here (Debian package: libfaketime)' unless defined $faketime;
        plan skip_all => 'a sanitized process takes no other library before its own' if sanitized();
        my $server = clocked($tickets, 300);
        ok $server->begin or diag $server->said;
        for my $version (@VERSIONS) {
            for my $name ('asks0.test', 'place0.test') {
                my ($first, $second) = map { $server->root . "/run/$name-$version-$_" } 1 .. 2;
                set_clock($server, 0);
                is seen($server, $version, $name, as('deep'), sess_out => $first), 'SUCCESS Initial', "$version, $name: a session";
                set_clock($server, 200);
                is seen($server, $version, $name, sess_in => $first, sess_out => $second), 'SUCCESS Resumed', "$version, $name: resumed, and maybe another";
                $second = $first unless -s $second;
                set_clock($server, 250);
                is seen($server, $version, $name, sess_in => $second), 'SUCCESS Resumed', "$version, $name: good until the first ends";
                set_clock($server, 350);
                is seen($server, $version, $name, sess_in => $second), $name =~ /^asks/ ? 'NONE Initial' : 'no connection', "$version, $name: and no longer";
            }
        }
        $server->stop;
        $server = clocked($tickets, 7 * 86_400);
        ok $server->begin or diag $server->said;
        my $days = 6 * 86_400 + 43_200;
        for my $version (@VERSIONS) {
            for my $name ('asks0.test', 'place0.test') {
                my %session = map { $_ => $server->root . "/run/$name-$version-$_" } 'deep', 'brief';
                set_clock($server, 0);
                is seen($server, $version, $name, as($_), sess_out => $session{$_}), 'SUCCESS Initial', "$version, $name: a session of $_" for sort keys %session;
                set_clock($server, $days);
                is seen($server, $version, $name, sess_in => $session{deep}), 'SUCCESS Resumed', "$version, $name: within seven days";
                is seen($server, $version, $name, sess_in => $session{brief}), $name =~ /^asks/ ? 'NONE Initial' : 'no connection', "$version, $name: the certificate has expired";
                is seen($server, $version, $name, sess_in => $session{brief}, as('brief')), 'no connection', "$version, $name: as in a full handshake";
            }
        }
        $server->stop;
    };
}

done_testing;
