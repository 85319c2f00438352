# SPDX-License-Identifier: Apache-2.0
#
# What a backend is told of TLS by the protocols that carry it themselves: mod_proxy_ajp asks for
# single variables, mod_proxy_uwsgi, mod_proxy_scgi and mod_proxy_fcgi send the environment. The packets
# are held against those sent beside the stock mod_ssl.
use v5.36;
use Test::More;
use IO::Socket::INET ();
use TLSplus::DerCerts ();
use TLSplus::Env qw(has_module);
use TLSplus::Twins ();
use TLSplus::Variables qw(odd_certificates);

my @MODULES = qw(proxy proxy_ajp proxy_uwsgi proxy_scgi proxy_fcgi);
for my $module (@MODULES) {
    plan skip_all => "httpd has no mod_$module" unless has_module($module);
}

my $der = TLSplus::DerCerts->new;
odd_certificates($der);
my ($pid, $port, $packets) = backend();

my $pass = join '', map { qq{  ProxyPass "/$_" "$_://127.0.0.1:$port/" disablereuse=on\n} } qw(ajp uwsgi scgi fcgi);
my $twins = TLSplus::Twins->start(certs => $der, modules => [@MODULES, 'headers', 'http2'], conf => <<"CONF");
SSLSessionCache none
<VirtualHost *:\@PORT\@>
  ServerName plain.test
  SSLEngine on
  SSLCertificateFile    \@CERTS\@/plain.crt
  SSLCertificateKeyFile \@CERTS\@/plain.key
  SSLOpenSSLConfCmd VerifyMode Request
  SSLOpenSSLConfCmd VerifyCAFile \@CERTS\@/ca.crt
$pass  RequestHeader set X-Peer "%{SSL_CLIENT_S_DN}s" "expr=-n %{SSL_CLIENT_S_DN}"
  SSLOptions +StdEnvVars
</VirtualHost>
<VirtualHost *:\@PLAIN\@>
  ServerName plain.test
$pass</VirtualHost>
CONF

my $random = sub ($a, $b) { s/[0-9a-f]{64}/ID/ for $a //= '', $b //= ''; $a eq $b };
my %peer   = (differ => { SSL_SESSION_ID => $random, 'ssl session' => $random, REMOTE_PORT => qr/^\d+$/, AJP_REMOTE_PORT => qr/^\d+$/ });

for my $who (qw(none plain odd)) {
    my @client = $who eq 'none' ? () : (cert => "$der->{dir}/$who.crt", key => "$der->{dir}/$who.key");
    for my $tls (qw(1.2 1.3)) {
        my %how = (name => 'plain.test', insecure => 1, tls => $tls, @client);
        $twins->same("AJP, client $who, TLS $tls", sub ($server) { sent($server, '/ajp', %how) },
            least => $who eq 'none' ? 12 : 13, %peer);
        # beside mod_ssl mod_proxy_scgi crashes on what this client's name has: an attribute without value
        for my $protocol (grep { $who ne 'odd' || $_ ne 'scgi' } qw(uwsgi scgi fcgi)) {
            $twins->same("$protocol, client $who, TLS $tls", sub ($server) { sent($server, "/$protocol", %how) },
                least => $who eq 'none' ? 50 : 70, %peer);
        }
    }
}
is scalar(keys %{ sent($twins->ours, '/scgi', name => 'plain.test', insecure => 1, cert => "$der->{dir}/odd.crt", key => "$der->{dir}/odd.key") })
    > 70, 1, 'scgi, client odd: not beside us';
for my $protocol (qw(ajp uwsgi scgi fcgi)) {
    $twins->same("$protocol of a stream of HTTP/2",
        sub ($server) { sent($server, "/$protocol", name => 'plain.test', insecure => 1, http => '2') }, least => 10, %peer);
    $twins->same("$protocol on a plain port",
        sub ($server) { sent($server, "/$protocol", name => 'plain.test', port => 'PLAIN', scheme => 'http') }, least => 7, %peer);
}

$twins->stop;
kill TERM => $pid;
waitpid $pid, 0;
done_testing;

# The packet the backend got when `path` was asked for, taken apart.
sub sent ($server, $path, %how) {
    $server->get($path, %how);
    my $line = eval { local $SIG{ALRM} = sub { die "no packet\n" }; alarm 10; <$packets> };
    alarm 0;
    return {} if !defined $line;    # too few answers then, which is said
    chomp $line;
    my $packet = pack 'H*', $line;
    return from_ajp(substr $packet, 4) if substr($packet, 0, 2) eq "\x12\x34";
    return from_fcgi($packet) if substr($packet, 0, 1) eq "\1";
    return { unpack '(Z*)*', $packet =~ s/^\d+://r } if $packet =~ /^\d/;
    return { unpack '(v/a)*', substr $packet, 4 };
}

# Apache JServ protocol 1.3, forward request.
sub from_ajp ($rest) {
    my $take = sub ($template, $size) { unpack $template, substr $rest, 0, $size, '' };
    my $text = sub { my $size = $take->('n', 2); return '(null)' if $size == 0xffff; substr($take->("a" . ($size + 1), $size + 1), 0, $size) };
    my %found;
    $take->('CC', 2);
    $found{$_} = $text->() for qw(protocol uri address host name);
    @found{qw(port tls)} = ($take->('n', 2), $take->('C', 1));
    for (1 .. $take->('n', 2)) {
        my $name = substr($rest, 0, 1) eq "\xa0" ? sprintf('%04x', $take->('n', 2)) : $text->();
        $found{"header $name"} = $text->();
    }
    my %attribute = (7 => 'ssl certificate', 8 => 'ssl cipher', 9 => 'ssl session', 11 => 'ssl key size');
    while ((my $code = $take->('C', 1)) != 0xff) {
        my $name = $code == 10 ? $text->() : $attribute{$code} // "attribute $code";
        $found{$name} = $code == 11 ? $take->('n', 2) : $text->();
    }
    return \%found;
}

# FastCGI 1.0: the parameters, as they come in one record after another.
sub from_fcgi ($packet) {
    my $stream = '';
    while (length $packet) {
        my ($type, $size, $padding) = unpack 'x C x2 n C', substr $packet, 0, 8, '';
        $stream .= substr $packet, 0, $size if $type == 4;
        substr $packet, 0, $size + $padding, '';
    }
    my %found;
    while (length $stream) {
        my ($name, $value) = map {
            my $size = unpack 'C', substr $stream, 0, 1;
            $size < 128 ? do { substr $stream, 0, 1, ''; $size } : unpack('N', substr $stream, 0, 4, '') & 0x7fffffff;
        } 1 .. 2;
        my $key = substr $stream, 0, $name, '';
        $found{$key} = substr $stream, 0, $value, '';
    }
    return \%found;
}

# A backend that reads one packet of either protocol a connection, hands it back through a pipe as a
# line of hexadecimal, and hangs up.
sub backend () {
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 5, Proto => 'tcp') or die "listen: $!\n";
    pipe(my $from, my $to) or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if ($pid) {
        close $to;
        return ($pid, $listener->sockport, $from);
    }
    $SIG{TERM} = 'DEFAULT';
    close $from;
    $to->autoflush;
    while (my $socket = $listener->accept) {
        read($socket, my $packet, 4) or next;    # connected to and nothing sent
        my $more = sub ($size) { read $socket, $packet, $size, length $packet };
        if    (substr($packet, 0, 2) eq "\x12\x34") { $more->(unpack 'x2 n', $packet) }
        elsif (substr($packet, 0, 1) eq "\1") { whole_fcgi($more, \$packet) }
        elsif ($packet =~ /^(\d+:?)/) {
            $more->(1) until $packet =~ /^(\d+):/;
            $more->($1 - (length($packet) - length "$1:"));
        }
        else { $more->(unpack 'x v', $packet) }
        print {$to} unpack('H*', $packet), "\n";
    }
    POSIX::_exit(0);
}

# Records until the one without content that ends the parameters.
sub whole_fcgi ($more, $packet) {
    for (my $at = 0; ;) {
        $more->($at + 8 - length $$packet);
        my ($type, $size, $padding) = unpack 'x C x2 n C', substr $$packet, $at, 8;
        $more->($size + $padding) if $size + $padding;
        return if $type == 4 && $size == 0 || length $$packet < $at + 8 + $size;
        $at += 8 + $size + $padding;
    }
}

END { kill TERM => $pid if $pid }
