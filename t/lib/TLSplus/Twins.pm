# SPDX-License-Identifier: Apache-2.0
#
# Two servers that differ in one thing: one speaks TLS through the stock mod_ssl, the other through
# the module under test. Same configuration, certificates, files and requests; the answers must be the
# same too, or the test says which may differ and why.
#
#   my $twins = TLSplus::Twins->start(certs => $certs, conf => <<'CONF');   # as TLSplus::Server->start
#   $twins->same('the version', sub ($server) { {version => $server->get('/v')->body} });
#
# What differs by nature is made equal before comparing: server roots, ports, process ids, times.
package TLSplus::Twins;
use v5.36;
use Test::More ();
use TLSplus::Env qw(has_module modules_dir);
use TLSplus::Server ();

# Each names the headers it was compiled with, and those need not be of one version.
my %BY_NATURE = (SSL_VERSION_LIBRARY_INTERFACE => qr{^OpenSSL/\d+\.\d+\.\d+});

# Ends the test file as skipped where there is no mod_ssl to compare with.
sub start ($class, %opt) {
    my $stock = modules_dir() . '/mod_ssl.so';
    Test::More::plan(skip_all => "no $stock to compare with") unless -f $stock;
    return bless {
        stock => TLSplus::Server->start(%opt, so => $stock),
        ours  => TLSplus::Server->start(%opt),
    }, $class;
}

sub stock ($self) { $self->{stock} }
sub ours  ($self) { $self->{ours} }

# What `ask` found on each: (stock, ours). It returns a hash of named texts.
sub ask ($self, $ask) {
    return map { my $server = $self->{$_}; _levelled($server, $ask->($server)) } qw(stock ours);
}

# One test: both answer the same. least => how many entries there must be, so that two empty answers
# are no success; differ => {name => sub ($stock, $ours) or a pattern both must match}.
sub same ($self, $what, $ask, %opt) {
    my ($stock, $ours) = $self->ask($ask);
    my @wrong;
    for my $name (sort keys %{ { %$stock, %$ours } }) {
        my ($theirs, $mine) = ($stock->{$name}, $ours->{$name});
        my $rule = $opt{differ}{$name} // $BY_NATURE{$name};
        my $fine = !defined $rule ? defined $theirs && defined $mine && $theirs eq $mine
            : ref $rule eq 'CODE' ? $rule->($theirs, $mine)
            :                       ($theirs // '') =~ $rule && ($mine // '') =~ $rule;
        push @wrong, join "\n", $name, map { '  ' . ($_->[0]) . ($_->[1] // '(absent)') } ['mod_ssl: ', $theirs], ['ours:    ', $mine]
            unless $fine;
    }
    my $least = $opt{least} // 1;
    push @wrong, "mod_ssl gave only " . keys(%$stock) . " entries, expected $least" if keys(%$stock) < $least;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::ok(!@wrong, "$what: the same " . keys(%$stock) . ' answers as mod_ssl')
        || Test::More::diag(join "\n", @wrong);
}

# One test: what `ask` finds, a text, is the same on both. Returns mod_ssl's.
sub alike ($self, $what, $ask) {
    my ($theirs, $mine) = ($ask->($self->stock), $ask->($self->ours));
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    Test::More::ok($theirs eq $mine, "$what: $theirs") || Test::More::diag("  mod_ssl: $theirs\n  ours:    $mine");
    return $theirs;
}

# One test: what `ask` finds on each is this text.
sub both ($self, $what, $ask, $expected) {
    my ($theirs, $mine) = ($ask->($self->stock), $ask->($self->ours));
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::ok($theirs eq $expected && $mine eq $expected, "$what: $expected")
        || Test::More::diag("  mod_ssl: $theirs\n  ours:    $mine");
}

sub _levelled ($server, $answers) {
    my %port = reverse %{ $server->{port} };
    my $ports = join '|', sort keys %port;
    my $root = quotemeta $server->root;
    my %level;
    for my $name (keys %$answers) {
        my $text = $answers->{$name};
        next if !defined $text;
        $text =~ s{$root}{ROOT}g;
        $text =~ s{\b($ports)\b}{$port{$1}}g if length $ports;
        $level{$name} = $text;
    }
    return \%level;
}

sub stop ($self) { $self->{stock}->stop & $self->{ours}->stop }

1;
