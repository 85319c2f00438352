# SPDX-License-Identifier: Apache-2.0
#
# SSLProtocol: which versions a set of words means, that they apply per virtual host chosen by name
# and not per port, and what a client outside them is told.
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
$certs->leaf('a', san => ['a.test', '*.a.test']);

my @VERSIONS = qw(TLSv1 TLSv1.1 TLSv1.2 TLSv1.3);

# Level 0 on both sides, or the library refuses everything below TLS 1.2 by itself.
sub spoken ($server, $name) {
    return join ' ', grep {
        my $answer = $server->handshake(name => $name, tls => $_, cipher => 'ALL:@SECLEVEL=0');
        ($answer->protocol // '') eq $_;
    } @VERSIONS;
}

# The words of one SSLProtocol line, and what is then spoken (a range without holes: the highest
# version and all below it down to the first gap).
my @WORDS = (
    [undef,                                'TLSv1 TLSv1.1 TLSv1.2 TLSv1.3'],
    ['all',                                'TLSv1 TLSv1.1 TLSv1.2 TLSv1.3'],
    ['all -SSLv3',                         'TLSv1 TLSv1.1 TLSv1.2 TLSv1.3'],
    ['all -TLSv1 -TLSv1.1',                'TLSv1.2 TLSv1.3'],
    ['ALL -tlsv1 -tlsV1.1',                'TLSv1.2 TLSv1.3'],
    ['-all +TLSv1.2',                      'TLSv1.2'],
    ['-all +TLSv1.3',                      'TLSv1.3'],
    ['+TLSv1.2 +TLSv1.3',                  'TLSv1.2 TLSv1.3'],
    ['TLSv1.2',                            'TLSv1.2'],
    ['TLSv1.2 TLSv1.3',                    'TLSv1.3'],    # a bare word replaces what stood before it
    ['-SSLv3 +TLSv1.2',                    'TLSv1.2'],
    ['-SSLv2 +TLSv1.3',                    'TLSv1.3'],
    ['+TLSv1 +TLSv1.2',                    'TLSv1.2'],    # the hole at 1.1 ends the range
    ['all -TLSv1.2',                       'TLSv1.3'],
    ['all -TLSv1.3',                       'TLSv1 TLSv1.1 TLSv1.2'],
);

subtest 'words, per virtual host of one port' => sub {
    my $conf = '';
    for my $row (0 .. $#WORDS) {
        my $line = defined $WORDS[$row][0] ? "SSLProtocol $WORDS[$row][0]" : '';
        $conf .= tls_host("row$row.a.test", pair('a'), '  SSLCipherSuite ALL:@SECLEVEL=0', "  $line");
    }
    $conf =~ s/\@SECLEVEL/\x01/g;
    my $server = TLSplus::Server->start(certs => $certs, conf => $conf =~ s/\x01/\@SECLEVEL/gr);
    for my $row (0 .. $#WORDS) {
        my ($words, $spoken) = @{ $WORDS[$row] };
        is spoken($server, "row$row.a.test"), $spoken, 'SSLProtocol ' . ($words // 'not given');
    }
    ok scalar($server->configtest->{text} =~ /TP0106: .* - SSLProtocol at \S*test\.conf:79\b/),
      'a bare word that replaces others is warned about' if is_tlsplus();
    ok $server->stop, 'stops cleanly';
};

subtest 'the default host does not decide for the others' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => <<'CONF');
SSLCertificateFile    @CERTS@/a.crt
SSLCertificateKeyFile @CERTS@/a.key
<VirtualHost *:@PORT@>
  ServerName old.a.test
  SSLEngine on
  SSLProtocol -all +TLSv1.2
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName new.a.test
  SSLEngine on
  SSLProtocol -all +TLSv1.3
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName unset.a.test
  SSLEngine on
</VirtualHost>
CONF
    is spoken($server, 'old.a.test'), 'TLSv1.2', 'the default host keeps to its own';
    is spoken($server, 'new.a.test'), 'TLSv1.3', 'a name may speak what the default does not';
    is spoken($server, 'no.a.test'),  'TLSv1.2', 'an unknown name gets the default host and its versions';
    is spoken($server, 'unset.a.test'), 'TLSv1.2', 'a host that says nothing follows the default of the port';

    my $mark   = $server->mark;
    my $answer = $server->handshake(name => 'new.a.test', tls => 'TLSv1.2');
    is $answer->alert, 'protocol version', 'the rest gets its alert';
    logs $server, qr/protocol/i, 'and a log line', mark => $mark;
    ok $server->stop, 'stops cleanly';
};

subtest 'explicit in the main server counts as explicit in its hosts' => sub {
    my $server = TLSplus::Server->start(certs => $certs, conf => <<'CONF');
SSLCertificateFile    @CERTS@/a.crt
SSLCertificateKeyFile @CERTS@/a.key
SSLProtocol -all +TLSv1.3
<VirtualHost *:@PORT@>
  ServerName old.a.test
  SSLEngine on
  SSLProtocol -all +TLSv1.2
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName inherits.a.test
  SSLEngine on
</VirtualHost>
CONF
    is spoken($server, 'old.a.test'),      'TLSv1.2', 'own words';
    is spoken($server, 'inherits.a.test'), 'TLSv1.3', "the main server's words";
    ok $server->stop, 'stops cleanly';
};

my @REFUSED = ('SSLv2', '+SSLv2', 'SSLv3', '+SSLv3', 'TLSv1.4', 'TLS1.2', 'all,-SSLv3', 'nonsense', '+ TLSv1.2');

subtest 'words that are refused' => sub {
    for my $words (@REFUSED) {
        my $found = TLSplus::Server->new(conf => "\nSSLProtocol $words\n")->configtest;
        isnt $found->{exit}, 0, "SSLProtocol $words";
        like $found->{text}, qr/test\.conf:2\b|line 2 of \S*test\.conf/, "SSLProtocol $words: with its line";
    }
};

subtest 'an empty set does not start' => sub {
    for my $words ('-all', 'all -all', '""', '-SSLv3') {
        my $server = TLSplus::Server->new(certs => $certs, conf => tls_host('a.test', pair('a'), "  SSLProtocol $words"));
        ok !$server->begin, "SSLProtocol $words";
        like $server->said, qr/SSLProtocol/, "SSLProtocol $words: the directive is named";
        isnt $server->configtest->{exit}, 0, "SSLProtocol $words: configtest knows" if is_tlsplus();
    }
};

done_testing;
