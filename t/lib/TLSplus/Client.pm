# SPDX-License-Identifier: Apache-2.0
#
# Real clients aimed at a test's server: curl, openssl s_client, gnutls-cli, nghttp. Each call runs
# the program to its end (with a limit) and gives a TLSplus::Client::Answer whose accessors are the
# facts a test asserts. Names are never looked up: a virtual host's name goes into SNI and Host while
# the connection goes to 127.0.0.1.
package TLSplus::Client;
use v5.36;
use File::Temp ();
use TLSplus::Process qw(run slurp spawn);

use constant SECONDS => 60;

# server => TLSplus::Server, ca => file of the root to trust (default: that of its certificates)
sub new ($class, %opt) { bless {%opt}, $class }

sub _ca ($self, $opt) {
    return $opt->{ca} // $self->{ca} // ($self->{server}->certs ? $self->{server}->certs->ca : '/dev/null');
}

sub _port ($self, $opt) {
    my $port = $opt->{port} // 'PORT';
    return $port =~ /^\d+$/ ? $port : $self->{server}->port($port);
}

# ---- curl ----

# get('/path', name => 'a.test', ...). Options:
#   name      host in the URL, so SNI and Host (default localhost); an IP address sends no SNI
#   host      another Host header; port => 'PORT2' or a number; scheme => 'http'
#   http      '1.0', '1.1' (default), '2'; tls => '1.2' or '1.3' alone
#   ca, insecure => 1; cert, key  files of a client certificate
#   headers   ['A: b']; method; data => bytes, data_file => path; to => path for the body
#   args      further curl arguments; seconds
sub get ($self, $path, %opt) {
    my ($head, $body) = map { File::Temp->new(TEMPLATE => 'tlsplus-io-XXXXXX', TMPDIR => 1) } 1 .. 2;
    my $done = run($self->curl_command($path, %opt, head => "$head", to => $opt{to} // "$body"),
        stdin => $opt{data}, timeout => $opt{seconds} // SECONDS);
    return TLSplus::Client::Answer->from_curl($done, slurp("$head"), defined $opt{to} ? '' : slurp("$body"));
}

# post('/path', $bytes, ...) or post('/path', undef, data_file => path)
sub post ($self, $path, $bytes, %opt) {
    return $self->get($path, (defined $bytes ? (data => $bytes) : ()), %opt);
}

sub curl_command ($self, $path, %opt) {
    my $name = $opt{name} // 'localhost';
    my $port = $self->_port(\%opt);
    my %http = ('1.0' => ['--http1.0'], '1.1' => ['--http1.1'], '2' => ['--http2']);
    my %tls  = ('1.2' => [qw(--tlsv1.2 --tls-max 1.2)], '1.3' => [qw(--tlsv1.3)]);
    my @data = defined $opt{data_file} ? ('--data-binary', "\@$opt{data_file}") : defined $opt{data} ? ('--data-binary', '@-') : ();
    push @data, '-H', 'Content-Type: application/octet-stream', '-H', 'Expect:' if @data;
    return [
        'curl', '-q', '--silent', '--show-error', '--noproxy', '*',
        '--connect-to', "$name:$port:127.0.0.1:$port", '--path-as-is',
        @{ $http{ $opt{http} // '1.1' } // die "http $opt{http}?\n" },
        (defined $opt{tls} ? @{ $tls{ $opt{tls} } // die "tls $opt{tls}?\n" } : ()),
        ($opt{insecure}    ? '--insecure' : ('--cacert', $self->_ca(\%opt))),
        (defined $opt{cert}   ? ('--cert', $opt{cert}, '--key', $opt{key}) : ()),
        (defined $opt{host}   ? ('-H', "Host: $opt{host}")  : ()),
        (defined $opt{method} ? ('-X', $opt{method})        : ()),
        (map { ('-H', $_) } @{ $opt{headers} // [] }),
        @data,
        (defined $opt{head} ? ('-D', $opt{head}) : ()),
        '-o', $opt{to} // '/dev/null',
        '-w', '%{http_code} %{http_version} %{num_connects} %{ssl_verify_result} %{errormsg}\n',
        @{ $opt{args} // [] },
        ($opt{scheme} // 'https') . "://$name:$port$path",
    ];
}

# ---- openssl s_client ----

# One handshake, then whatever `request` says. Options:
#   name      SNI (default none); min, max, tls => 'TLSv1.2' ...; alpn => 'h2,http/1.1'
#   cipher, suites, sigalgs, groups as s_client takes them; port; ca
#   request   text to send; the answer is read until the server closes
#   sess_out, sess_in  files; msg => 1 lists messages (see alerts); args => further arguments
sub handshake ($self, %opt) {
    my $done = run([$self->s_client_command(%opt)], stdin => $opt{request} // "Q\n", timeout => $opt{seconds} // SECONDS);
    return TLSplus::Client::Answer->from_s_client($done);
}

# Its own words come by lines, so that what it says of a ticket stays apart from an answer in the same packet. What the
# server sends is written at once.
sub s_client_command ($self, %opt) {
    my ($min, $max) = ($opt{min} // $opt{tls}, $opt{max} // $opt{tls});
    return (
        'stdbuf', '-oL', 'openssl', 's_client', '-connect', '127.0.0.1:' . $self->_port(\%opt),
        '-CAfile', $self->_ca(\%opt), '-showcerts',
        (defined $opt{name} ? ('-servername', $opt{name}) : '-noservername'),
        (defined $min ? ('-min_protocol', $min) : ()), (defined $max ? ('-max_protocol', $max) : ()),
        (defined $opt{alpn}     ? ('-alpn',         $opt{alpn})     : ()),
        (defined $opt{cipher}   ? ('-cipher',       $opt{cipher})   : ()),
        (defined $opt{suites}   ? ('-ciphersuites', $opt{suites})   : ()),
        (defined $opt{sigalgs}  ? ('-sigalgs',      $opt{sigalgs})  : ()),
        (defined $opt{groups}   ? ('-groups',       $opt{groups})   : ()),
        (defined $opt{sess_out} ? ('-sess_out',     $opt{sess_out}) : ()),
        (defined $opt{sess_in}  ? ('-sess_in',      $opt{sess_in})  : ()),
        ($opt{msg}              ? '-msg' : ()),
        (defined $opt{request}  ? '-ign_eof' : ()),
        @{ $opt{args} // [] },
    );
}

# ---- gnutls-cli ----

# gnutls(name => SNI and name to verify, priority, alpn, request, args)
sub gnutls ($self, %opt) {
    my $name = $opt{name} // 'localhost';
    my $done = run([
            'gnutls-cli', '--x509cafile', $self->_ca(\%opt), '--verify-hostname', $name,
            '--sni-hostname', $name, '--port', $self->_port(\%opt),
            (defined $opt{priority} ? ('--priority', $opt{priority}) : ()),
            (map { ('--alpn', $_) } @{ $opt{alpn} // [] }),
            @{ $opt{args} // [] }, '127.0.0.1'
        ], stdin => $opt{request} // '', timeout => $opt{seconds} // SECONDS);
    return TLSplus::Client::Answer->from_gnutls($done);
}

# ---- nghttp ----

# nghttp('/path', name, to => file for the body, data_file, args): HTTP/2 alone, by ALPN.
# nghttp checks no certificate; that is curl's part.
sub nghttp ($self, $path, %opt) {
    my $name = $opt{name} // 'localhost';
    my $port = $self->_port(\%opt);
    my @show = defined $opt{to} ? () : ('--verbose');
    my $done = run(['nghttp', @show, '--no-dep', '--timeout', '30', '-H', ":authority: $name:$port",
            (defined $opt{data_file} ? ('--data', $opt{data_file}) : ()),
            @{ $opt{args} // [] }, "https://127.0.0.1:$port$path"],
        timeout => $opt{seconds} // SECONDS);
    TLSplus::Process::spew($opt{to}, $done->{out}) if defined $opt{to};
    return TLSplus::Client::Answer->from_nghttp($done);
}

# What one client saw. An accessor is undef (or '' for text) where the client does not say.
package TLSplus::Client::Answer;
use v5.36;

# ok: the program succeeded. output: all it said. body: of the response.
my @FIELDS = qw(ok exit output error status http_version headers body connects verify
  protocol cipher alert alerts alpn subject issuer chain_length reused group temp_key signature sni);

for my $field (@FIELDS) {
    no strict 'refs';
    *$field = sub ($self) { $self->{$field} };
}

sub header ($self, $name) { $self->{headers}{ lc $name } }

sub _base ($class, $done) {
    return bless {
        ok     => $done->{exit} == 0 && !$done->{timed_out},
        exit   => $done->{exit},
        output => $done->{out} . $done->{err},
        error  => $done->{timed_out} ? 'the client had to be killed' : $done->{err},
        body   => '',
        alert  => '',
        alerts => [],
    }, $class;
}

sub from_curl ($class, $done, $head, $body) {
    my $self = $class->_base($done);
    @$self{qw(status http_version connects verify error)} = $done->{out} =~ /^(\d+) (\S+) (\d+) (\d+) ?(.*)$/m;
    $self->{status} += 0 if defined $self->{status};
    $self->{error} = $done->{err} if !length($self->{error} // '');
    $self->{alert} = $1 if $done->{err} =~ /alert ([a-z ]+)/;
    my ($last) = reverse grep { length } split /\r?\n\r?\n/, $head;
    for my $line (split /\r?\n/, $last // '') {
        my ($name, $value) = $line =~ /^([^:\s]+):\s*(.*)$/ or next;
        $name = lc $name;
        $self->{headers}{$name} = exists $self->{headers}{$name} ? "$self->{headers}{$name}, $value" : $value;
    }
    $self->{body} = $body;
    return $self;
}

sub from_s_client ($class, $done) {
    my $self = $class->_base($done);
    my ($out, $err) = @$done{qw(out err)};
    @$self{qw(protocol cipher)} = $out =~ /^(?:New|Reused), (\S+), Cipher is (\S+)/m;
    # for a handshake that did not finish, s_client says "New, (NONE), Cipher is (NONE)"
    delete @$self{qw(protocol cipher)} if ($self->{cipher} // '') eq '(NONE)';
    # the line above gives the version that introduced the cipher; the session knows the real one
    $self->{protocol} = $1 if defined $self->{cipher} && $out =~ /^\s*Protocol\s*: (\S+)/m;
    $self->{reused} = defined $self->{cipher} ? ($out =~ /^Reused, /m ? 1 : 0) : undef;
    ($self->{subject})   = $out =~ /^subject=(.*)/m;
    ($self->{issuer})    = $out =~ /^issuer=(.*)/m;
    ($self->{verify})    = $out =~ /Verify return code: (\d+)/;
    ($self->{temp_key})  = $out =~ /^(?:(?:Server|Peer) Temp Key:(?: ECDH,)?|Negotiated TLS1\.3 group:) (.+)/m;
    ($self->{group})     = ($self->{temp_key} // '') =~ /^([^,]+)/;
    ($self->{signature}) = $out =~ /^Peer signature type: (.*)/m;
    $self->_in_older_words;
    ($self->{alpn})      = $out =~ /^ALPN protocol: (.*)/m;
    $self->{chain_length} = () = ($out =~ /^-----BEGIN CERTIFICATE-----/mg);
    ($self->{alert}) = $err =~ /alert ([a-z ]+?)(?::|$)/m;
    $self->{alert} //= '';
    # with -msg: "<<< TLS 1.3, Alert [length 0002], warning close_notify"; < is from the server
    $self->{alerts} = [$out =~ /^<<< [^\n]*Alert[^\n]*, (\w+ \w+)/mg];
    # lines of s_client's own about a session may follow at any time; they are part of no body
    ($self->{body}) = $out =~ /^(HTTP\/1\..*)/ms;
    $self->{body} //= '';
    ($self->{status}) = $self->{body} =~ m{^HTTP/1\.\d (\d+)};
    return $self;
}

# OpenSSL 3.5 writes names without blanks, and signatures and groups as RFC 8446 does.
sub _in_older_words ($self) {
    s/(^|, |\+ ?)([A-Za-z][\w.]*)=/$1$2 = /g for grep { defined } @$self{qw(subject issuer)};
    for ($self->{signature} // ()) { s/^ecdsa_.*/ECDSA/; s/^rsa_pss_.*/RSA-PSS/; s/^rsa_pkcs1_.*/RSA/ }
    for (grep { defined } @$self{qw(group temp_key)}) { s/^secp256r1/prime256v1/; s/^P-(384|521)/secp$1r1/ }
}

sub from_gnutls ($class, $done) {
    my $self = $class->_base($done);
    # "- Description: (TLS1.3-X.509)-(ECDHE-X25519)-(RSA-PSS-RSAE-SHA256)-(AES-256-GCM)"
    if ($done->{out} =~ /^- Description: \(TLS([0-9.]+)[^)]*\)-(\S+)/m) {
        @$self{qw(protocol cipher)} = ("TLSv$1", $2);
    }
    $self->{verify} = $done->{out} =~ /The certificate is trusted/ ? 0 : 1;
    ($self->{alpn})  = $done->{out} =~ /^- Application protocol: (\S+)/m;
    ($self->{alert}) = ($done->{out} . $done->{err}) =~ /Received alert \[\d+\]: ([^\n]+)/;
    $self->{alert} //= '';
    ($self->{body}) = $done->{out} =~ /^(HTTP\/1\..*)/ms;
    $self->{body} //= '';
    ($self->{status}) = $self->{body} =~ m{^HTTP/1\.\d (\d+)};
    return $self;
}

sub from_nghttp ($class, $done) {
    my $self = $class->_base($done);
    # colours are used even for a file unless told otherwise by the terminal
    my $text = $done->{out} =~ s/\e\[[0-9;]*m//gr;
    ($self->{status}) = $text =~ /:status: (\d+)/;
    ($self->{alpn})   = $text =~ /negotiated protocol: (\S+)/;
    $self->{headers}{ lc $1 } = $2 while $text =~ /recv \(stream_id=\d+\) ([\w-]+): (.*)/g;
    return $self;
}

1;
