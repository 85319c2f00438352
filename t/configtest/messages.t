# SPDX-License-Identifier: Apache-2.0
#
# Every message of the catalogue is written somewhere: what is documented and never said sends people
# looking for a line that cannot come.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Find qw(find);
use Test::More;
use TLSplus::Env     qw(srcdir);
use TLSplus::Process qw(slurp);

my $top = srcdir();
my ($enum) = slurp("$top/ssl_engine/messages/diagnostics.h") =~ /enum class Tp : MessageId \{(.*?)\n\};/s or die "no enum Tp\n";
my %id = $enum =~ /^\s*(\w+) = (\d+),/mg;
cmp_ok scalar keys %id, '>', 200, 'the catalogue is read';
my %count;
$count{$_}++ for values %id;
is_deeply [grep { $count{$_} > 1 } sort keys %count], [], 'no number is used twice';

my %used;
find({ no_chdir => 1, wanted => sub {
    return if !/\.(?:cpp|h)$/ || m{/diagnostics_\w+\.cpp$};
    my $text = slurp($_) =~ s{//[^\n]*}{}gr;
    # paced_messages.h says how often, not when
    return if m{/paced_messages\.h$};
    $used{$1} = 1 while $text =~ /\bTp::(\w+)/g;
} }, map { "$top/$_" } qw(ssl_engine ssl_scache));
is_deeply [map { sprintf 'TP%04d %s', $id{$_}, $_ } sort grep { !$used{$_} } keys %id], [], 'every message is written somewhere';

my @rows = map { slurp($_) =~ /\{Tp::(\w+),/g } glob "$top/ssl_engine/messages/diagnostics_*.cpp $top/ssl_engine/*/rows_*.cpp";
my %row  = map { $_ => 1 } @rows;
is_deeply [grep { !$row{$_} } sort keys %id], [], 'and has a row';

done_testing;
