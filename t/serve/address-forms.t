# SPDX-License-Identifier: Apache-2.0
#
# Every way to write an address, against mod_ssl: sets of Listen and <VirtualHost> lines drawn at random
# (IPv4, IPv6, names, *, _default_, ports, several addresses for one host and several hosts on one address,
# ServerAlias, SSLEngine on, off and unset, Listen ... https). Each set is asked for names on all of its
# addresses; which certificate is shown, which host answers and with what status must be what mod_ssl does.
#
#   prove t/serve/address-forms.t               some hundred sets
#   prove t/serve/address-forms.t :: 2000 99    so many, drawn from another seed
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(sanitized);
use TLSplus::Process qw(run slurp spew);
use TLSplus::Twins;

use constant SETS_A_SERVER => 60;
use constant MOST_HOSTS    => 5;

my ($sets, $seed) = ($ARGV[0] // (sanitized() ? 60 : 240), $ARGV[1] // 1);
srand $seed;

my $certs = TLSplus::Certs->new;
$certs->leaf("h$_", san => ['a.test', 'localhost'], cn => "h$_") for 0 .. MOST_HOSTS - 1;
my %host_of = map { (pem(slurp($certs->dir . "/h$_.crt")) => "h$_") } 0 .. MOST_HOSTS - 1;
my $has_ipv6 = slurp('/proc/net/if_inet6') =~ /^0{31}1 /m;

my @NAMES   = qw(a.test b.test c.test x.w.test y.test localhost);
my @ALIASES = ('b.test', 'c.test', 'y.test', '*.w.test', '*.test', '?.test', 'localhost', 'A.test', '*');
my @ASKED   = (@NAMES, 'B.TEST', 'deep.x.w.test', 'unknown.example');

sub any (@list) { $list[rand @list] }
sub chance ($percent) { rand(100) < $percent }
sub some (@list) { my @kept = grep { chance(60) } @list; @kept ? @kept : any(@list) }
sub pem ($text) { $text =~ /(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----)/s ? $1 =~ s/\s//gr : '' }

# One set: {conf, ask => [[url's scheme, address, SNI or undef, Host or undef] ...]}. `alone`: nobody else is on the
# server, so that it may have hosts for all of its ports.
sub draw ($number, $alone) {
    my $port  = "\@PORT$number\@";
    my $own   = sprintf '127.%d.%d', 1 + int($number / 250), 1 + $number % 250;
    my @ips   = ('127.0.0.1', "$own.1", "$own.2", $has_ipv6 ? '[::1]' : "$own.3");
    my @bound = some(@ips);
    my $conf  = join '', map { "Listen $_:$port" . any('', '', ' http', ' https') . "\n" } @bound;
    my @forms = (
        (map { "$_:$port" } @bound, @bound, "$own.9"), "*:$port", "*:$port", "_default_:$port",
        "localhost:$port", "$own.1:*", ($alone ? ('*', '*:*', '_default_:*') : ()),
    );
    my $engine = any('SSLEngine on', 'SSLEngine on', 'mixed');
    for my $n (0 .. int rand MOST_HOSTS) {
        my @at = map { any(@forms) } 1 .. any(1, 1, 1, 2, 3);
        # without a name httpd asks the resolver for one
        my $nameless = chance(15) && !grep { !/^(?:\*|_default_|localhost)/ } @at;
        $conf .= join "\n", "<VirtualHost @at>",
          ($nameless ? () : '  ServerName ' . any(@NAMES[0 .. 3])),
          (chance(40) ? '  ServerAlias ' . join ' ', map { any(@ALIASES) } 1 .. any(1, 2) : ()),
          '  ' . ($engine eq 'mixed' ? any('SSLEngine on', 'SSLEngine off', '', '') : $engine),
          (chance(10) ? '  SSLStrictSNIVHostCheck on' : ()),
          "  SSLCertificateFile \@CERTS\@/h$n.crt", "  SSLCertificateKeyFile \@CERTS\@/h$n.key",
          "  Header always set X-Host h$n", "</VirtualHost>\n";
    }
    my @ask;
    for my $ip (@bound) {
        my $name = any(@ASKED);
        push @ask, map { ['https', $ip, $_, $_] } some(@ASKED);
        push @ask, ['https', $ip, $name, any(@NAMES)], ['https', $ip, undef, any(@NAMES)], ['http', $ip, $name, $name];
    }
    return { port => "PORT$number", conf => $conf, ask => \@ask };
}

# All questions to all sets in one run of curl: {"set: question" => "status host certificate"}.
sub answers ($server, $drawn) {
    my (@lines, @questions);
    for my $set (@$drawn) {
        my $port = $server->port($set->{port});
        for my $question (@{ $set->{ask} }) {
            my ($scheme, $ip, $name, $host) = @$question;
            # an address in the place of a name sends no SNI
            my $sent = $name // '127.9.9.9';
            push @lines, 'next' if @lines;
            push @lines, qq{url = "$scheme://$sent:$port/"}, qq{connect-to = "$sent:$port:$ip:$port"}, 'insecure', 'http1.1',
              'max-time = 20', 'noproxy = "*"', qq{header = "Host: $host"}, 'header = "Connection: close"', 'output = "/dev/null"',
              'write-out = "\n=== %{http_code} %header{x-host} %{exitcode}\n%{certs}\n"';
            push @questions, "$set->{port} $scheme $ip SNI " . ($name // 'none') . " Host $host";
        }
    }
    my $file = $server->root . '/questions';
    spew($file, join '', map { "$_\n" } @lines);
    my $done = run(['curl', '-q', '--silent', '-K', $file], timeout => 600);
    my (undef, @said) = split /^=== /m, $done->{out};
    die 'curl answered ' . @said . ' of ' . @questions . " questions: $done->{err}\n" if @said != @questions;
    my %answer;
    for my $n (0 .. $#questions) {
        my ($status, $by, $exit) = $said[$n] =~ /^(\d+) (\S*) (\d+)$/m;
        my $shown = $said[$n] =~ /BEGIN CERT/ ? $host_of{ pem($said[$n]) } // 'an unknown one' : '-';
        $answer{ $questions[$n] } = $status + 0 ? "$status by " . ($by || '?') . " with $shown" : 'no ' . ($exit == 35 ? 'TLS' : "answer ($exit)");
    }
    return \%answer;
}

# mod_ssl does not look at the name in <VirtualHost name:port> during the handshake, httpd does for a request: there it shows
# the first host's certificate and then refuses the very name that was asked for. Ours takes the host that httpd takes.
sub is_better ($conf, $question, $stock, $ours) {
    # plain HTTP on a TLS port: mod_ssl answers as the first host, ours as the one asked for
    return $stock =~ /^400 / && $ours =~ /^400 / if $question =~ / http /;
    my ($sni, $host) = $question =~ /SNI (\S+) Host (\S+)/;
    return 0 unless $sni eq 'localhost' && $conf =~ /<VirtualHost .*localhost:/;
    return $host eq $sni ? $stock =~ /^421 by (h\d)/ && $ours =~ /^200 by $1 / : $ours =~ /^421 /;
}

my ($number, $wrong, $better) = (0, 0, 0);
while ($number < $sets) {
    my $alone = $number % (2 * SETS_A_SERVER) >= SETS_A_SERVER && $number % SETS_A_SERVER < 3;
    my @drawn = map { draw($number++, $alone) } 1 .. ($alone ? 1 : SETS_A_SERVER);
    my $twins = TLSplus::Twins->start(certs => $certs, modules => ['headers'], loglevel => 'warn', conf => join '', map { $_->{conf} } @drawn);
    my ($stock, $ours) = $twins->ask(sub ($server) { answers($server, \@drawn) });
    my %conf_of = map { ($_->{port} => $_->{conf}) } @drawn;
    my @differ  = grep { $stock->{$_} ne $ours->{$_} } sort keys %$stock;
    my @wrong   = grep { !is_better($conf_of{ s/ .*//r }, $_, $stock->{$_}, $ours->{$_}) } @differ;
    $better += @differ - @wrong;
    ok !@wrong, 'sets ' . ($number - @drawn) . ' to ' . ($number - 1) . ': ' . keys(%$stock) . ' answers as mod_ssl';
    for my $set (@drawn) {
        my @of_set = grep { /^$set->{port} / } @wrong or next;
        diag "seed $seed, set $set->{port}:\n$set->{conf}", map { "$_\n  mod_ssl: $stock->{$_}\n  ours:    $ours->{$_}\n" } @of_set if ++$wrong <= 3;
    }
    cmp_ok scalar(grep { /^200/ } values %$ours), '>', $alone ? -1 : keys(%$ours) / 3, 'most are answered';
    ok $twins->stop, 'both stop cleanly';
}
note "better than mod_ssl: $better";
done_testing;
