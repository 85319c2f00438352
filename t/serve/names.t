# SPDX-License-Identifier: Apache-2.0
#
# Which virtual host a connection gets: by SNI through names, aliases and wildcards, the default
# without a match; what happens when the request then names another host (SSLVHostSNIPolicy), none
# at all, or when there was no SNI (SSLStrictSNIVHostCheck).
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus);
use TLSplus::Host;
use TLSplus::Server;
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
$certs->leaf($_, san => ["$_.test"], cn => "$_.test") for qw(first second third);
$certs->leaf('wild', san => ['*.wild.test', 'wild.test'], cn => 'wild.test');

sub subject ($server, $name, %opt) { $server->handshake((defined $name ? (name => $name) : ()), %opt)->subject // 'none' }

subtest 'the name chooses the certificate and the host' => sub {
    my $server = TLSplus::Server->start(certs => $certs, modules => ['headers'], conf => join '', "SSLVHostSNIPolicy insecure\n",
        tls_host('first.test', pair('first'), '  Header set X-Host first'),
        tls_host('second.test', pair('second'), '  ServerAlias zwei.test deux.test', '  Header set X-Host second'),
        tls_host('wild.test', pair('wild'), '  ServerAlias *.wild.test', '  Header set X-Host wild'),
        tls_host(['third.test', 'PORT2'], pair('third'), '  Header set X-Host third'));
    my @names = (
        ['first.test',     'first'],
        ['second.test',    'second'],
        ['SECOND.Test',    'second'],
        ['zwei.test',      'second'],
        ['deux.test',      'second'],
        ['wild.test',      'wild'],
        ['x.wild.test',    'wild'],
        ['y.x.wild.test',  'wild'],     # httpd's * matches dots as well
        ['xwild.test',     'first'],
        ['unknown.test',   'first'],
        [undef,            'first'],
    );
    for my $tls ('TLSv1.2', 'TLSv1.3') {
        for (@names) {
            my ($name, $host) = @$_;
            is subject($server, $name, tls => $tls), "CN = $host.test", "$tls, SNI " . ($name // 'absent') . ": $host";
        }
    }
    is subject($server, 'second.test', port => 'PORT2'), 'CN = third.test', 'names of another port do not count';

    is $server->get('/', name => 'second.test')->header('X-Host'), 'second', 'the request is served by the same host';
    is $server->get('/', name => 'second.test', host => 'x.wild.test', insecure => 1)->header('X-Host'), 'wild',
      'Host decides where SSLVHostSNIPolicy lets it';
    is $server->get('/', name => '127.0.0.1', insecure => 1)->header('X-Host'), 'first', 'no SNI: the default host';

    my $answer = $server->handshake(name => 'second.test', request => "GET / HTTP/1.0\r\n\r\n");
    is $answer->status, 400, 'SNI but no Host in the request: 400';
    logs $server, qr/second\.test.*(?:no host|without|Host)/i, 'the log names the name given';

    # 255 is the longest name; RFC 6066 forbids nothing httpd could not compare
    my $long = join('.', ('x' x 63) x 3) . '.test';
    is subject($server, $long), 'CN = first.test', 'a very long name is just unknown';
    serves $server, 'and the server goes on', name => 'first.test';
    ok $server->stop, 'stops cleanly';
};

subtest 'SSLStrictSNIVHostCheck' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => join '',
        tls_host('first.test', pair('first'), '  SSLStrictSNIVHostCheck on'), tls_host('second.test', pair('second')),
        tls_host(['first.test', 'PORT2'], pair('first')), tls_host(['second.test', 'PORT2'], pair('second'), '  SSLStrictSNIVHostCheck on'));
    my %ip = (name => '127.0.0.1', insecure => 1);
    is $server->get('/', name => 'first.test')->status, 200, 'SNI sent: served';
    is $server->get('/', %ip)->status, 403, 'no SNI at a strict default host: 403';
    is $server->get('/', %ip, host => 'second.test')->status, 403,
      'no SNI, Host names another: 403 comes before the policy on differing hosts';
    is $server->get('/', %ip, port => 'PORT2')->status, 200, 'the strict host elsewhere does not touch this one';
    is $server->get('/', %ip, port => 'PORT2', host => 'second.test')->status, 403, 'Host names a strict one: 403';
    my $mark = $server->mark;
    like $server->get('/', %ip)->body, qr/name|SNI/i, 'the page says why';
    logs $server, qr/SNI/, 'and so does the log', mark => $mark;
    ok $server->stop, 'stops cleanly';
};

# What may differ between the host that did the handshake and the host the request names, at each
# level of SSLVHostSNIPolicy: refused with 421 or served.
my @DIFFERENCE = (
    # setting in the second host                        strict secure authonly insecure
    ['',                                                 421,   200,   200,   200],
    ['SSLCertificateFile @CERTS@/second.crt',            421,   421,   200,   200],
    ['SSLProtocol TLSv1.3',                              421,   421,   200,   200],
    ['SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256',     421,   421,   200,   200],
    ['SSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256',    421,   421,   200,   200],
    ['SSLOpenSSLConfCmd Options -SessionTicket',         421,   421,   421,   200],
    ['SSLSessionTickets off',                            421,   200,   200,   200],
    ['SSLHonorCipherOrder on',                           421,   200,   200,   200],
    ['SSLInsecureRenegotiation on',                      421,   200,   200,   200],
    ['SSLSessionCacheTimeout 77',                        421,   200,   200,   200],
    ['SSLCertificateChainFile @CERTS@/first.crt',        421,   200,   200,   200],
    ['SSLVerifyClient none',                             421,   200,   200,   200],
);

my @POLICIES = qw(strict secure authonly insecure);

# One virtual host per row beside the default one; all answer to the default's certificate unless
# the row says otherwise.
sub policy_conf ($policy) {
    my $conf = "SSLVHostSNIPolicy $policy\n" . tls_host('first.test', pair('first'));
    for my $row (0 .. $#DIFFERENCE) {
        my $setting = $DIFFERENCE[$row][0];
        my @files   = $setting =~ /^SSLCertificateFile/ ? (pair('second'))[1] : pair('first');
        $conf .= tls_host("row$row.test", @files, "  $setting");
    }
    return $conf;
}

for my $level (0 .. $#POLICIES) {
    my $policy = $POLICIES[$level];
    subtest "SSLVHostSNIPolicy $policy" => sub {
        my $server = TLSplus::Server->start(certs => $certs, conf => policy_conf($policy));
        is $server->get('/', name => 'first.test')->status, 200, 'the same host is always served';
        for my $row (0 .. $#DIFFERENCE) {
            my ($setting, @status) = @{ $DIFFERENCE[$row] };
            my $what   = length $setting ? $setting : 'nothing but the name';
            my $mark   = $server->mark;
            my $answer = $server->get('/', name => 'first.test', host => "row$row.test");
            is $answer->status, $status[$level], "$what differs: $status[$level]";
            next unless $status[$level] == 421;
            my $line = $server->wait_log(qr/row$row\.test/, mark => $mark) // '';
            like $line, qr/first\.test/, "$what: the log names both hosts";
            # A default that is written out differs from nothing; strict refuses all the same.
            next unless is_tlsplus() && length $setting && $setting ne 'SSLVerifyClient none';
            my ($directive) = split ' ', $setting;
            like $line, qr/$directive.*test\.conf:\d+/, "$what: and the line that differs";
        }
        # no SNI: the default host did the handshake, the same rules hold
        my $ip = $server->get('/', name => '127.0.0.1', insecure => 1, host => 'row1.test');
        is $ip->status, $DIFFERENCE[1][ $level + 1 ], 'without SNI the default host is compared';
        my $none = $server->handshake(name => 'first.test', request => "GET / HTTP/1.0\r\n\r\n");
        is $none->status, 400, 'no Host at all is 400 at every level';
        ok $server->stop, 'stops cleanly';
    };
}

subtest 'SSLVHostSNIPolicy words' => sub {
    my @words = ((map { ($_, uc $_) } @POLICIES), 'lax', '""');
    for my $word (@words) {
        my $server = TLSplus::Server->new(conf => "SSLVHostSNIPolicy $word\n");
        my $found  = $server->configtest;
        if ($word =~ /^(?:lax|"")$/) {
            isnt $found->{exit}, 0, "$word is refused";
            like $found->{text}, qr/test\.conf.*SSLVhostSNIPolicy|SSLVhostSNIPolicy.*test\.conf/si, "$word: with directive and file";
        }
        else {
            is $found->{exit}, 0, "$word is accepted" or diag $found->{text};
        }
    }
    my $inside = TLSplus::Server->new(conf => <<'CONF');
<VirtualHost *:@PORT@>
  SSLVHostSNIPolicy strict
</VirtualHost>
CONF
    my $found = $inside->configtest;
    isnt $found->{exit}, 0, 'not inside a virtual host';
    like $found->{text}, qr/SSLVHostSNIPolicy.*(?:not allowed|cannot occur)/i, '... for that reason';
};

done_testing;
