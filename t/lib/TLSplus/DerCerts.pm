# SPDX-License-Identifier: Apache-2.0
#
# Certificates the openssl program refuses to make: any string type with any bytes in a name,
# multi-valued RDNs, odd serial numbers, versions and alternative names. The DER is written here octet by
# octet (X.690, RFC 5280 4.1); openssl makes the keys and the signature.
#
#   my $made = TLSplus::DerCerts->new;
#   $made->leaf('odd', subject => [[[C => 'FR']], [[O => "Caf\xc3\xa9", 'utf8'], [OU => 'x']]],
#                      san => [['dns', 'a.test'], ['upn', 'me@x.test']]);   # odd.crt odd.key
#
# A name is a list of RDNs, an RDN a list of [attribute, bytes, string type]; string types are those
# of %STRING, the default is utf8, or printable where the value allows nothing else to be usual.
package TLSplus::DerCerts;
use v5.36;
use TLSplus::Env     qw(scratch_dir);
use TLSplus::Process qw(run slurp spew);

use constant VALID_DAYS => 60.5;    # half a day more, or the days left would change while a test runs

our %ATTRIBUTE = (
    CN => '2.5.4.3',  S  => '2.5.4.4',  SerialNumber => '2.5.4.5', C => '2.5.4.6',
    L  => '2.5.4.7',  ST => '2.5.4.8',  O  => '2.5.4.10',          OU => '2.5.4.11',
    T  => '2.5.4.12', D  => '2.5.4.13', G  => '2.5.4.42',          I => '2.5.4.43',
    UID   => '0.9.2342.19200300.100.1.1',
    DC    => '0.9.2342.19200300.100.1.25',
    Email => '1.2.840.113549.1.9.1',
    x500UniqueIdentifier => '2.5.4.45',
);

# X.680 tags of the string types that occur in names.
our %STRING = (
    utf8 => 12, numeric => 18, printable => 19, t61 => 20, ia5 => 22, visible => 26,
    universal => 28, bmp => 30, octet => 4, bits => 3,
);

# key algorithm => [AlgorithmIdentifier of a signature, arguments for openssl dgst]
my %SIGNATURE = (
    'ecdsa-sha256' => [sequence(oid('1.2.840.10045.4.3.2')), '-sha256'],
    'ecdsa-sha384' => [sequence(oid('1.2.840.10045.4.3.3')), '-sha384'],
);

sub new ($class) {
    my $self = bless { dir => scratch_dir('tlsplus-der'), serial => 1000 }, $class;
    $self->_key('ca', 'ec');
    $self->{issuer} = [[[O => 'TLSplus test']], [[CN => 'DER root']]];
    $self->_certificate('ca', subject => $self->{issuer}, issuer => $self->{issuer}, days => 3650,
        extensions => [[basic_constraints(), 1], [key_usage_ca(), 1]]);
    return $self;
}

sub dir ($self) { $self->{dir} }
sub ca  ($self) { "$self->{dir}/ca.crt" }

# Makes <name>.crt and <name>.key signed by the root and returns the path without suffix. Options:
#   subject, issuer   names; san => [[kind, bytes], ...] kinds: email dns uri ip upn srv other dir
#   key               ec (default) or rsa; signature => ecdsa-sha256 | ecdsa-sha384
#   serial            bytes of the INTEGER; version 1..3; start, days from now (default -1, 60.5)
#   san_critical, extensions => [[oid text and value DER as made by extension(), critical], ...]
sub leaf ($self, $name, %want) {
    $self->_key($name, $want{key} // 'ec');
    $want{issuer} //= $self->{issuer};
    $self->_certificate($name, %want);
    return "$self->{dir}/$name";
}

# ---- DER ----

sub tlv ($tag, $content) {
    my $size = length $content;
    return pack('CC', $tag, $size) . $content if $size < 128;
    my $octets = pack('N', $size) =~ s/^\0+//r;
    return pack('CC', $tag, 0x80 | length $octets) . $octets . $content;
}
sub sequence (@parts) { tlv(0x30, join '', @parts) }
sub set      (@parts) { tlv(0x31, join '', sort @parts) }
sub integer  ($bytes) { tlv(2, $bytes) }
sub boolean  ($value) { tlv(1, $value ? "\xff" : "\0") }
sub context  ($number, $content, $constructed = 0) { tlv(0x80 | ($constructed ? 0x20 : 0) | $number, $content) }

sub oid ($dotted) {
    my ($first, $second, @rest) = split /\./, $dotted;
    my $out = '';
    for my $arc ($first * 40 + $second, @rest) {
        my $octets = chr($arc & 0x7f);
        $octets = chr(0x80 | ($arc & 0x7f)) . $octets while $arc >>= 7;
        $out .= $octets;
    }
    return tlv(6, $out);
}

sub string ($bytes, $type) {
    my $tag = $STRING{$type} // die "string type $type?\n";
    return tlv($tag, $type eq 'bits' ? "\0$bytes" : $bytes);
}

sub name (@rdns) { sequence(map { my $rdn = $_; set(map { attribute(@$_) } @$rdn) } @rdns) }

sub attribute ($attribute, $bytes, $type = undef) {
    $type //= $attribute eq 'Email' || $attribute eq 'DC' ? 'ia5' : $attribute eq 'C' ? 'printable' : 'utf8';
    return sequence(oid($ATTRIBUTE{$attribute} // $attribute), string($bytes, $type));
}

my %GENERAL_NAME = (email => 1, dns => 2, uri => 6, ip => 7);
my %OTHER_NAME   = (upn => ['1.3.6.1.4.1.311.20.2.3', 'utf8'], srv => ['1.3.6.1.5.5.7.8.7', 'ia5']);

# [upn => bytes, string type]; [other => oid, value DER]; [dir => [rdns]]
sub general_name ($kind, $value, $more = undef) {
    return context($GENERAL_NAME{$kind}, $value) if exists $GENERAL_NAME{$kind};
    return context(4, name(@$value), 1) if $kind eq 'dir';
    return context(0, oid($value) . context(0, $more, 1), 1) if $kind eq 'other';
    my ($oid, $type) = @{ $OTHER_NAME{$kind} // die "general name $kind?\n" };
    return context(0, oid($oid) . context(0, string($value, $more // $type), 1), 1);
}

# An extension's OID and value, without its criticality.
sub extension ($oid, $value) { [oid($oid), tlv(4, $value)] }
sub basic_constraints () { extension('2.5.29.19', sequence(boolean(1))) }
sub key_usage_ca ()      { extension('2.5.29.15', tlv(3, "\x01\x06")) }

sub time_utc ($epoch) {
    my ($s, $m, $h, $day, $month, $year) = gmtime $epoch;
    return tlv(24, sprintf '%04d%02d%02d%02d%02d%02dZ', $year + 1900, $month + 1, $day, $h, $m, $s) if $year >= 150;
    return tlv(23, sprintf '%02d%02d%02d%02d%02d%02dZ', $year % 100, $month + 1, $day, $h, $m, $s);
}

# ---- certificates ----

sub _key ($self, $name, $type) {
    my %how = (ec => [qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-256)], rsa => [qw(-algorithm RSA -pkeyopt rsa_keygen_bits:2048)],
        ed25519 => [qw(-algorithm ED25519)]);
    _openssl('genpkey', @{ $how{$type} // die "key $type?\n" }, '-out', "$self->{dir}/$name.key");
}

sub _certificate ($self, $name, %want) {
    my ($algorithm, $digest) = @{ $SIGNATURE{ $want{signature} // 'ecdsa-sha256' } };
    my $key = "$self->{dir}/$name.key";
    my $spki = do { _openssl('pkey', '-in', $key, '-pubout', '-outform', 'DER', '-out', "$key.pub"); slurp("$key.pub") };
    my $version = $want{version} // 3;
    my @extensions = map { sequence($_->[0][0], ($_->[1] ? boolean(1) : ()), $_->[0][1]) } @{ $want{extensions} // [] };
    push @extensions, sequence(oid('2.5.29.17'), ($want{san_critical} ? boolean(1) : ()),
        tlv(4, sequence(map { general_name(@$_) } @{ $want{san} }))) if $want{san};
    my $start = time + ($want{start} // -1) * 86_400;
    my $tbs = sequence(
        ($version == 1 ? '' : context(0, integer(chr($version - 1)), 1)),
        integer($want{serial} // pack('n', ++$self->{serial})), $algorithm,
        name(@{ $want{issuer} }),
        sequence(time_utc($start), time_utc($start + ($want{days} // VALID_DAYS) * 86_400)),
        name(@{ $want{subject} // [[[CN => $name]]] }), $spki,
        (@extensions ? context(3, sequence(@extensions), 1) : ''),
    );
    spew("$self->{dir}/$name.tbs", $tbs);
    _openssl('dgst', $digest, '-sign', "$self->{dir}/ca.key", '-out', "$self->{dir}/$name.sig", "$self->{dir}/$name.tbs");
    my $der = sequence($tbs, $algorithm, tlv(3, "\0" . slurp("$self->{dir}/$name.sig")));
    spew("$self->{dir}/$name.der", $der);
    require MIME::Base64;
    my $text = MIME::Base64::encode_base64($der, '') =~ s/(.{1,64})/$1\n/gr;
    spew("$self->{dir}/$name.crt", "-----BEGIN CERTIFICATE-----\n$text-----END CERTIFICATE-----\n");
}

sub _openssl (@arguments) {
    my $done = run(['openssl', @arguments], timeout => 120, env => { OPENSSL_CONF => '/dev/null' });
    die "openssl @arguments: $done->{err}\n" if $done->{exit} != 0;
}

1;
