# SPDX-License-Identifier: Apache-2.0
#
# An OCSP responder of the tests' own, honest or not. It listens on loopback; what it says under which path, and how,
# is decided by the test, and may be decided anew at any time. The answers are written here octet by octet (RFC 6960
# 4.2) and signed by openssl, with keys of a TLSplus::Certs folder.
#
#   my $responder = TLSplus::Responder->start(certs => $certs);
#   $responder->answers('gone', status => 'revoked', reason => 1);
#   ... SSLOCSPDefaultResponder @{[ $responder->url('gone') ]}
#   $responder->asked('gone')                      how often
#
# What answers() takes, each with its default:
#   status    good | revoked | unknown; reason => number, revoked_at => seconds from now (-60)
#   reply     malformed | internal | trylater | sigrequired | unauthorized, instead of an answer
#   signer    name of a certificate of the folder (ca), with_cert => 0 leaves its certificate out; by => 'key' | 'name'
#   this, next   seconds from now (-60, 3600); next => 'none'
#   nonce     echo | none | wrong
#   serial, signature   wrong
#   http      ok | hang (takes no request) | hang_body | drip | close | html | 404 | 404_answer | wrong_type | redirect | huge
#             | empty | garbage
#   wait_for  a line that the test adds with let_go() before the answer goes out
#   behind    a file that the test has locked: the answer goes out when it is not any more; for many at once
package TLSplus::Responder;
use v5.36;
use Digest::SHA  qw(sha1);
use Fcntl        qw(LOCK_SH);
use MIME::Base64 qw(decode_base64);
use POSIX        qw(strftime);
use TLSplus::Backend ();
use TLSplus::DerCerts ();
use TLSplus::Env     qw(scratch_dir);
use TLSplus::Process qw(run slurp spew wait_until);

use constant DRIP_SECONDS => 0.02;

my %REPLY = (malformed => 1, internal => 2, trylater => 3, sigrequired => 5, unauthorized => 6);
my $NONCE = '1.3.6.1.5.5.7.48.1.2';

# certs => TLSplus::Certs; port => one where another has listened before
sub start ($class, %opt) {
    my $self = bless { dir => scratch_dir('tlsplus-responder'), certs => $opt{certs}->dir }, $class;
    $self->{backend} = TLSplus::Backend->start(sub ($stream) { $self->_converse($stream) }, port => $opt{port});
    return $self;
}

sub port ($self) { $self->{backend}->port }
sub url ($self, $name = '') { "http://127.0.0.1:@{[ $self->port ]}/$name" }
sub stop ($self) { $self->{backend}->stop }

# Under url($name), from now on.
sub answers ($self, $name, %manner) {
    # renamed into place: a conversation may be reading it
    spew("$self->{dir}/.new", join '', map { "$_=$manner{$_}\n" } sort keys %manner);
    rename "$self->{dir}/.new", "$self->{dir}/$name" or die "rename: $!\n";
    return $self->url($name);
}

# How often somebody has asked under url($name), or at all.
sub asked ($self, $name = undef) { scalar grep { !defined $name || $_ eq "/$name" } $self->{backend}->notes }
sub let_go ($self, $line) { $self->{backend}->add_note($line) }

# ---- a conversation ----

sub _converse ($self, $stream) {
    local $SIG{CHLD} = 'DEFAULT';    # openssl is waited for
    my $request = TLSplus::Backend::take_request($stream) // return;
    my $path    = $request->{path} =~ s{^https?://[^/]*}{}r;
    my $file    = $self->{dir} . $path;
    my %manner  = -f $file ? slurp($file) =~ /^(\w+)=(.*)$/mg : ();
    TLSplus::Backend::note($path);
    wait_until(60, sub { TLSplus::Backend::has_noted($manner{wait_for}) }) if defined $manner{wait_for};
    if (defined $manner{behind}) {
        open my $lock, '<', $manner{behind} or die "$manner{behind}: $!\n";
        flock $lock, LOCK_SH;
    }
    my $http = $manner{http} // 'ok';
    return if $http eq 'close';
    return _hold($stream) if $http eq 'hang';
    my $page = '<html><body>Sorry</body></html>';
    return _send($stream, '200 OK', 'text/html', $page)        if $http eq 'html';
    return _send($stream, '404 Not Found', 'text/html', $page) if $http eq '404';
    return $stream->send("HTTP/1.0 302 Found\r\nLocation: $path\r\nContent-Length: 0\r\n\r\n") if $http eq 'redirect';
    return _send($stream, '200 OK', _type(), "\x30\x83\x98\x96\x7b" . 'x' x 9_999_995) if $http eq 'huge';
    return _send($stream, '200 OK', _type(), '')               if $http eq 'empty';
    return _send($stream, '200 OK', _type(), "\x30\x03abc")    if $http eq 'garbage';
    my $answer = $self->_answer($request->{body}, \%manner);
    return _send($stream, '404 Not Found', _type(), $answer)   if $http eq '404_answer';
    return _send($stream, '200 OK', 'text/plain', $answer)     if $http eq 'wrong_type';
    if ($http eq 'hang_body') {
        $stream->send(_head('200 OK', _type(), length $answer) . substr $answer, 0, 20);
        return _hold($stream);
    }
    if ($http eq 'drip') {
        for my $octet (split //, _head('200 OK', _type(), length $answer) . $answer) {
            last if !$stream->send($octet) || length $stream->{end};
            select undef, undef, undef, DRIP_SECONDS;
        }
        return;
    }
    _send($stream, '200 OK', _type(), $answer);
}

sub _type () { 'application/ocsp-response' }
sub _head ($status, $type, $length) { "HTTP/1.0 $status\r\nContent-Type: $type\r\nContent-Length: $length\r\n\r\n" }
sub _send ($stream, $status, $type, $body) { $stream->send(_head($status, $type, length $body) . $body) }

# Until the other side has enough of it.
sub _hold ($stream) { $stream->take_rest(120) }

# ---- what is said ----

*tlv      = \&TLSplus::DerCerts::tlv;
*sequence = \&TLSplus::DerCerts::sequence;
*oid      = \&TLSplus::DerCerts::oid;

# The values in `der`: [tag, content, the whole].
sub parts ($der) {
    my @parts;
    while (length $der) {
        my ($tag, $length) = unpack 'CC', $der;
        my $head = 2;
        if ($length > 0x80) {
            my $octets = $length - 0x80;
            $length = hex unpack 'H*', substr $der, 2, $octets;
            $head += $octets;
        }
        push @parts, [$tag, substr($der, $head, $length), substr($der, 0, $head + $length)];
        substr $der, 0, $head + $length, '';
    }
    return @parts;
}
sub inside ($der) { map { parts($_->[1]) } (parts($der))[0] }

sub _answer ($self, $request, $manner) {
    return sequence(tlv(10, chr $REPLY{ $manner->{reply} })) if $manner->{reply};
    my ($tbs) = inside($request);
    my @fields = parts($tbs->[1]);
    my ($list) = grep { $_->[0] == 0x30 } @fields;
    my ($extensions) = grep { $_->[0] == 0xa2 } @fields;
    my ($cert_id) = inside((parts($list->[1]))[0][2]);
    my $id = $cert_id->[2];
    if (($manner->{serial} // '') eq 'wrong') {
        my @of = parts($cert_id->[1]);
        $id = sequence(@{ $of[0] }[2], @{ $of[1] }[2], @{ $of[2] }[2], tlv(2, "\x01\x02\x03"));
    }
    my $next = $manner->{next} // 3600;
    my $single = sequence($id, _status($manner), _time($manner->{this} // -60),
        $next eq 'none' ? () : tlv(0xa0, _time($next)));
    my $signer = $manner->{signer} // 'ca';
    my $certificate = _der_of("$self->{certs}/$signer.crt");
    my $data = sequence(_responder_id($certificate, $manner->{by} // 'name'), _time(0), sequence($single),
        _extensions($extensions, $manner->{nonce} // 'echo'));
    my $signature = $self->_signed($data, $signer);
    substr $signature, -1, 1, chr(1 ^ ord substr $signature, -1) if ($manner->{signature} // '') eq 'wrong';
    my $basic = sequence($data, sequence(oid('1.2.840.10045.4.3.2')), tlv(3, "\0$signature"),
        $manner->{with_cert} // 1 ? tlv(0xa0, sequence($certificate)) : ());
    return sequence(tlv(10, "\0"), tlv(0xa0, sequence(oid('1.3.6.1.5.5.7.48.1.1'), tlv(4, $basic))));
}

sub _time ($offset) { tlv(24, strftime '%Y%m%d%H%M%SZ', gmtime time + $offset) }

sub _status ($manner) {
    my $status = $manner->{status} // 'good';
    return tlv(0x80, '') if $status eq 'good';
    return tlv(0x82, '') if $status eq 'unknown';
    return tlv(0xa1, _time($manner->{revoked_at} // -60)
        . (defined $manner->{reason} ? tlv(0xa0, tlv(10, chr $manner->{reason})) : ''));
}

# The nonce of the request, another, or none.
sub _extensions ($asked, $nonce) {
    return () if $nonce eq 'none' || !$asked;
    my ($extension) = grep { (parts($_->[1]))[0][2] eq oid($NONCE) } inside($asked->[1]) or return ();
    my $value = (parts($extension->[1]))[-1][2];
    substr $value, -1, 1, chr(1 ^ ord substr $value, -1) if $nonce eq 'wrong';
    return tlv(0xa1, sequence(sequence(oid($NONCE), $value)));
}

# By name, or by the SHA-1 of the key's bits (RFC 6960 4.2.1).
sub _responder_id ($certificate, $by) {
    my ($tbs) = inside($certificate);
    my @fields = grep { $_->[0] != 0xa0 } parts($tbs->[1]);    # without the version
    my ($subject, $key) = @fields[4, 5];
    return tlv(0xa1, $subject->[2]) if $by eq 'name';
    return tlv(0xa2, tlv(4, sha1(substr +(parts($key->[1]))[1][1], 1)));
}

sub _der_of ($file) {
    my ($base64) = slurp($file) =~ /-----BEGIN CERTIFICATE-----\n(.*?)-----END/s or die "no certificate in $file\n";
    return decode_base64($base64);
}

sub _signed ($self, $data, $signer) {
    my $to_sign = spew("$self->{dir}/.data-$$", $data);
    my $done = run(['openssl', 'dgst', '-sha256', '-sign', "$self->{certs}/$signer.key", '-out', "$to_sign.sig", $to_sign],
        timeout => 60, env => { OPENSSL_CONF => '/dev/null' });
    die "openssl dgst: $done->{err}\n" if $done->{exit} != 0;
    my $signature = slurp("$to_sign.sig");
    unlink $to_sign, "$to_sign.sig";
    return $signature;
}

1;
