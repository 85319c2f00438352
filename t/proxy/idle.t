# SPDX-License-Identifier: Apache-2.0
#
# A connection to a backend lies in the pool, and something happens to it there: it ends, it is reset, TLS ends on it
# alone, or the backend says what nobody has asked for. No request goes over it any more, and above all none gets what
# was said there for its answer, which would be somebody else's.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Backend;
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus mpm);
use TLSplus::OverTls;
use TLSplus::Plain;
use TLSplus::Process qw(wait_until);
use TLSplus::Raw qw(ALERT APPLICATION_DATA parse_records);
use TLSplus::Twins;

my $certs = TLSplus::Certs->new;
$certs->ca;
$certs->leaf('good', san => ['localhost'], cn => 'good');

my $unasked = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nunasked";
# A record, though not one that can be decrypted.
my $record = "\x17\x03\x03" . pack('n', 100) . 'x' x 100;

# What the backend does while the connection lies in the pool.
my %IDLE = (
    'ends with close_notify'          => sub ($stream) { $stream->end },
    'ends without'                    => sub ($stream) { $stream->cut },
    'resets'                          => sub ($stream) { $stream->reset },
    'ends TLS alone'                  => sub ($stream) { $stream->hold; $stream->end },
    'answers once more'               => sub ($stream) { $stream->send($unasked) },
    'answers once more, and ends'     => sub ($stream) { $stream->send($unasked); $stream->end },
    'answers once more, and is reset' => sub ($stream) { $stream->send($unasked); $stream->hold; $stream->cut; $stream->reset },
    'says one octet'                  => sub ($stream) { $stream->send('x') },
    'says an empty line'              => sub ($stream) { $stream->send("\r\n") },
    'says part of an answer'          => sub ($stream) { $stream->send("HTTP/1.1 200 OK\r\nContent-Le") },
    'says much'                       => sub ($stream) { $stream->send($unasked x 1_000) },
    'garbage below TLS'               => sub ($stream) { $stream->hold; $stream->cut; $stream->say_below('garbage' x 10) },
    'plain text below TLS'            => sub ($stream) { $stream->hold; $stream->cut; $stream->say_below($unasked) },
    'a record that is none'           => sub ($stream) { $stream->hold; $stream->cut; $stream->say_below($record) },
);
# And what it says in one with the answer that was asked for.
my %WITH = (
    'an answer with another'          => $unasked,
    'an answer with part of one'      => substr($unasked, 0, 20),
);

# Over mod_ssl the next request goes over such a connection: it waits for the rest of the record, or, behind new keys,
# gets what was said there.
my %OURS = (
    (map { my ($what, $octets) = @$_; ($what => sub ($stream) { $stream->hold; $stream->cut; $stream->say_below(substr $record, 0, $octets) }) }
        ['one octet of a record', 1], ['two octets of a record', 2], ['the head of a record', 5], ['the beginning of a record', 50]),
    'new keys, and answers once more' => sub ($stream) { $stream->command('K'); $stream->send($unasked) },
);

my %DO    = (%IDLE, %OURS);
my @KINDS = (sort(keys %IDLE), sort keys %WITH);

# A request names what happens behind its answer: /KIND/NAME. The answer tells whose it is.
sub serve ($stream) {
    while (my $request = TLSplus::Backend::take_request($stream)) {
        my ($kind, $name, $round, $at_once) = $request->{path} =~ m{/([^/]*)/((\w+)-(\d+)-\d+)\z} or return;
        my $what = $kind =~ tr/+/ /r;
        # all of a round at once, so that each has a connection of its own
        TLSplus::Backend::note("here $name");
        wait_until(60, sub { TLSplus::Backend::noted_like(qr/^here $round-/) >= $at_once }) or return;
        my $body = "$request->{method} $name $request->{body}";
        $stream->send(join "\r\n", 'HTTP/1.1 200 OK', 'Content-Length: ' . length $body, "X-Over: $stream->{number}", "X-At: $stream->{peer}", '',
            $body . ($WITH{$what} // ''));
        my $do = $DO{$what} or next;
        # not before the answer has been read, and the connection given back
        wait_until(60, sub { TLSplus::Backend::has_noted("go $round") }) or return;
        $do->($stream);
        TLSplus::Backend::note("done $name");
        next if $what ne 'ends TLS alone';
        my @said = parse_records($stream->rest_below);
        TLSplus::Backend::note("goodbye $name " . join ' ', map { $_->{type} == ALERT || $_->{type} == APPLICATION_DATA && length $_->{body} < 24 ? 'alert' : 'else' } @said);
    }
}
my %at = map { $_ => TLSplus::Backend->start(over_tls($certs, 'good', \&serve, args => ["-tls1_$_"])) } 2, 3;

my $one_process = mpm() eq 'prefork' ? "StartServers 25\nMinSpareServers 1\nMaxSpareServers 25\nMaxRequestWorkers 25\n"
  : "StartServers 1\nServerLimit 1\nThreadsPerChild 25\nMaxRequestWorkers 25\n";
my $twins = TLSplus::Twins->start(certs => $certs, modules => [qw(proxy proxy_http)], conf => <<"CONF");
Listen 127.0.0.1:\@PLAIN\@
$one_process
SSLProxyEngine on
SSLProxyVerify require
SSLProxyCACertificateFile \@CERTS\@/ca.crt
ProxyPass /2/ https://localhost:@{[ $at{2}->port ]}/
ProxyPass /3/ https://localhost:@{[ $at{3}->port ]}/
CONF

# So many requests at once, one of each of these kinds: whose answer each got, and over which connection.
my $rounds = 0;
sub round ($server, $tls, $method, @kinds) {
    my $round = 'round' . ++$rounds;
    my $number = 0;
    my @asked = map {
        my $name = "$round-" . @kinds . '-' . ++$number;
        { kind => $_, round => $round, name => $name, path => "/$tls/" . ($_ =~ tr/ /+/r) . "/$name", body => $method eq 'POST' ? "body of $name" : '' }
    } @kinds;
    my @answers = TLSplus::Plain::ask_all($server, map { [$_->{path}, $method eq 'POST' ? (body => $_->{body}) : ()] } @asked);
    for my $asked (@asked) {
        my $answer = shift @answers;
        my $status = $answer->status // 'closed';
        my $is_own = $answer->body eq "$method $asked->{name} $asked->{body}";
        $asked->{over} = $answer->header('x-over') // 'none';
        $asked->{at}   = $answer->header('x-at') // 0;
        $asked->{told} = $status ne 200 ? "answered $status" : $is_own ? 'its own answer' : 'ANOTHER ANSWER: ' . substr $answer->body, 0, 100;
    }
    return @asked;
}

# What the kinds mean is done to the connections of these, and has come to the proxy; else what has not.
sub happens ($tls, @asked) {
    my $backend = $at{$tls};
    $backend->add_note("go $asked[0]{round}");
    my @done;
    wait_until(30, sub { my %done = map { $_ => 1 } $backend->notes; !(@done = grep { $DO{ $_->{kind} } && !$done{"done $_->{name}"} } @asked) });
    return 'not done: ' . join ', ', map { $_->{kind} } @done if @done;
    wait_until(30, sub { !(@done = grep { $DO{ $_->{kind} } && !$backend->has_reached($_->{at}) } @asked) });
    return @done ? 'not come to the proxy: ' . join ', ', map { $_->{kind} } @done : '';
}

# Each of these kinds lies in the pool; then as many requests, which must not meet them.
sub after ($server, $tls, $method, @kinds) {
    my @first = round($server, $tls, 'GET', @kinds);
    my $missing = happens($tls, @first);
    return $missing if length $missing;
    # mod_proxy overlooks one empty line, and may use that connection
    my %kind = map { $_->{over} => $_->{kind} } grep { $_->{kind} !~ /empty line/ } @first;
    my @then = round($server, $tls, $method, ('nothing') x @kinds);
    return told(@first, @then) . join '', map { "; the connection was used where a backend: $kind{ $_->{over} }" } grep { $kind{ $_->{over} } } @then;
}

# What a backend hears that has ended TLS, and not the connection. Its close_notify is answered (RFC 5246 7.2.1), where
# mod_ssl says nothing any more.
sub goodbye ($server, $tls, $method) {
    my ($first) = round($server, $tls, 'GET', 'ends TLS alone');
    my $missing = happens($tls, $first);
    return $missing if length $missing;
    round($server, $tls, $method, 'nothing');
    my $goodbye;
    wait_until(20, sub { ($goodbye) = map { /^goodbye $first->{name} (.*)/ ? $1 : () } $at{$tls}->notes; defined $goodbye });
    return $goodbye // 'nobody left';
}

sub told (@asked) {
    my %count;
    ++$count{ $_->{told} } for @asked;
    return join '; ', map { "$count{$_} $_" } sort keys %count;
}

for my $tls (2, 3) {
    my @ours = grep { $tls == 3 || !/new keys/ } sort keys %OURS;
    for my $method (qw(GET POST)) {
        $twins->both("TLS 1.$tls, after all that may happen to a connection, $method", sub ($server) { after($server, $tls, $method, @KINDS) }, 2 * @KINDS . ' its own answer');
        $twins->both('and what they left in the pool is used', sub ($server) {
            my @then = map { round($server, $tls, $method, ('nothing') x @KINDS) } 1, 2;
            my %over = map { $_->{over} => 1 } @then;
            return told(@then) . ', ' . (keys %over <= @KINDS ? 'over the same' : keys(%over) . ' connections');
        }, 2 * @KINDS . ' its own answer, over the same') if mpm() ne 'prefork';
        next if !is_tlsplus;
        is goodbye($twins->ours, $tls, $method), 'alert', "TLS 1.$tls, a backend that has ended TLS alone is told goodbye, $method" if mpm() ne 'prefork';
        is after($twins->ours, $tls, $method, @ours), 2 * @ours . ' its own answer', "TLS 1.$tls, where mod_ssl goes astray, $method";
    }
}
ok $twins->stop, 'both stop cleanly';
done_testing;
