# SPDX-License-Identifier: Apache-2.0
#
# Certificates of a running server that are replaced: what is shown to clients, in every child, and what the status page
# says of it.
#
#   my $renewal = TLSplus::Renewal->new($server, 'a.test');     # a host that any client may ask for the page
#   replace($certs, 'new', 'a');                                # new.crt and new.key become a.crt and a.key
#   $renewal->shows('a.test', 'new')                            # waits for it
package TLSplus::Renewal;
use v5.36;
use Exporter 'import';
use Digest::SHA  qw(sha256_hex);
use File::Copy   qw(copy);
use MIME::Base64 qw(decode_base64);
use TLSplus::Env     qw(mpm);
use TLSplus::Process qw(run slurp wait_until);

our @EXPORT_OK = qw(replace put_file CHILDREN);

# httpd lets its parent look about every ten seconds; on a machine that has much else to do it takes longer.
use constant IN_FORCE_SECONDS => 60;

# Some children that stay, and <Location /status>.
use constant CHILDREN => (mpm() eq 'prefork' ? "StartServers 4\nMinSpareServers 4\nMaxSpareServers 8\n" : "StartServers 3\nServerLimit 4\nMinSpareThreads 75\nMaxSpareThreads 100\n")
  . "<IfModule status_module>\n  <Location \"/status\">\n    SetHandler server-status\n  </Location>\n</IfModule>\n";

# Children of prefork that are busy with one connection that is kept, and serve nobody else.
use constant BUSY => mpm() eq 'prefork' ? 1 : 0;

sub new ($class, $server, $asked) { bless { server => $server, asked => $asked }, $class }

# In one step.
sub put_file ($from, $to) {
    copy($from, "$to.new") or die "copy $from: $!\n";
    chmod 0600, "$to.new";
    rename "$to.new", $to or die "rename $to: $!\n";
}

# The pair, in two.
sub replace ($certs, $new, $old, $crt = 'crt') {
    my $dir = $certs->dir;
    put_file("$dir/$new.key",  "$dir/$old.key");
    put_file("$dir/$new.$crt", "$dir/$old.$crt");
}

# SHA-256 of the certificate that a client of `name` is shown; empty: there was no handshake.
sub fingerprint ($self, $name, %opt) {
    my ($shown) = $self->{server}->handshake(name => $name, %opt)->output =~ /^-----BEGIN CERTIFICATE-----\n(.*?)^-----END/ms;
    return defined $shown ? sha256_hex(decode_base64($shown)) : '';
}

# Waits until a client of `name` is shown <new>.crt; false after a minute.
sub shows ($self, $name, $new, %opt) {
    my $wanted = $self->{server}->certs->fingerprint("$new.crt");
    return wait_until(IN_FORCE_SECONDS, sub { $self->fingerprint($name, %opt) eq $wanted });
}

sub shows_now ($self, $name, $new, %opt) {
    return $self->fingerprint($name, %opt) eq $self->{server}->certs->fingerprint("$new.crt");
}

# How many of the children show <new>.crt, each asked while the others cannot answer, and how many there are.
sub children_showing ($self, $name, $new) {
    my $server   = $self->{server};
    my @children = grep { slurp("/proc/$_/cmdline") ne '' } $server->children;
    my $showing  = 0;
    for my $child (@children) {
        my @others = grep { $_ != $child } @children;
        kill STOP => @others;
        $showing++ if $self->shows_now($name, $new);
        kill CONT => @others;
    }
    # Some may have come to their end meanwhile.
    return ($showing, scalar grep { slurp("/proc/$_/cmdline") ne '' } @children);
}

sub figure ($self, $name) {
    my $page = $self->{server}->get('/status?auto', name => $self->{asked}, insecure => 1)->body;
    return $page =~ /^\Q$name\E: (.*)$/m ? $1 : undef;
}

# So many looks at the files have come to an end since now, and one may be under way.
sub wait_for_looks ($self, $more = 2) {
    my $before = $self->figure('TLSReloadLooks') // return 0;
    return wait_until(IN_FORCE_SECONDS * $more, sub { ($self->figure('TLSReloadLooks') // 0) >= $before + $more });
}

1;
