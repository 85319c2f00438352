# SPDX-License-Identifier: Apache-2.0
#
# A token for tests: SoftHSM with its own store, filled with keys and certificates of a TLSplus::Certs.
# The server's children may read it; whoever uses it finds it through the environment in env().
#
#   my $token = TLSplus::Token->new(certs => $certs, pin => '1234');
#   $token->add('ec');
#   SSLCertificateFile "pkcs11:token=tlsplus;object=ec"
package TLSplus::Token;
use v5.36;
use File::Find ();
use TLSplus::Env     qw(find_program run_as sanitized scratch_dir);
use TLSplus::Process qw(run spew);
use Exporter 'import';
our @EXPORT_OK = qw(has_engine needs_token);

my ($LIBRARY) = grep { -e } glob '/usr/lib/softhsm/libsofthsm2.so /usr/lib*/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so';

# The engine for PKCS#11, if the openssl of this machine has it.
sub _engine {
    state $file = (run(['openssl', 'version', '-e'])->{out} =~ /"(.*)"/ ? $1 : '') . '/pkcs11.so';
    return -e $file ? $file : undef;
}

sub has_engine { defined _engine() }

# Skips the test file where something is missing; the names are those of Debian's packages.
sub needs_token {
    my @missing = ((defined $LIBRARY && find_program('softhsm2-util')) ? () : 'softhsm2',
        find_program('pkcs11-tool') ? () : 'opensc');
    push @missing, 'libengine-pkcs11-openssl' unless has_engine();
    return unless @missing;
    require Test::More;
    Test::More::plan(skip_all => "not installed: @missing");
}

# certs, pin, label (tlsplus)
sub new ($class, %opt) {
    my $self = bless { pin => '1234', label => 'tlsplus', dir => scratch_dir('tlsplus-token'), %opt }, $class;
    mkdir "$self->{dir}/store" or die "$self->{dir}/store: $!\n";
    spew("$self->{dir}/conf", "directories.tokendir = $self->{dir}/store\nobjectstore.backend = file\nlog.level = ERROR\n");
    $self->_run('softhsm2-util', qw(--init-token --free --label), $self->{label}, '--pin', $self->{pin}, qw(--so-pin 87654321));
    return $self;
}

# For a server. One with sanitizers keeps the engine in memory to its end: OpenSSL unloads it before LeakSanitizer
# looks, and all that the engine's own variables point to would be reported as lost.
sub env ($self) {
    my @kept = sanitized() ? grep({ length } $ENV{TLSPLUS_PRELOAD} // '', _engine() // '') : ();
    return { $self->_settings->%*, (@kept ? (LD_PRELOAD => join ':', @kept) : ()) };
}

sub _settings ($self) { { SOFTHSM2_CONF => "$self->{dir}/conf", PKCS11_MODULE_PATH => $LIBRARY } }

# Key and certificate <name>.key, <name>.crt become objects of that name.
sub add ($self, $name) {
    my $certs = $self->{certs}->dir;
    my $id = sprintf '%02x', ++$self->{count};
    $self->_run(qw(openssl pkcs8 -topk8 -nocrypt -in), "$certs/$name.key", '-out', "$self->{dir}/p8");
    $self->_run('softhsm2-util', '--import', "$self->{dir}/p8", '--token', $self->{label}, '--label', $name, '--id', $id,
        '--pin', $self->{pin});
    $self->_run('pkcs11-tool', '--module', $LIBRARY, '--token-label', $self->{label}, '--login', '--pin', $self->{pin},
        '--write-object', "$certs/$name.crt.der", '--type', 'cert', '--label', $name, '--id', $id);
    unlink "$self->{dir}/p8";
    my ($user) = run_as();
    if (defined $user) {
        my $uid = getpwnam $user;
        File::Find::find(sub { chown $uid, -1, $_ }, "$self->{dir}/store");
    }
    return $self;
}

# Pulls it out, and puts it back.
sub away ($self) { rename "$self->{dir}/store", "$self->{dir}/gone" or die "$self->{dir}: $!\n" }
sub back ($self) { rename "$self->{dir}/gone", "$self->{dir}/store" or die "$self->{dir}: $!\n" }

sub uri ($self, $object, $query = '') { "pkcs11:token=$self->{label};object=$object$query" }

sub _run ($self, @command) {
    my $done = run([@command], env => $self->_settings);
    die "@command: $done->{out}$done->{err}\n" if $done->{exit};
}

1;
