# SPDX-License-Identifier: Apache-2.0
#
# Every row of the table of directives is documented: a page for each one that works, a line in the index for old names.
# And every message a page names exists.
use v5.36;
use FindBin;
use Test::More;

my $top = "$FindBin::Bin/../..";

sub slurp ($path) {
    open my $in, '<', $path or die "$path: $!\n";
    local $/ = undef;
    return scalar <$in>;
}

my $table = slurp("$top/ssl_engine/settings/directives.cpp");
my ($rows) = $table =~ /constexpr Directive kDirectives\[\] = \{\n(.*?)\n\};/s or die "no table\n";
$rows =~ s{^\s*(?://|\#).*$}{}mg;
my @rows;
# Strings may hold braces; a row ends at the brace outside of them.
while ($rows =~ /\{((?:"(?:[^"\\]|\\.)*"|[^"}])*)\}/g) {
    my $row = $1;
    my ($name, $setter, $texts) = $row =~ /^"(\w+)",\s*Shape::\w+,\s*Scope::\w+,\s*(\w+)[^"]*(.*)$/s
        or die "what is this row? $row\n";
    my @texts = ('');  # help, detail; adjacent literals are one text
    while ($texts =~ /"((?:[^"\\]|\\.)*)"|(,)/g) {
        if ($2) { push @texts, '' } else { $texts[-1] .= $1 }
    }
    push @rows, {name => $name, setter => $setter, detail => $texts[1] // ''};
}
cmp_ok scalar @rows, '>=', 90, 'the table was read';

my $index = slurp("$top/doc/directives/README.md");
for my $row (@rows) {
    my ($name, $setter) = @$row{qw(name setter)};
    if ($setter =~ /^(?:renamed|old_mutex)$/) {
        like $index, qr/^\|[^|\n]*\b$name\b[^|\n]*\|[^|\n]+\|$/m, "$name is among the old names";
        next;
    }
    my $file = "$top/doc/directives/$name.md";
    ok -e $file, "$name has a page" or next;
    my $page = slurp($file);
    like $page, qr/\A# $name\n/, "$name: title";
    like $index, qr/\[$name\]\($name\.md\)/, "$name is in the index";
    next if $setter eq 'removed';
    like $page, qr/^    $_: +\S/m, "$name: $_" for qw(Syntax Default Context);
    my ($body) = $page =~ /^    Context: .*?\n(.*)/ms;
    like $body // '', qr/^ {4,}(?:# )?\b$name\b/m, "$name: an example";
    like $page, qr/^## $_$/m, "$name: $_" for 'Different from mod_ssl', 'Bad values';
}

my %known = map { $_ => 1 } slurp("$top/ssl_engine/messages/diagnostics.h") =~ /^  \w+ = (\d+),/mg;
my %row = map { $_->{name} => 1 } @rows;
for my $page (glob "$top/doc/directives/*.md") {
    my ($name) = $page =~ m{([^/]+)\.md$};
    my $text = slurp($page);
    ok $row{$name}, "$name is a directive" if $name ne 'README';
    ok $known{0 + $_}, "$name: TP$_ exists" for $text =~ /\bTP(\d{4})\b/g;
    ok -e "$top/doc/directives/$_", "$name: $_ exists" for $text =~ /\]\(([^)#]+)\)/g;
    is_deeply [grep { length > 120 && !/^\|/ } split /\n/, $text], [], "$name: no long lines";
}

done_testing;
