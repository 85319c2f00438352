# SPDX-License-Identifier: Apache-2.0
#
# Where ticket keys come from. Files: mod_ssl's 48 octets, 80 octets, several at once, changed,
# damaged and vanished while the server runs. A secret: two servers that share nothing else open each
# other's tickets. And the server's own keys, which change by themselves.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus sanitized);
use TLSplus::Host;
use TLSplus::Process qw(spew wait_until);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

my @VERSIONS = ('TLSv1.2', 'TLSv1.3');
my $REQUEST  = "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n";

sub conf ($host, $top = '') {
    return <<"CONF";
<VirtualHost *:\@PORT\@>
  ServerName a.test:443
  SSLEngine on
  SSLCertificateFile    \@CERTS\@/a.crt
  SSLCertificateKeyFile \@CERTS\@/a.key
$host
</VirtualHost>
SSLSessionCache none
$top
<Location /status>
  SetHandler server-status
</Location>
CONF
}

# Octets that are no text; the same seed gives the same.
sub octets ($size, $seed) { join '', map { chr(128 + ($seed * 37 + $_ * 11) % 127) } 1 .. $size }

sub key_file ($server, $name, $size, $seed) { $server->put("conf/$name", [octets($size, $seed), 0600]) }

# Replaced as a whole, under a new inode, as one should.
sub replace ($server, $name, $content) {
    my $path = $server->root . "/conf/$name";
    spew("$path.new", $content, 0600);
    rename "$path.new", $path or die "$path: $!";
}

my $count = 0;

sub obtain ($server, $version) {
    my $file = sprintf '%s/run/ticket-%d', $server->root, ++$count;
    return ($file, $server->handshake(name => 'a.test', tls => $version, request => $REQUEST, sess_out => $file));
}

sub ticket ($server, $version) {
    my ($file, $answer) = obtain($server, $version);
    is $answer->status, 200, "$version: a ticket" or diag $answer->output;
    return $file;
}

sub resumes ($server, $version, $file, %opt) {
    my $answer = $server->handshake(name => 'a.test', tls => $version, request => $REQUEST, sess_in => $file, %opt);
    return defined $answer->status && $answer->status == 200 ? $answer->reused : undef;
}

# The first 16 octets of a ticket are the name of its key, in TLS 1.2 and 1.3 alike.
sub key_name ($file) {
    return key_name_in(scalar qx{openssl sess_id -in '$file' -noout -text});
}

# ... in what openssl prints of a session.
sub key_name_in ($text) {
    my ($line) = $text =~ /TLS session ticket:\n\s+0000 - ((?:[0-9a-f]{2}[ -]?){16})/;
    die "no ticket in: $text\n" unless defined $line;
    return pack 'H*', $line =~ s/[ -]//gr;
}

# Comes back with a ticket: whether it was resumed, and the key name of the ticket the client has then.
# (s_client prints that ticket but does not save it in TLS 1.2.)
sub renewed ($server, $version, $file) {
    my $answer = $server->handshake(name => 'a.test', tls => $version, request => $REQUEST, sess_in => $file);
    my ($last) = reverse split /(?=SSL-Session:)/, $answer->output;
    return ($answer->reused, key_name_in($last));
}

for my $size (48, 80) {
    subtest "a file of $size octets" => sub {
        my $server = TLSplus::Server->new(certs => $certs, conf => conf('SSLSessionTicketKeyFile conf/key'));
        key_file($server, 'key', $size, 1);
        ok $server->begin or diag $server->said;
        my %ticket = map { $_ => ticket($server, $_) } @VERSIONS;
        for my $version (@VERSIONS) {
            is unpack('H*', key_name($ticket{$version})), unpack('H*', substr octets($size, 1), 0, 16), "$version: the file names the key";
            is resumes($server, $version, $ticket{$version}), 1, "$version: resumed";
        }
        $server->stop;
        ok $server->begin, 'stopped and started again';
        is resumes($server, $_, $ticket{$_}), 1, "$_: the ticket is still good" for @VERSIONS;
        $server->stop;
        key_file($server, 'key', $size, 2);
        ok $server->begin, 'started with another key';
        is resumes($server, $_, $ticket{$_}), 0, "$_: an unknown key is a full handshake" for @VERSIONS;
        says_nothing($server, qr/\[ssl:(?:error|crit)\]/, 'and no error');
        $server->stop;
    };
}

subtest 'several files: the first seals, all open' => sub {
    my $server = TLSplus::Server->new(certs => $certs, conf => conf('SSLSessionTicketKeyFile conf/one'));
    key_file($server, "$_->[0]", $_->[1], $_->[2]) for ['one', 48, 1], ['two', 80, 2], ['three', 80, 3];
    ok $server->begin or diag $server->said;
    my %old = map { $_ => ticket($server, $_) } @VERSIONS;
    $server->configure(conf("SSLSessionTicketKeyFile conf/two\nSSLSessionTicketKeyFile conf/one"));
    ok $server->graceful, 'a new key in front';
    for my $version (@VERSIONS) {
        my ($reused, $name) = renewed($server, $version, $old{$version});
        is $reused, 1, "$version: the old key opens";
        is unpack('H*', $name), unpack('H*', substr octets(80, 2), 0, 16), "$version: the new ticket is under the new key";
    }
    $server->configure(conf("SSLSessionTicketKeyFile conf/three\nSSLSessionTicketKeyFile conf/two"));
    ok $server->graceful, 'the oldest key is taken away';
    is resumes($server, $_, $old{$_}), 0, "$_: its tickets are full handshakes" for @VERSIONS;
    $server->stop;
};

subtest 'files that change while the server runs' => sub {
    my $server = TLSplus::Server->new(certs => $certs, conf => conf('SSLSessionTicketKeyFile conf/key'));
    key_file($server, 'key', 80, 1);
    ok $server->begin or diag $server->said;
    my $first = ticket($server, 'TLSv1.2');
    replace($server, 'key', octets(80, 2));
    logs($server, qr/TP0629.*SSLSessionTicketKeyFile at \S+test\.conf:6.*conf\/key/, 'the new key is in use', seconds => 40);
    is resumes($server, 'TLSv1.2', $first), 0, 'the old one is not';
    my $second = ticket($server, 'TLSv1.2');
    is unpack('H*', key_name($second)), unpack('H*', substr octets(80, 2), 0, 16), 'tickets are under the new one';

    my $mark = length $server->log;
    replace($server, 'key', octets(20, 3));
    logs($server, qr/TP0630.*stay in use.*test\.conf:6.*too short.*20 octets/, 'a file cut short', seconds => 40, mark => $mark);
    is resumes($server, 'TLSv1.2', $second), 1, 'the key before it is still in use';

    $mark = length $server->log;
    unlink $server->root . '/conf/key';
    logs($server, qr/TP0630.*cannot be read/, 'a file gone', seconds => 40, mark => $mark);
    is resumes($server, 'TLSv1.2', $second), 1, 'the key before it is still in use';

    $mark = length $server->log;
    key_file($server, 'key', 80, 4);
    logs($server, qr/TP0629/, 'and back', seconds => 40, mark => $mark);
    is unpack('H*', key_name(ticket($server, 'TLSv1.2'))), unpack('H*', substr octets(80, 4), 0, 16), 'its key is in use';
    $server->stop;
};

subtest 'each virtual host its own' => sub {
    my $second = tls_host(['a.test:443', 'PORT2'], pair('a'));
    my $server = TLSplus::Server->new(certs => $certs, conf => conf('SSLSessionTicketKeyFile conf/key', $second));
    key_file($server, 'key', 80, 1);
    ok $server->begin or diag $server->said;
    my $file = ticket($server, 'TLSv1.3');
    is unpack('H*', key_name($file)), unpack('H*', substr octets(80, 1), 0, 16), 'the one with a file';
    is resumes($server, 'TLSv1.3', $file, port => 'PORT2'), 0, 'another key than on the host without one';
    $server->stop;
};

subtest 'refused' => sub {
    my @bad = (
        ['SSLSessionTicketKeyFile conf/missing', qr/test\.conf:6/],
        ['SSLSessionTicketKeyFile conf/short',   qr/TP0623.*SSLSessionTicketKeyFile at \S+test\.conf:6 \(vhost a\.test:443\).*47 octets, at least 48 wanted.*openssl rand/],
        ['SSLSessionTicketKeyFile conf/empty',   qr/test\.conf:6/],
        ['SSLSessionTicketKeyFile conf',         qr/test\.conf:6.*directory/],
        ['SSLSessionTicketSecretFile conf/weak', qr/TP0631.*SSLSessionTicketSecretFile at \S+test\.conf:6.*31 octets, at least 32/],
        ["SSLSessionTicketSecretFile conf/secret\nSSLSessionTicketKeyFile conf/good", qr/TP0632.*exclude/],
        [join("\n", ('SSLSessionTicketKeyFile conf/good') x 33), qr/TP0628.*33 files/],
    );
    for my $row (@bad) {
        my ($line, $words) = @$row;
        my $server = TLSplus::Server->new(certs => $certs, conf => conf($line));
        $server->put('conf/short'  => [octets(47, 1), 0600]);
        $server->put('conf/empty'  => ['',            0600]);
        $server->put('conf/weak'   => ['x' x 31 . "\n", 0600]);
        $server->put('conf/secret' => ['x' x 32,      0600]);
        $server->put('conf/good'   => [octets(80, 1), 0600]);
        refused($server, $words, $line =~ s/\n.*//sr);
    }
};

subtest 'warned about' => sub {
    my @odd = (
        ['text',  'on',  qr/TP0625.*test\.conf:6/],
        ['long',  'on',  qr/TP0624.*65 octets/],
        ['open',  'on',  qr/TP0626.*mode 0644/],
        ['good',  'off', qr/TP0633.*SSLSessionTickets off/],
    );
    for my $row (@odd) {
        my ($name, $tickets, $words) = @$row;
        my $server = TLSplus::Server->new(certs => $certs, conf => conf("SSLSessionTicketKeyFile conf/$name\nSSLSessionTickets $tickets"));
        $server->put('conf/text' => ['k' x 48,      0600]);
        $server->put('conf/long' => [octets(65, 1), 0600]);
        $server->put('conf/open' => [octets(80, 1), 0644]);
        $server->put('conf/good' => [octets(80, 1), 0600]);
        my $found = $server->configtest;
        is $found->{exit}, 0, "$name: passes configtest";
        like $found->{text}, $words, "$name: with a warning";
    }
};

subtest 'two machines with one secret' => sub {
    my @nodes = map { TLSplus::Server->new(certs => $certs, conf => conf('SSLSessionTicketSecretFile conf/secret')) } 1 .. 3;
    my $secret = 'f' x 20 . '0123456789abcdef';
    $nodes[0]->put('conf/secret' => [$secret,        0600]);
    $nodes[1]->put('conf/secret' => ["$secret\n",    0600]);
    $nodes[2]->put('conf/secret' => ["${secret}x", 0600]);
    ok $_->begin, 'a node' or diag $_->said for @nodes;
    my @begun = map { $_->mark } @nodes;
    for my $version (@VERSIONS) {
        my $file = ticket($nodes[0], $version);
        is resumes($nodes[1], $version, $file), 1, "$version: a ticket of one resumes on the other";
        is resumes($nodes[0], $version, ticket($nodes[1], $version)), 1, "$version: and the other way round";
        is resumes($nodes[2], $version, $file), 0, "$version: not where the secret is another";
    }
    says_nothing($nodes[$_], qr/\[ssl:(?:error|crit|warn)\]/, 'nothing is logged about it', mark => $begun[$_]) for 0 .. $#nodes;
    # the secret of the first changes to that of the third
    my $old = ticket($nodes[0], 'TLSv1.3');
    replace($nodes[0], 'secret', "${secret}x");
    logs($nodes[0], qr/TP0629.*SSLSessionTicketSecretFile/, 'a changed secret is read', seconds => 40);
    is resumes($nodes[0], 'TLSv1.3', ticket($nodes[2], 'TLSv1.3')), 1, 'and agrees with who has it too';
    is resumes($nodes[0], 'TLSv1.3', $old), 0, 'tickets of the secret before are full handshakes';
    $_->stop for @nodes;
};

# Two machines whose clocks are set: offset => seconds from the real time, written while they run.
sub set_clock ($node, $offset) { spew($node->root . '/run/offset', sprintf "%+d\n", $offset) }

sub clocked_node ($faketime, $offset) {
    my $node = TLSplus::Server->new(certs => $certs, conf => conf('SSLSessionTicketSecretFile conf/secret'));
    $node->{env} = {
        LD_PRELOAD              => $faketime,
        FAKETIME_TIMESTAMP_FILE => $node->root . '/run/offset',
        FAKETIME_NO_CACHE       => 1,
        FAKETIME_DONT_FAKE_MONOTONIC => 1,
    };
    $node->put('conf/secret' => ['a secret of at least 32 octets, hour by hour', 0600]);
    set_clock($node, $offset);
    return $node;
}

subtest 'two machines with one secret, while the hour changes' => sub {
    my ($faketime) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
    plan skip_all => 'no libfaketime here (Debian package: libfaketime)' unless defined $faketime;
    plan skip_all => 'a sanitized process takes no other library before its own' if sanitized();
    # Nearer to the hour than a ticket's life of 300 seconds, and far enough for a slow machine.
    my $before = 3600 - time % 3600 - 100;
    my $after  = $before + 200;
    my @nodes  = map { clocked_node($faketime, $before) } 1 .. 2;
    ok $_->begin, 'a node' or diag $_->said for @nodes;
    my @begun   = map { $_->mark } @nodes;
    my $key_of  = sub ($node) { key_name((obtain($node, 'TLSv1.3'))[0]) };
    my $renewal = sub ($node, $key) { wait_until(60, sub { $key_of->($node) eq $key }) };
    my @tickets = map { [$_, ticket($nodes[0], $_)] } (@VERSIONS) x 2;
    my $old     = key_name($tickets[-1][1]);
    is $key_of->($nodes[1]), $old, 'both have one key in an hour';

    set_clock($nodes[1], $after);
    ok wait_until(60, sub { $key_of->($nodes[1]) ne $old }), 'one is over the hour and has another key';
    my $new = $key_of->($nodes[1]);
    is resumes($nodes[1], @$_), 1, "$_->[0]: it resumes a ticket of the other's hour" for splice @tickets, 0, 2;
    is resumes($nodes[0], $_, ticket($nodes[1], $_)), 1, "$_: and the other resumes one of an hour to come" for @VERSIONS;
    is $key_of->($nodes[0]), $old, 'in whose time there is still the key of before';

    set_clock($nodes[0], $after);
    ok $renewal->($nodes[0], $new), 'over the hour both agree again';
    is resumes($nodes[0], @$_), 1, "$_->[0]: a ticket of before the hour resumes after it" for @tickets;
    says_nothing($nodes[$_], qr/\[ssl:(?:error|crit|warn)\]/, 'nothing is logged about it', mark => $begun[$_]) for 0 .. 1;
    $_->stop for @nodes;
};

subtest 'keys that change by themselves' => sub {
    my $server = TLSplus::Server->start(certs => $certs, modules => ['status'], conf => conf('', 'TLSPlusTicketKeyRotation 15'));
    my $value  = sub ($name) { $server->get('/status?auto', name => 'a.test')->body =~ /^\Q$name\E: (\d+)/m ? $1 : undef };
    is $value->('TLSTicketKeyGeneration'), 1, 'the first key';
    my %old = map { $_ => ticket($server, $_) } @VERSIONS;
    my $name = key_name($old{'TLSv1.2'});
    ok wait_until(120, sub { $value->('TLSTicketKeyGeneration') >= 2 }), 'a second one comes';
    is $value->('TLSTicketKeys'), 2, 'both open';
    cmp_ok $value->('TLSTicketKeyAge'), '<', 15, 'the newest is young';
    for my $version (@VERSIONS) {
        my ($reused, $new) = renewed($server, $version, $old{$version});
        is $reused, 1, "$version: a ticket of before resumes";
        isnt unpack('H*', $new), unpack('H*', $name), "$version: and is renewed under the new key";
    }
    cmp_ok $value->('TLSTicketsRenewed'), '>=', 2, 'counted';
    ok $server->graceful, 'graceful restart';
    is resumes($server, 'TLSv1.3', $old{'TLSv1.3'}), 1, 'resumes after it with the key before last';
    $server->stop;
};

done_testing;
