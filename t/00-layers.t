# SPDX-License-Identifier: Apache-2.0
#
# Who may include whom. The #include lines of every source are held against the table below, which is
# the one in the project's style: arrows point downwards only, OpenSSL's headers are seen by its wrappers
# only, httpd's by one header. A few rules that need no compiler are checked on the way. The checker is
# itself checked: the bad samples at the end must each be found.
use v5.36;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Find ();
use Test::More;

my $top = $ENV{TLSPLUS_SRCDIR} // abs_path(dirname(__FILE__) . '/..');

# Layer of a file, by its path. First match counts.
my @LAYERS = (
    [module  => qr{^mod_tlsplus\.cpp$}],
    [base    => qr{^ssl_engine/base/[^/]+\.(?:h|cpp)$}],
    [openssl => qr{^ssl_engine/openssl/[^/]+\.(?:h|cpp)$}],
    [apache  => qr{^ssl_engine/httpd/apache\.h$}],
    [httpd   => qr{^ssl_engine/httpd/[^/]+\.(?:h|cpp)$}],
    [tools   => qr{^ssl_engine/tools/[^/]+\.(?:h|cpp)$}],
    [core    => qr{^ssl_engine/[^/]+\.(?:h|cpp)$}],
    [glue    => qr{^ssl_scache/[^/]+_(?:bridge|segment)\.(?:h|cpp)$}],
    [facade  => qr{^ssl_scache/(?:session_cache|session_codec|ticket_keys)\.(?:h|cpp)$}],
    [cache   => qr{^ssl_scache/[^/]+\.(?:h|cpp)$}],
    [test    => qr{^t/unit/[^/]+\.(?:h|cpp)$}],
    [bench   => qr{^t/bench/[^/]+\.(?:h|cpp)$}],
    [peer    => qr{^t/bench/mod_[^/]+\.c$}],       # another module, to be measured against
);

# What a layer may include: layers, and as "<...>" the kinds of foreign headers below. Every layer may
# include the C++ library and the operating system.
my %MAY = (
    base    => [qw(base)],
    openssl => [qw(openssl base <openssl>)],
    cache   => [qw(cache facade openssl base)],
    facade  => [qw(cache facade openssl base)],
    core    => [qw(core facade openssl base)],
    tools   => [qw(tools core openssl base)],
    apache  => [qw(<httpd>)],
    httpd   => [qw(httpd apache core glue cache facade openssl base)],
    glue    => [qw(glue apache core cache facade openssl base)],
    module  => [qw(httpd apache)],
    test    => [qw(test tools core cache facade openssl base <openssl>)],
    bench   => [qw(bench test tools core cache facade openssl base <openssl> <unknown>)],
    peer    => [qw(<httpd> <unknown>)],
);

my $SYSTEM = qr{^(?:
      [a-z_]+                                   # the C++ library: no suffix
    | sys/[a-z]+\.h | netinet/[a-z]+\.h | arpa/inet\.h | linux/tcp\.h
    | (?:unistd|fcntl|poll|pwd|grp|termios|pty|dirent|spawn|signal|errno|glob|pthread|dlfcn|netdb|malloc)\.h
)$}x;

sub layer_of ($path) {
    for my $row (@LAYERS) {
        return $row->[0] if $path =~ $row->[1];
    }
    return undef;
}

sub kind_of ($header) {
    return '<openssl>' if $header =~ m{^openssl/};
    return '<check>'   if $header eq 'check.h';
    return '<system>'  if $header =~ $SYSTEM;
    return '<httpd>'
        if $header =~ m{^(?:httpd|scoreboard|unixd|heartbeat|http2|apr|apu|ap|http|mod|util|mpm)(?:_\w+)?\.h$};
    return '<unknown>';
}

# The code without comments, and with strings and characters emptied; lines keep their numbers.
sub code_of ($text) {
    my $keep = sub ($part, $instead) { $instead . "\n" x ($part =~ tr/\n//) };
    $text =~ s{
        ( // [^\n]* | /\* .*? \*/ )
      | R"([^(\s]*)\( .*? \)\g{2}"
      | ( "(?:\\.|[^"\\\n])*" )
      | (?<![0-9a-fA-F]) ( '(?:\\.|[^'\\\n])+' )
    }{ $keep->($&, defined $1 ? ' ' : '""') }gsex;
    return $text;
}

# All that is wrong with one file, one line each; empty if nothing is.
sub findings ($path, $text, $exists = sub { -e "$top/$_[0]" }) {
    my @found;
    my $layer = layer_of($path) // return "$path: belongs to no layer";
    my %may   = map { $_ => 1 } @{$MAY{$layer}}, '<system>';
    $may{'<check>'} = 1 if $path eq 't/unit/unit.h';

    push @found, "$path:1: the first line is not the SPDX line"
        unless $text =~ m{\A(?://|/\*) SPDX-License-Identifier: Apache-2\.0\n};
    push @found, "$path:1: no #pragma once" if $path =~ /\.h$/ && $text !~ /^#pragma once$/m;

    # Only what precedes an include on its line may hide it; a commented-out one has // before it.
    my $number = 0;
    for my $line (split /\n/, $text) {
        $number++;
        next unless $line =~ m{^\s*#\s*include\b\s*(.*)};
        my $what = $1;
        if ($what =~ m{^"([^"]+)"}) {
            my $target = $1;
            my $to = layer_of($target);
            if (!defined $to || !$exists->($target)) {
                push @found, "$path:$number: \"$target\" is not a file of ours, named from the top folder";
            }
            elsif (!$may{$to}) {
                push @found, "$path:$number: $layer must not include $to (\"$target\")";
            }
        }
        elsif ($what =~ m{^<([^>]+)>}) {
            my $kind = kind_of($1);
            push @found, "$path:$number: $layer must not include $kind (<$1>)" unless $may{$kind};
        }
        else {
            push @found, "$path:$number: an include that cannot be read: $what";
        }
    }

    # Errors are values. A test may throw, to see where it ends.
    if ($layer !~ /^(?:test|bench|peer)$/) {
        my @code = split /\n/, code_of($text);
        for my $i (0 .. $#code) {
            push @found, "$path:@{[$i + 1]}: throw" if $code[$i] =~ /\bthrow\b/;
        }
        push @found, "$path:500: over 500 lines; there is a second file in it" if @code > 500;
    }
    return @found;
}

sub sources {
    my @paths;
    my @roots = grep { -e } map { "$top/$_" } qw(mod_tlsplus.cpp ssl_engine ssl_scache t/unit t/bench);
    File::Find::find(
        { no_chdir => 1, wanted => sub { push @paths, substr($_, 1 + length $top) if -f && /\.(?:h|hpp|cc|cpp|cxx|c)$/ } },
        @roots);
    return sort @paths;
}

sub slurp ($path) {
    open my $in, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}

my @sources = sources();
cmp_ok(scalar @sources, '>', 10, 'sources were found');
for my $path (@sources) {
    my @found = findings($path, slurp("$top/$path"));
    ok(!@found, $path) or diag join "\n", @found;
}

# ---- the checker, checked -----------------------------------------------------------------

my $spdx = "// SPDX-License-Identifier: Apache-2.0\n";
my @BAD = (
    ['ssl_engine/base/a.cpp',    '#include <openssl/ssl.h>',                  qr/base must not include <openssl>/],
    ['ssl_engine/base/a.cpp',    '#include "ssl_engine/openssl/handles.h"',   qr/base must not include openssl/],
    ['ssl_engine/base/a.cpp',    '#include "ssl_engine/policy.h"',            qr/base must not include core/],
    ['ssl_engine/openssl/a.cpp', '#include "ssl_engine/policy.h"',            qr/openssl must not include core/],
    ['ssl_engine/openssl/a.cpp', '#include "ssl_scache/session_cache.h"',     qr/openssl must not include facade/],
    ['ssl_engine/policy.cpp',    '#include "ssl_engine/tools/net.h"',         qr/core must not include tools/],
    ['ssl_engine/tools/a.cpp',   '#include <openssl/ssl.h>',                  qr/tools must not include <openssl>/],
    ['ssl_engine/tools/a.cpp',   '#include "ssl_engine/httpd/log.h"',         qr/tools must not include httpd/],
    ['ssl_engine/httpd/a.cpp',   '#include "ssl_engine/tools/net.h"',         qr/httpd must not include tools/],
    ['ssl_engine/policy.cpp',    '#include <openssl/ssl.h>',                  qr/core must not include <openssl>/],
    ['ssl_engine/policy.cpp',    '#include "ssl_scache/shm_cache.h"',         qr/core must not include cache/],
    ['ssl_engine/policy.cpp',    '#include "ssl_engine/httpd/apache.h"',      qr/core must not include apache/],
    ['ssl_engine/policy.cpp',    '#include "ssl_engine/httpd/log.h"',         qr/core must not include httpd/],
    ['ssl_engine/policy.cpp',    '#include <httpd.h>',                        qr/core must not include <httpd>/],
    ['ssl_engine/policy.cpp',    '  #  include <apr_pools.h>',                qr/core must not include <httpd>/],
    ['ssl_engine/policy.cpp',    '#include <http_log.h>',                     qr/core must not include <httpd>/],
    ['ssl_engine/policy.cpp',    '#include <jansson.h>',                      qr/core must not include <unknown>/],
    ['ssl_engine/policy.cpp',    '#include "policy.h"',                       qr/not a file of ours/],
    ['ssl_engine/policy.cpp',    '#include "ssl_engine/no_such_file.h"',      qr/not a file of ours/],
    ['ssl_engine/policy.cpp',    '#include HEADER',                           qr/cannot be read/],
    ['ssl_scache/shm_cache.cpp', '#include "ssl_engine/policy.h"',            qr/cache must not include core/],
    ['ssl_scache/shm_cache.cpp', '#include <openssl/ssl.h>',                  qr/cache must not include <openssl>/],
    ['ssl_scache/ticket_keys.h', "#pragma once\n#include <apr_shm.h>",       qr/facade must not include <httpd>/],
    ['ssl_scache/shm_segment.cpp', '#include <apr_shm.h>',                    qr/glue must not include <httpd>/],
    ['ssl_scache/shm_segment.cpp', '#include "ssl_engine/httpd/config.h"',    qr/glue must not include httpd/],
    ['ssl_engine/httpd/a.cpp',   '#include <http_log.h>',                     qr/httpd must not include <httpd>/],
    ['ssl_engine/httpd/a.cpp',   '#include <openssl/ssl.h>',                  qr/httpd must not include <openssl>/],
    ['ssl_engine/httpd/a.cpp',   '#include "mod_tlsplus.cpp"',                qr/httpd must not include module/],
    ['mod_tlsplus.cpp',          '#include "ssl_engine/policy.h"',            qr/module must not include core/],
    ['t/unit/a_test.cpp',        '#include <check.h>',                        qr/test must not include <check>/],
    ['t/unit/a_test.cpp',        '#include "ssl_engine/httpd/log.h"',         qr/test must not include httpd/],
    ['t/bench/a.cpp',            '#include <httpd.h>',                        qr/bench must not include <httpd>/],
    ['t/bench/mod_a.c',          '#include "ssl_scache/shm_cache.h"',         qr/peer must not include cache/],
    ['ssl_engine/policy.cpp',    'void f() { throw 1; }',                     qr/:2: throw/],
    ['ssl_engine/policy.cpp',    "const char* s = \"\\\"\";\nthrow;",         qr/:3: throw/],
    ['ssl_engine/policy.cpp',    "/* a\nb */ throw;",                         qr/:3: throw/],
    ['ssl_engine/policy.cpp',    "R\"x(\")\" )x\"; throw;",                   qr/:2: throw/],
    ['ssl_engine/policy.cpp',    "const char q = '\"'; throw;  // \"",        qr/:2: throw/],
    ['ssl_engine/policy.cpp',    "int n = 1'000; throw 2'000;",               qr/:2: throw/],
    ['ssl_engine/policy.cpp',    "int x;\n" x 500,                            qr/over 500 lines/],
    ['ssl_engine/policy.h',      'int x;',                                    qr/no #pragma once/],
    ['ssl_engine/new_folder/a.cpp', 'int x;',                                 qr/belongs to no layer/],
    ['ssl_engine/policy.cc',     'int x;',                                    qr/belongs to no layer/],
);
for my $row (@BAD) {
    my ($path, $text, $expected) = @$row;
    my @found = findings($path, $spdx . $text . "\n", sub { $_[0] !~ /no_such_file/ });
    my $shown = length $text > 60 ? substr($text, 0, 20) . '...' : $text =~ s/\n/ /gr;
    ok(scalar(grep { $_ =~ $expected } @found) && @found == 1, "found in $path: $shown")
        or diag join "\n", 'found:', @found;
}
like((findings('ssl_engine/policy.cpp', "int x;\n"))[0], qr/SPDX/, 'a missing SPDX line is found');

my @GOOD = (
    ['ssl_engine/openssl/a.cpp', '#include <openssl/ssl.h>'],
    ['ssl_engine/policy.cpp',    "#include <unistd.h>\n#include <sys/stat.h>\n#include <vector>"],
    ['ssl_engine/policy.cpp',    '#include "ssl_scache/ticket_keys.h"  // the ring'],
    ['ssl_engine/policy.cpp',    '// #include <httpd.h>'],
    ['ssl_engine/policy.cpp',    "// we never throw\nconst char* s = \"throw\"; /* throw */ int rethrow = 1'000;"],
    ['ssl_engine/policy.cpp',    "const char* s = R\"(throw \")\"; "],
    ['ssl_engine/httpd/a.cpp',   '#include "ssl_scache/shm_segment.h"'],
    ['ssl_scache/shm_segment.cpp', '#include "ssl_engine/httpd/apache.h"'],
    ['mod_tlsplus.cpp',          '#include "ssl_engine/httpd/lifecycle.h"'],
    ['t/unit/unit.h',            "#pragma once\n#include <check.h>"],
    ['t/unit/a_test.cpp',        'void f() { throw 1; }'],
);
for my $row (@GOOD) {
    my ($path, $text) = @$row;
    my @found = findings($path, $spdx . $text . "\n", sub { 1 });
    ok(!@found, "not found in $path: " . $text =~ s/\n/ /gr) or diag join "\n", @found;
}

done_testing;
