# SPDX-License-Identifier: Apache-2.0
#
# A session proves what its own host asked of the client, and nothing to a host with other rules
# (CVE-2025-23048 was that). Every pair of rules, by every kind of session, under another name and under
# the same name on another port: the server falls back to a full handshake, in which the rules of the
# host that was named are applied. And the other way round: a connection of one host is no way into
# another by its Host header.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Host;
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();

my $certs = TLSplus::Certs->new;
my %rules = (
    none     => 'SSLVerifyClient none',
    optional => 'SSLVerifyClient optional',
    require  => 'SSLVerifyClient require',
    other    => 'SSLVerifyClient optional',
    deeper   => "SSLVerifyClient optional\n  SSLVerifyDepth 2",
    checked  => "SSLVerifyClient optional\n  SSLCARevocationCheck leaf\n  SSLCARevocationFile \@CERTS\@/crl.pem",
);
my @rules = qw(none optional require other deeper checked);
my %port = map { $rules[$_] => 'PORT' . ($_ + 2) } 0 .. $#rules;
# One certificate for all of them, so that it is not the certificate that tells the hosts apart.
$certs->leaf('server', san => ['same.test', map { "$_.test" } @rules]);
$certs->leaf('member', cn => 'member');
$certs->ca;
$certs->ca('elsewhere');
$certs->crl('crl');
$certs->write('two.pem', $certs->read('ca.crt'), $certs->read('elsewhere.crt'));

sub host ($rule, $name, $port) {
    my $ca = $rule eq 'other' ? 'two.pem' : 'ca.crt';
    return tls_host([$name, $port], pair('server'), "  SSLCACertificateFile \@CERTS\@/$ca", "  $rules{$rule}",
        qq{  Header always set X-Seen "%{SSL_CLIENT_VERIFY}s by $rule"});
}

my @member = (args => ['-cert', $certs->dir . '/member.crt', '-key', $certs->dir . '/member.key']);

sub ask ($server, $version, $name, $port, %opt) {
    my $host = delete $opt{host} // $name;
    return $server->handshake(name => $name, port => $port, tls => $version,
        request => "GET / HTTP/1.0\r\nHost: $host\r\n\r\n", %opt);
}

# Whoever is refused is told so, or is left without an answer in the middle of a handshake.
sub seen ($answer) { ($answer->status // 0) == 403 ? 'refused' : $answer->body =~ /^X-Seen: (.*?)\r?$/m ? $1 : $answer->status // 'no connection' }

my %mode = (
    'TLS 1.2, id'            => ['TLSv1.2', 'off'],
    'TLS 1.2, ticket'        => ['TLSv1.2', 'on'],
    'TLS 1.3, ticket'        => ['TLSv1.3', 'on'],
    'TLS 1.3, stored ticket' => ['TLSv1.3', 'off'],
);
my $file = 0;
for my $mode (sort keys %mode) {
    my ($version, $tickets) = @{ $mode{$mode} };
    my $server = TLSplus::Server->start(certs => $certs, modules => ['headers'], conf => join '',
        "SSLSessionCache shmcb:\@ROOT\@/run/ssl_scache(512000)\nSSLSessionTickets $tickets\n",
        map { (host($_, "$_.test", 'PORT'), host($_, 'same.test', $port{$_})) } @rules);
    for my $from (@rules) {
        my %session;
        for my $way (['other name', "$from.test", 'PORT'], ['same name', 'same.test', $port{$from}]) {
            my ($what, $name, $port) = @$way;
            my $kept = $session{$what} = sprintf '%s/run/s%d', $server->root, ++$file;
            my $first = ask($server, $version, $name, $port, sess_out => $kept, @member);
            is seen($first), ($from eq 'none' ? 'NONE' : 'SUCCESS') . " by $from", "$mode, $what: a session of $from";
        }
        for my $to (@rules) {
            for my $way (['other name', "$to.test", 'PORT'], ['same name', 'same.test', $port{$to}]) {
                my ($what, $name, $port) = @$way;
                # Whoever comes back shows no certificate: all he has is the session.
                my $answer = ask($server, $version, $name, $port, sess_in => $session{$what});
                my $test   = "$mode, $what: $from to $to";
                if ($from eq $to) {
                    is $answer->reused, 1, "$test: resumes";
                    is seen($answer), ($from eq 'none' ? 'NONE' : 'SUCCESS') . " by $to", "$test: as the one he was";
                }
                elsif ($to eq 'require') {
                    is $answer->status, undef, "$test: is nobody, and kept out";
                }
                else {
                    is $answer->reused, 0, "$test: a full handshake";
                    is seen($answer), "NONE by $to", "$test: in which he is nobody";
                }
            }
        }
    }
    for my $from (grep { $_ ne 'require' } @rules) {
        for my $to (grep { $_ ne $from } @rules) {
            my $answer = ask($server, $version, "$from.test", 'PORT', host => "$to.test", @member);
            is $answer->status, 421, "$mode: a connection of $from with Host $to";
        }
    }
    ok $server->stop, "$mode: stops cleanly";
}

# Even where SSLVHostSNIPolicy lets everything through, the client is held against the rules of the host it
# asks, by that host's authorities: by renegotiation, or after the handshake.
{
    $certs->leaf('stranger', cn => 'stranger', issuer => 'elsewhere');
    my @stranger = ('-cert', $certs->dir . '/stranger.crt', '-key', $certs->dir . '/stranger.key');
    my $server = TLSplus::Server->start(certs => $certs, modules => ['headers'],
        conf => "SSLVHostSNIPolicy insecure\n" . join '', map { host($_, "$_.test", 'PORT') } @rules);
    for my $row (
        # connection of, request to, client, what comes of it
        ['none',  'require',  $member[1], 'SUCCESS by require'],
        ['none',  'require',  [],         'no connection'],
        ['none',  'optional', $member[1], 'SUCCESS by optional'],
        ['none',  'optional', [],         'NONE by optional'],
        ['other', 'other',    \@stranger, 'SUCCESS by other'],
        ['other', 'optional', \@stranger, 'no connection'],
        ['other', 'require',  \@stranger, 'no connection'],
        ['other', 'none',     \@stranger, 'SUCCESS by none'],
        ['deeper', 'optional', $member[1], 'SUCCESS by optional'],
    ) {
        my ($of, $to, $client, $expected) = @$row;
        for my $version (qw(TLSv1.2 TLSv1.3)) {
            my $answer = ask($server, $version, "$of.test", 'PORT', host => "$to.test", args => ['-enable_pha', @$client]);
            $expected = 'refused' if "$of$to@$client" eq 'nonerequire' && $version eq 'TLSv1.3';
            is seen($answer), $expected, "insecure, $version: a connection of $of asks $to: $expected";
        }
    }
    ok $server->stop, 'insecure: stops cleanly';
}
done_testing;
