# SPDX-License-Identifier: Apache-2.0
#
# Virtual hosts by the thousand, each with a certificate of its own: the files, kept in
# <builddir>/t-certs from run to run, and the configuration text.
#
#   my $many = TLSplus::ManyHosts->new(300);              # or new(300, 'chain')
#   $many->conf('@PORT@')                                 # 300 sections, h1.many.test and on
#   $many->digest(7)                                      # SHA-256 of the leaf of h7.many.test
package TLSplus::ManyHosts;
use v5.36;
use Fcntl          qw(:flock);
use File::Path     qw(make_path remove_tree);
use TLSplus::Env     qw(builddir srcdir);
use TLSplus::Process qw(run slurp spew);

use constant KEPT_DAYS => 30;    # they are valid for 60

sub new ($class, $count, $shape = 'self') {
    my $home = builddir() . '/t-certs';
    make_path($home);
    open my $lock, '>>', "$home/many.lock" or die "$home/many.lock: $!\n";
    flock $lock, LOCK_EX or die "lock $home: $!\n";
    my $dir = "$home/many-$shape-$count";
    remove_tree($dir) if -e "$dir/digests" && -M _ > KEPT_DAYS;
    if (!-d $dir) {
        remove_tree("$dir.new");
        make_path("$dir.new");
        my $made = run([_program(), "$dir.new", $count, $shape], timeout => 600);
        die "many_certificates: $made->{err}\n" if $made->{exit} != 0;
        rename "$dir.new", $dir or die "rename $dir: $!\n";
    }
    return bless { dir => $dir, count => $count, digests => [split /\n/, slurp("$dir/digests")] }, $class;
}

# The program that makes them: as `make bench` built it, or compiled here.
sub _program {
    my $built = builddir() . '/t/bench/many_certificates';
    return $built if -x $built;
    my $own  = builddir() . '/t-certs/many_certificates';
    my $done = run([$ENV{TLSPLUS_CXX} // 'g++', '-std=c++20', '-O1', '-o', $own,
        srcdir() . '/t/bench/many_certificates.cpp', '-lcrypto'], timeout => 120);
    die "many_certificates.cpp: $done->{err}\n" if $done->{exit} != 0;
    return $own;
}

sub count  ($self)     { $self->{count} }
sub dir    ($self)     { $self->{dir} }
sub name   ($self, $n) { "h$n.many.test" }
sub digest ($self, $n) { $self->{digests}[$n - 1] }
sub crt    ($self, $n) { "$self->{dir}/$n.crt" }
sub key    ($self, $n) { "$self->{dir}/$n.key" }

# As many sections on `port`. plain => 1: without TLS; key => {n => path}: other files for some.
sub conf ($self, $port, %opt) {
    return join '', map { $self->_section($_, $port, %opt) } 1 .. $self->count;
}

sub _section ($self, $n, $port, %opt) {
    my @tls = $opt{plain} ? () : (
        'SSLEngine on',
        'SSLCertificateFile ' . ($opt{crt}{$n} // $self->crt($n)),
        'SSLCertificateKeyFile ' . ($opt{key}{$n} // $self->key($n)),
    );
    return join '', map { "$_\n" } "<VirtualHost *:$port>", map({ "  $_" } 'ServerName ' . $self->name($n), @tls),
      '</VirtualHost>';
}

1;
