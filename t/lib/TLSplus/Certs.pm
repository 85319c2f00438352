# SPDX-License-Identifier: Apache-2.0
#
# Certificates for tests, made with the openssl program. A test asks for what it needs by name and
# finds the files in a folder of its own:
#
#   my $certs = TLSplus::Certs->new;
#   $certs->leaf('a', san => ['a.test'], key => 'rsa', intermediates => 1);   # a.crt a.key ...
#
# The test CA and every certificate asked for are kept in <builddir>/t-certs under a digest of the
# request, so that test files running side by side make each only once; a lock guards that cache and
# it is thrown away after some days, long before anything in it that should be valid expires.
package TLSplus::Certs;
use v5.36;
use Digest::SHA    qw(sha256_hex);
use Fcntl          qw(:flock);
use File::Basename qw(basename);
use File::Copy     qw(copy);
use File::Path     qw(make_path remove_tree);
use POSIX          qw(strftime);
use TLSplus::Env     qw(builddir scratch_dir);
use TLSplus::Process qw(run slurp spew);

use constant FORMAT         => 5;            # raise it when what a request makes changes
use constant CACHE_SECONDS  => 3 * 86_400;
use constant VALID_DAYS     => 60;

my %KEY_OPTIONS = (
    ec      => [qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-256)],
    p384    => [qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-384)],
    ed25519 => [qw(-algorithm ED25519)],
    ed448   => [qw(-algorithm ED448)],
    rsa     => [qw(-algorithm RSA -pkeyopt rsa_keygen_bits:2048)],
    rsa1024 => [qw(-algorithm RSA -pkeyopt rsa_keygen_bits:1024)],
    rsa3072 => [qw(-algorithm RSA -pkeyopt rsa_keygen_bits:3072)],
);

sub new ($class) {
    return bless { dir => scratch_dir('tlsplus-certs') }, $class;
}

sub dir ($self) { $self->{dir} }

# The root certificate clients trust, as a file; `name` gives further, unrelated roots.
sub ca ($self, $name = 'ca') {
    # written once: a client may be reading it
    return $self->{ca}{$name} //= $self->_copy(_cached({ kind => 'root', name => $name }, \&_make_root), $name);
}

# A certificate and its key as files <name>.*; returns the path without suffix.
#
#   key            ec (default), rsa, rsa1024, rsa3072, ed25519, ed448, p384
#   cn             common name (default: the first SAN, else the name)
#   san            [names], an IP address among them becomes an IP entry
#   start, days    days from now it becomes valid, and for how long (default -1, 60)
#   expired/future shorthands: ended yesterday / begins tomorrow
#   ca, pathlen    basic constraints CA:TRUE, with a path length
#   issuer         name of another root (see ca)
#   intermediates  how many CAs stand between the root and this certificate
#   by             name of a certificate of this folder made before with ca => 1, which issues it
#   key_of         name of a certificate of this folder whose key it is for as well
#   self_signed    signed by its own key
#   md             digest of the signature, such as sha1
#   password       encrypts <name>.enc.key; pem => 'traditional' for the old encoding
#   extensions     further lines of an openssl extension section
#   dh             bits: DH parameters in <name>.dh
#
# .crt leaf; .key plain key; .csr request; .chain intermediates from leaf to root; .full leaf and
# chain; .all leaf, chain and key; .crt.der .key.der; .root the root; .enc.key; .dh
sub leaf ($self, $name, %want) {
    $want{key}           //= 'ec';
    $want{san}           //= [];
    $want{cn}            //= $want{san}[0] // $name;
    $want{intermediates} //= 0;
    $want{issuer}        //= 'ca';
    die "unknown key type $want{key}\n" unless $KEY_OPTIONS{ $want{key} };
    if (defined $want{by}) {
        # what it is issued with is part of the request
        my %above = map { $_ => $self->read("$want{by}.$_") } qw(crt key full root);
        $want{by} = \%above;
    }
    $want{key_of} = $self->read("$want{key_of}.key") if defined $want{key_of};
    my $made = _cached({ kind => 'leaf', %want }, \&_make_leaf);
    $self->_copy($made, $name);
    return "$self->{dir}/$name";
}

# A revocation list <name>.pem of the CA <by>.crt of this folder; returns its path. revoked => [names of
# certificates of this folder]; expired => 1: it should have been replaced yesterday; from: days from now (default -1);
# number: its crlNumber (default: none).
sub crl ($self, $name, %want) {
    my $dir  = $self->{dir};
    my $ca   = $want{by} // do { $self->ca; 'ca' };
    my $work = scratch_dir('tlsplus-crl');
    spew("$work/ca.cnf", "[ca]\ndefault_ca=it\n[it]\ndatabase=$work/index.txt\ndefault_md=sha256\nunique_subject=no\n");
    spew("$work/index.txt", '');
    if (defined $want{number}) {
        spew("$work/number", sprintf '%04X', $want{number});
        spew("$work/ca.cnf", slurp("$work/ca.cnf") . "crlnumber=$work/number\n");
    }
    my @as = ('-config', "$work/ca.cnf", '-cert', "$dir/$ca.crt", '-keyfile', "$dir/$ca.key");
    _openssl(['ca', @as, '-revoke', "$dir/$_.crt"]) for @{ $want{revoked} // [] };
    my ($from, $to) = map { strftime('%Y%m%d%H%M%SZ', gmtime time + 86_400 * $_) } $want{expired} ? (-9, -1) : ($want{from} // -1, 9);
    _openssl(['ca', @as, '-gencrl', '-crl_lastupdate', $from, '-crl_nextupdate', $to, '-out', "$dir/$name.pem"]);
    remove_tree($work);
    return "$dir/$name.pem";
}

# A folder <name> of copies of these files, with the links by which OpenSSL finds authorities and lists; returns its path.
sub hashed ($self, $name, @files) {
    my $folder = "$self->{dir}/$name";
    make_path($folder);
    copy("$self->{dir}/$_", $folder) or die "copy $_: $!\n" for @files;
    _openssl(['rehash', $folder]);
    return $folder;
}

# Writes a file into the test's folder: text, or parts of others joined.
sub write ($self, $file, @parts) {
    return spew("$self->{dir}/$file", join('', @parts), 0600);
}

sub read ($self, $file) { slurp("$self->{dir}/$file") }

# SHA-256 fingerprint of the first certificate of a file, lower-case hexadecimal.
sub fingerprint ($self, $file) {
    my $der = _openssl(['x509', '-in', "$self->{dir}/$file", '-outform', 'DER']);
    return sha256_hex($der->{out});
}

# ---- below: the cache ----

sub _copy ($self, $made, $name) {
    for my $from (glob "$made/x.*") {
        my $to = "$self->{dir}/$name" . (basename($from) =~ s/^x//r);
        copy($from, $to) or die "copy $from: $!\n";
        chmod 0600, $to;
    }
    return "$self->{dir}/$name.crt";
}

# The folder that answers `request`, made by `maker` in a folder of its own and renamed into place.
sub _cached ($request, $maker) {
    my $home = builddir() . '/t-certs';
    make_path($home);
    open my $lock, '>>', "$home/lock" or die "$home/lock: $!\n";
    flock $lock, LOCK_EX or die "lock $home: $!\n";
    _forget_old($home);
    return _find_or_make($home, $request, $maker);
}

sub _find_or_make ($home, $request, $maker) {
    my $place = "$home/" . substr sha256_hex(_canonical($request)), 0, 32;
    return $place if -d $place;
    my $work = "$place.new";
    remove_tree($work);
    make_path($work);
    $maker->($home, $work, $request);
    rename $work, $place or die "rename $work: $!\n";
    return $place;
}

sub _forget_old ($home) {
    my $born = "$home/born-" . FORMAT;
    return if -e $born && time - (stat _)[9] < CACHE_SECONDS;
    remove_tree(grep { $_ !~ m{/lock$} } glob "$home/*");
    spew($born, '');
}

sub _canonical ($value) {
    return join ',', map { "$_=" . _canonical($value->{$_}) } sort keys %$value if ref $value eq 'HASH';
    return '[' . join(',', map { _canonical($_) } @$value) . ']' if ref $value eq 'ARRAY';
    return $value // '';
}

# ---- below: making ----

sub _openssl ($arguments, %opt) {
    my $done = run(['openssl', @$arguments], timeout => 120, env => { OPENSSL_CONF => '/dev/null' }, %opt);
    die "openssl @$arguments: $done->{err}\n" if $done->{exit} != 0;
    return $done;
}

sub _new_key ($file, $type) {
    _openssl(['genpkey', @{ $KEY_OPTIONS{$type} }, '-out', $file]);
}

sub _make_root ($home, $work, $request) {
    _new_key("$work/x.key", 'ec');
    _issue($work, 'x', { cn => "TLSplus test root $request->{name}", days => 3650, ca => 1, self_signed => 1 });
    spew("$work/x.root", slurp("$work/x.crt"));
}

# A CA below the root or below the intermediate of the level before.
sub _make_intermediate ($home, $work, $request) {
    my $above = _authority($home, $request->{issuer}, $request->{level} - 1);
    _new_key("$work/x.key", 'ec');
    _issue($work, 'x', { cn => "TLSplus test intermediate $request->{level}", days => 3650, ca => 1 }, $above);
}

# The folder of the CA that stands `level` steps below root `issuer`.
sub _authority ($home, $issuer, $level) {
    return _find_or_make($home, { kind => 'root', name => $issuer }, \&_make_root) if $level == 0;
    return _find_or_make($home, { kind => 'intermediate', issuer => $issuer, level => $level },
        \&_make_intermediate);
}

sub _make_leaf ($home, $work, $want) {
    defined $want->{key_of} ? spew("$work/x.key", $want->{key_of}, 0600) : _new_key("$work/x.key", $want->{key});
    my ($chain, $root);
    if ($want->{by}) {
        make_path("$work/above");
        spew("$work/above/x.$_", $want->{by}{$_}) for qw(crt key);
        _issue($work, 'x', $want, "$work/above");
        remove_tree("$work/above");
        ($chain, $root) = @{ $want->{by} }{qw(full root)};
    }
    else {
        my @above = map { _authority($home, $want->{issuer}, $_) } reverse 0 .. $want->{intermediates};
        _issue($work, 'x', $want, $above[0]);
        $chain = join '', map { slurp("$above[$_]/x.crt") } 0 .. $#above - 1;
        $root  = slurp("$above[-1]/x.crt");
    }
    my ($leaf, $key) = (slurp("$work/x.crt"), slurp("$work/x.key"));
    spew("$work/x.chain", $chain) if length $chain;
    spew("$work/x.full", $leaf . $chain);
    spew("$work/x.all",  $leaf . $chain . $key, 0600);
    spew("$work/x.root", $want->{self_signed} ? $leaf : $root);
    _openssl(['x509', '-in', "$work/x.crt", '-outform', 'DER', '-out', "$work/x.crt.der"]);
    _openssl(['pkey', '-in', "$work/x.key", '-outform', 'DER', '-out', "$work/x.key.der"]);
    if (defined $want->{password}) {
        my @old = ($want->{pem} // '') eq 'traditional' ? ('-traditional') : ();
        _openssl(['pkey', '-in', "$work/x.key", @old, '-aes256', '-passout', "pass:$want->{password}",
            '-out', "$work/x.enc.key"]);
    }
    _openssl(['dhparam', '-dsaparam', '-out', "$work/x.dh", $want->{dh}]) if $want->{dh};
}

sub _extensions ($want) {
    my $basic = $want->{ca} ? 'critical,CA:TRUE' : 'CA:FALSE';
    $basic .= ",pathlen:$want->{pathlen}" if defined $want->{pathlen};
    my @lines = ("basicConstraints=$basic", 'subjectKeyIdentifier=hash');
    push @lines, 'authorityKeyIdentifier=keyid' unless $want->{self_signed};
    push @lines, $want->{ca} ? 'keyUsage=critical,keyCertSign,cRLSign,digitalSignature'
                             : 'keyUsage=critical,digitalSignature'
      . (($want->{key} // '') =~ /^rsa/ ? ',keyEncipherment' : '');
    my @san = map { (/^[0-9.]+$|:/ ? 'IP:' : 'DNS:') . $_ } @{ $want->{san} // [] };
    push @lines, 'subjectAltName=' . join ',', @san if @san;
    push @lines, @{ $want->{extensions} // [] };
    return join '', map { "$_\n" } @lines;
}

sub _dates ($want) {
    my ($start, $days) = ($want->{start} // -1, $want->{days} // VALID_DAYS);
    ($start, $days) = (-31, 30) if $want->{expired};
    ($start, $days) = (1,   30) if $want->{future};
    return map { strftime('%Y%m%d%H%M%SZ', gmtime $_) } time + 86_400 * $start, time + 86_400 * ($start + $days);
}

# x.csr and x.crt from x.key. `openssl ca` because it alone takes a start date in OpenSSL 3.0.
sub _issue ($work, $base, $want, $above = undef) {
    my ($start, $end) = _dates($want);
    my $digest = $want->{md} // 'default';
    spew("$work/$base.cnf", <<"CNF");
[req]
distinguished_name=dn
prompt=no
utf8=yes
string_mask=utf8only
[dn]
CN=$want->{cn}
[ca]
default_ca=it
[it]
database=$work/index.txt
new_certs_dir=$work
rand_serial=yes
default_md=$digest
policy=any
unique_subject=no
email_in_dn=no
[any]
commonName=supplied
CNF
    spew("$work/$base.ext",  _extensions($want));
    spew("$work/index.txt", '');
    _openssl(['req', '-new', '-utf8', '-config', "$work/$base.cnf", '-key', "$work/$base.key", '-out',
        "$work/$base.csr"]);
    my @signer = $want->{self_signed}
      ? ('-selfsign', '-keyfile', "$work/$base.key")
      : ('-cert', "$above/x.crt", '-keyfile', "$above/x.key");
    _openssl(['ca', '-batch', '-notext', '-utf8', '-config', "$work/$base.cnf", '-in', "$work/$base.csr",
        '-out', "$work/$base.crt", '-extfile', "$work/$base.ext", '-startdate', $start, '-enddate', $end, @signer]);
    unlink glob("$work/*.{pem,old,attr,cnf,ext}"), "$work/index.txt";
}

1;
