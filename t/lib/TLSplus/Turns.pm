# SPDX-License-Identifier: Apache-2.0
#
# Servers that take turns at one operation, so that what else the machine does falls on all of them, and the table of
# what it cost each. The figure is the median of the rounds; ratios hold from machine to machine, microseconds do not.
#
#   my $turns = TLSplus::Turns->take(5, \@servers, sub ($server) { {us => ..., p99 => ...} });
#   TLSplus::Turns::print_head();
#   $turns->print_rows('keep-alive', 'mod_ssl', ours => 0.85);
package TLSplus::Turns;
use v5.36;
use List::Util qw(max min);

# `measure` says what one turn of a server came to: {us, p99}. Round 0 warms up and does not count.
sub take ($class, $rounds, $servers, $measure) {
    my $self = bless { names => [map { $_->{name} } @$servers], us => {}, p99 => {} }, $class;
    for my $round (0 .. $rounds) {
        for my $server (@$servers) {
            my $found = $measure->($server);
            next if $round == 0;
            push @{ $self->{$_}{ $server->{name} } }, $found->{$_} for keys %$found;
        }
    }
    return $self;
}

# undef: nothing was measured.
sub median ($self, $name, $what = 'us') {
    my @values = sort { $a <=> $b } @{ $self->{$what}{$name} // [] };
    return @values ? $values[$#values / 2] : undef;
}

sub print_head () { printf "%-28s %-8s %10s %7s %17s %9s  %s\n", 'operation', 'server', 'us CPU', 'ratio', 'spread', 'p99 us', '' }

# A row for each server, in the order they were given in; but for those in `except`. aim => [name, ratio].
sub print_rows ($self, $operation, $reference, %opt) {
    my ($whose, $most) = @{ $opt{aim} // ['', 0] };
    my %except = map { $_ => 1 } @{ $opt{except} // [] };
    for my $name (grep { !$except{$_} } @{ $self->{names} }) {
        my $ratio = $self->ratio($self->median($name), $reference);
        $self->print_row($operation, $name, $reference, $self->median($name),
            $name eq $whose && defined $ratio ? sprintf('aim %.2f: %s', $most, $ratio <= $most ? 'met' : 'missed') : '');
    }
}

# undef: the other has used less than a tick of the kernel's clock.
sub ratio ($self, $us, $reference) {
    my $whole = $self->median($reference);
    return $whole ? $us / $whole : undef;
}

# `us`: what it is held to have cost, be it measured or a sum.
sub print_row ($self, $operation, $name, $reference, $us, $note = '') {
    my @all    = @{ $self->{us}{$name} // [] };
    my $spread = @all ? sprintf('%.1f-%.1f', min(@all), max(@all)) : '';
    my $p99    = $self->median($name, 'p99');
    my $ratio  = $self->ratio($us, $reference);
    printf "%-28s %-8s %10.1f %7s %17s %9s  %s\n", $operation, $name, $us, defined $ratio ? sprintf('%.2f', $ratio) : '-', $spread,
      defined $p99 ? sprintf('%.0f', $p99) : '', $note;
}

1;
