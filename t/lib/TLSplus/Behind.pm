# SPDX-License-Identifier: Apache-2.0
#
# Servers for a proxy to stand before: one httpd with a port and a virtual host of its own for each, so that every
# kind of certificate and setting is there at once. It answers every path and tells in headers what it saw of the
# proxy: X-Backend, X-Sni, X-Client (common name of the client's certificate), X-Tls, X-Resumed.
#
#   my $behind = TLSplus::Behind->start($certs, good => [pair('good')], asks => [pair('good'), '  SSLVerifyClient require', ...]);
#   ... ProxyPass /x https://localhost:@{[ $behind->port('good') ]}/
#   $behind->seen('good');      lines of its log: {sni, client, tls, resumed, requests, path}
#
# TLS is stock mod_ssl's where there is one: what is tested is not on both ends then.
package TLSplus::Behind;
use v5.36;
use TLSplus::Env qw(has_module modules_dir module_so mpm);
use TLSplus::Server ();

sub start ($class, $certs, @hosts) {
    my %opt = ref $hosts[-1] eq 'HASH' ? %{ pop @hosts } : ();
    my ($self, $conf) = (bless({ name => {} }, $class), '');
    while (my ($name, $lines) = splice @hosts, 0, 2) {
        $self->{name}{$name} = my $port = 'PORT' . (1 + keys %{ $self->{name} });
        $conf .= _host($name, $port, @$lines);
    }
    my $stock = modules_dir() . '/mod_ssl.so';
    $self->{server} = TLSplus::Server->start(
        certs   => $certs,
        so      => -f $stock ? $stock : module_so(),
        mpm     => has_module('mpm_event') ? 'event' : mpm(),
        modules => ['headers', @{ $opt{modules} // [] }],
        ($opt{files} ? (files => $opt{files}) : ()),
        conf => ($opt{conf} // '') . <<'CONF' . $conf);
KeepAliveTimeout 60
MaxKeepAliveRequests 0
LogFormat "%{X-Backend}o\t%{SSL_TLS_SNI}x\t%{SSL_CLIENT_S_DN_CN}x\t%{SSL_PROTOCOL}x\t%{SSL_SESSION_RESUMED}x\t%k\t%H\t%U" behind
CustomLog logs/seen.log behind
Header always set X-Sni "%{SSL_TLS_SNI}s"
Header always set X-Client "%{SSL_CLIENT_S_DN_CN}s"
Header always set X-Tls "%{SSL_PROTOCOL}s"
Header always set X-Resumed "%{SSL_SESSION_RESUMED}s"
CONF
    return $self;
}

sub _host ($name, $port, @lines) {
    my @texts = map { s/\n\z//r } @lines;
    my @path = (grep { /\b(?:ProxyPass|Alias|DocumentRoot)\b/ } @texts) ? () : ("  AliasMatch \"^/\" \"\@ROOT\@/htdocs/index.html\"");
    return join '', map { "$_\n" } "<VirtualHost *:\@$port\@>", "  ServerName $name.behind", '  SSLEngine on',
      "  Header always set X-Backend $name", @path, @texts, '</VirtualHost>';
}

sub server ($self) { $self->{server} }
sub port ($self, $name) { $self->{server}->port($self->{name}{$name} // die "no backend $name\n") }

# What the named backend (all without name) has answered so far.
sub seen ($self, $name = undef) {
    my @lines = split /\n/, TLSplus::Process::slurp($self->{server}->root . '/logs/seen.log');
    my @seen = map { my %line; @line{qw(backend sni client tls resumed requests http path)} = split /\t/; \%line } @lines;
    return grep { !defined $name || $_->{backend} eq $name } @seen;
}

sub stop ($self) { $self->{server}->stop }

1;
