# SPDX-License-Identifier: Apache-2.0
#
# What no honest client sends: broken records, broken hellos, messages out of order, too much and too
# little. Each gets the alert the RFC names for it (or none, where the peer itself gave up), one log
# line, and the server goes on. What is only odd, not wrong, is served: hellos in pieces of any size.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus openssl_is_at_least);
use TLSplus::Host;
use TLSplus::Raw qw(client_hello extension fragments handshake_message record
  HANDSHAKE ALERT APPLICATION_DATA CHANGE_CIPHER_SPEC);
use TLSplus::Server;
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'localhost']);

my $server = TLSplus::Server->start(certs => $certs, conf => tls_host('a.test', pair('a')));
my $port = $server->port;

sub hello (%opt) { client_hello(name => 'a.test', %opt) }
sub sent_hello (%opt) { record(HANDSHAKE, hello(%opt)) }

# A hello with one of its fields replaced by hand: bytes, cut or patched by a function of the message
# body, put back into a message of the right length.
sub patched ($patch, %opt) {
    my $body = substr hello(%opt), 4;
    return record(HANDSHAKE, handshake_message(1, $patch->($body)));
}

# Alerts by RFC 8446 6.2, RFC 5246 7.2.2, RFC 6066 3, RFC 7301 3.2. '' is "closed without one", which
# is right for a peer that speaks no TLS at all or has given up itself.
my @REFUSED = (
    # what                                         bytes                                                    alert
    ['a record of unknown type',                   "\x63\x03\x01\x00\x05hello",                             qr/^(?:unexpected_message|protocol_version)$/],
    ['a record longer than allowed',               record(HANDSHAKE, 'x' x 10, length => 0x4901),           qr/^record_overflow$/],
    ['a record of the greatest length',            record(HANDSHAKE, 'x' x 10, length => 0xffff),           qr/^record_overflow$/],
    ['a record of version 0.0',                    record(HANDSHAKE, hello(), version => 0x0000),           qr/^(?:protocol_version|)$/],
    ['text',                                       "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",                    qr/^(?:protocol_version|)$/],
    ['SMTP',                                       "EHLO mail.example.org\r\nMAIL FROM:<a\@b>\r\n",         qr/^(?:protocol_version|)$/],
    ['zeros',                                      "\0" x 100,                                              qr/^(?:unexpected_message|protocol_version|)$/],
    ['an SSL 2 hello of version 0.2',              "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" . "\1" x 37,
        openssl_is_at_least(4, 0) ? qr/^$/ : qr/^(?:protocol_version|handshake_failure)$/],    # 4.0 takes it for no TLS at all
    ['application data first',                     record(APPLICATION_DATA, 'x' x 40),                      qr/^unexpected_message$/],
    ['ChangeCipherSpec first',                     record(CHANGE_CIPHER_SPEC, "\1"),                        qr/^unexpected_message$/],
    ['a ServerHello',                              record(HANDSHAKE, handshake_message(2, 'x' x 60)),       qr/^unexpected_message$/],
    ['a Finished',                                 record(HANDSHAKE, handshake_message(20, 'x' x 12)),      qr/^unexpected_message$/],
    ['an empty ClientHello',                       record(HANDSHAKE, handshake_message(1, '')),             qr/^decode_error$/],
    ['a ClientHello that ends in its random',      record(HANDSHAKE, handshake_message(1, "\3\3" . 'r' x 20)), qr/^decode_error$/],
    ['a ClientHello of announced 16 MB',           record(HANDSHAKE, pack('CCn', 1, 0xff, 0xffff) . 'x' x 100), qr/^(?:illegal_parameter|decode_error)$/],
    ['a session id of 33 bytes',                   sent_hello(session => 's' x 33),                         qr/^decode_error$/],
    ['no cipher suites',                           sent_hello(ciphers => []),                               qr/^(?:decode_error|illegal_parameter)$/],
    ['an odd number of cipher suite bytes',        patched(sub ($b) { substr $b, 67, 2, pack 'n', 13; $b }), qr/^(?:decode_error|illegal_parameter)$/],
    ['no compression method',                      patched(sub ($b) { substr $b, 67 + 2 + 14, 2, "\0"; $b }), qr/^(?:decode_error|illegal_parameter)$/],
    ['an extension longer than the hello',         sent_hello(extra => pack('nn', 0x1234, 500)),            qr/^decode_error$/],
    ['half an extension header',                   sent_hello(extra => "\x12"),                             qr/^decode_error$/],
    ['the same extension twice',                   sent_hello(extra => extension(23, '')),                  qr/^illegal_parameter$/],
    ['bytes behind the extensions',                patched(sub ($b) { $b . 'more' }),                       qr/^decode_error$/],
    ['an empty server name list',                  record(HANDSHAKE, client_hello(extra => extension(0, "\0\0"))), qr/^decode_error$/],
    ['a server name with a zero byte',             record(HANDSHAKE, client_hello(name => "a.test\0.b")),   qr/^(?:unrecognized_name|decode_error|illegal_parameter)$/],
    ['an ALPN list with an empty name',            sent_hello(alpn => ['h2', '']),                          qr/^decode_error$/],
    ['an ALPN list that ends too early',           sent_hello(extra => extension(16, "\0\x05\x02h2")),      qr/^decode_error$/],
    ['only versions nobody speaks',                sent_hello(versions => [0x7f1c, 0x0002]),                qr/^protocol_version$/],
    ['only SSL 3',                                 sent_hello(versions => [], legacy => 0x0300),            qr/^(?:protocol_version|handshake_failure)$/],
    ['only cipher suites nobody has',              sent_hello(ciphers => [0x0001, 0x1399]),                 qr/^handshake_failure$/],
    ['only signature algorithms nobody has',       sent_hello(sigalgs => [0x0101], versions => [0x0304]),   qr/^(?:handshake_failure|illegal_parameter)$/],
    ['TLS 1.3 without key share or groups',        patched(sub ($b) { $b }, versions => [0x0304], groups => [], key_share => 0), qr/^(?:decode_error|missing_extension|handshake_failure)$/],
    ['a key share of the wrong length',            sent_hello(key_share => 0, extra => extension(51, pack('n/a*', pack('nn/a*', 0x001d, 'short')))), qr/^(?:illegal_parameter|decode_error)$/],
    ['a key share of a group not offered',         sent_hello(key_share => 0, extra => extension(51, pack('n/a*', pack('nn/a*', 0x0018, 'k' x 97)))), qr/^illegal_parameter$/],
    ['a fallback that need not be (RFC 7507)',     sent_hello(versions => [], ciphers => [0xc02b, 0x5600]), qr/^inappropriate_fallback$/],
    ['forty empty records',                        record(HANDSHAKE, '') x 40,                              qr/^unexpected_message$/],
    ['twenty warning alerts',                      record(ALERT, "\1\x5a") x 20,                            qr/^(?:unexpected_message|)$/],
    ['an alert of one byte',                       record(ALERT, "\2"),                                     qr/^(?:decode_error|unexpected_message)$/],
    ['a fatal alert',                              record(ALERT, "\2\x28"),                                 qr/^(?:unexpected_message|)$/],
    ['a close_notify',                             record(ALERT, "\1\0"),                                   qr/^(?:unexpected_message|close_notify|)$/],
    ['half a hello, then application data',        record(HANDSHAKE, substr hello(), 0, 60) . record(APPLICATION_DATA, 'x' x 40), qr/^unexpected_message$/],
    ['two hellos in TLS 1.2',                      sent_hello(versions => []) . record(HANDSHAKE, hello(versions => []), version => 0x0303), qr/^unexpected_message$/],
    ['application data in place of a key exchange', sent_hello(versions => []) . record(APPLICATION_DATA, 'x' x 40, version => 0x0303), qr/^unexpected_message$/],
);

# Exactly one line of ours about the connection from `from`, once it is over.
sub one_line ($from, $mark, $what) {
    return if !is_tlsplus();
    my $pattern = qr/client 127\.0\.0\.1:$from\].*TP04\d\d:/;
    my $line = logs $server, $pattern, "$what: the log says why", mark => $mark;
    is scalar($server->log_lines($pattern, $mark)), 1, "$what: in one line";
    return $line;
}

for my $case (@REFUSED) {
    my ($what, $bytes, $alert) = @$case;
    my $mark = $server->mark;
    my $raw  = TLSplus::Raw->connect($port);
    $raw->send($bytes);
    $raw->read_all;
    isnt $raw->ended, '', "$what: closed";
    like join(' ', $raw->alerts), $alert, "$what: alert";
    one_line($raw->local_port, $mark, $what);
}

# Cut off anywhere, and the client leaves: nothing to answer, one line, nothing kept.
my $whole = sent_hello();
for my $length (0, 1, 4, 5, 6, 9, 50, length($whole) - 1) {
    my $mark = $server->mark;
    my $raw  = TLSplus::Raw->connect($port);
    $raw->send(substr $whole, 0, $length);
    $raw->half_close;
    $raw->read_all;
    isnt $raw->ended, '', "$length bytes of a hello, then the end: closed";
    one_line($raw->local_port, $mark, "$length bytes") if $length;
}

# Odd but right: answered with a ServerHello.
my %SERVED = (
    'in one record'                         => [$whole],
    'in two segments'                       => [substr($whole, 0, 100), substr($whole, 100)],
    'cut in the record header'              => [substr($whole, 0, 3), substr($whole, 3)],
    'in records of one byte'                => [fragments(hello(), 1)],
    'in records of 100 bytes'               => [fragments(hello(), 100)],
    'of a whole record of padding'          => [fragments(hello(pad => 15_000), 16_384)],
    'of several records'                    => [fragments(hello(pad => 30_000), 16_384)],
    'with unknown extensions'               => [sent_hello(extra => extension(0x1234, 'x' x 300) . extension(0xfafa, ''))],
    'with unknown suites, groups, versions' => [sent_hello(ciphers => [0xaaaa, 0x1301], groups => [0xbaba, 0x001d],
            versions => [0xcaca, 0x0304], sigalgs => [0x7777, 0x0403])],
    'with an empty record inside'           => [record(HANDSHAKE, substr $whole, 5, 40) . record(HANDSHAKE, '')
          . record(HANDSHAKE, substr $whole, 45)],
    'for TLS 1.2'                           => [sent_hello(versions => [])],
    'without session id'                    => [sent_hello(session => '')],
);
for my $what (sort keys %SERVED) {
    my $raw = TLSplus::Raw->connect($port);
    $raw->send($_) for @{ $SERVED{$what} };
    ok $raw->read_record(HANDSHAKE), "a hello $what: answered" or diag join ' ', $raw->ended, $raw->alerts;
    $raw->close;
}

{
    my $raw = TLSplus::Raw->connect($port);
    $raw->send($whole, each => 1);
    ok $raw->read_record(HANDSHAKE), 'a hello byte by byte: answered' or diag join ' ', $raw->ended, $raw->alerts;
}

# What the log says of a name is escaped: no line break, no control character comes through.
{
    my $mark = $server->mark;
    my $raw  = TLSplus::Raw->connect($port);
    $raw->send(record(HANDSHAKE, client_hello(name => "x\r\n[forged] line\e[31m\"", versions => [0x7f1c])));
    $raw->read_all;
    one_line($raw->local_port, $mark, 'a forged name');
    says_nothing $server, qr/^\[forged\]|\e/, 'a name from the peer cannot forge a log line', mark => $mark;
}

# After the handshake keys are in place, a record that does not decrypt ends it (RFC 8446 5.2).
for my $type (APPLICATION_DATA, HANDSHAKE) {
    my $mark = $server->mark;
    my $raw  = TLSplus::Raw->connect($port);
    $raw->send($whole);
    $raw->read_record(APPLICATION_DATA);
    $raw->send(record($type, 'garbage that is no ciphertext', version => 0x0303));
    $raw->read_all;
    isnt $raw->ended, '', "garbage of type $type in place of a Finished: closed";
    one_line($raw->local_port, $mark, "garbage of type $type");
}

serves $server, 'and the server goes on', name => 'a.test';
ok $server->stop, 'stops cleanly';
done_testing;
