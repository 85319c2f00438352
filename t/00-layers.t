# SPDX-License-Identifier: Apache-2.0
#
# Who may include whom. The #include lines of every source are held against the table below, which is
# the plan of the house: a row for each room, arrows down only, no ring between rooms or between headers.
# OpenSSL's headers are seen by its wrappers only, httpd's by one room. A few rules that need no compiler
# are checked on the way. The checker is itself checked: the bad samples must each be found. Pages that name
# rooms, files and functions are held against the tree.
use v5.36;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Find ();
use Test::More;

my $top = $ENV{TLSPLUS_SRCDIR} // abs_path(dirname(__FILE__) . '/..');

# The rooms, each with those it may include and, as "<...>", the kinds of foreign headers it may. A room
# stands below those it names, so that no ring can be written down here; every room may include itself,
# the C++ library and the operating system.
my @BASE    = qw(base);
my @OPENSSL = (@BASE, qw(openssl x509 ocsp tls));
my @VALUES  = (@OPENSSL, qw(messages settings));
my @JUDGED  = (@VALUES, qw(secrets certificates trust hosts));
my @CORE    = (@JUDGED, qw(scache request revocation lint assembly reload connection));
my @ROOMS   = (
    # room         where it lies                          may include
    [base        => 'ssl_engine/base',              ],
    [openssl     => 'ssl_engine/openssl',           @BASE, '<openssl>'],
    [x509        => 'ssl_engine/openssl/x509',      @BASE, 'openssl', '<openssl>'],
    [ocsp        => 'ssl_engine/openssl/ocsp',      @BASE, qw(openssl x509 <openssl>)],
    [tls         => 'ssl_engine/openssl/tls',       @BASE, qw(openssl x509 <openssl>)],
    [authority   => 'ssl_engine/openssl/authority', @BASE, qw(openssl x509 <openssl>)],
    [messages    => 'ssl_engine/messages',          @BASE],
    [settings    => 'ssl_engine/settings',          @OPENSSL, 'messages'],
    [scache      => 'ssl_scache',                   @OPENSSL],
    [request     => 'ssl_engine/request',           @OPENSSL],
    [secrets     => 'ssl_engine/secrets',           @VALUES],
    [certificates => 'ssl_engine/certificates',     @VALUES, 'secrets'],
    [trust       => 'ssl_engine/trust',             @VALUES],
    [hosts       => 'ssl_engine/hosts',             @VALUES, qw(certificates trust)],
    [revocation  => 'ssl_engine/revocation',        @JUDGED, 'scache'],
    [lint        => 'ssl_engine/lint',              @JUDGED],
    [assembly    => 'ssl_engine/assembly',          @JUDGED, 'lint'],
    [reload      => 'ssl_engine/reload',            @JUDGED, qw(lint assembly)],
    [connection  => 'ssl_engine/connection',        @JUDGED, 'scache'],
    [tools       => 'ssl_engine/tools',             @OPENSSL, qw(authority messages secrets certificates)],
    [apache      => 'ssl_engine/httpd/apache',      @CORE, '<httpd>'],
    [modules     => 'ssl_engine/httpd/modules',     @CORE, 'apache'],
    [resumption  => 'ssl_engine/httpd/resumption',  @CORE, 'apache'],
    [reloading   => 'ssl_engine/httpd/reload',      @CORE, 'apache'],
    [responders  => 'ssl_engine/httpd/revocation',  @CORE, qw(apache modules resumption)],
    [startup     => 'ssl_engine/httpd/startup',     @CORE, qw(apache modules resumption responders reloading)],
    [traffic     => 'ssl_engine/httpd/connection',  @CORE, qw(apache modules resumption responders reloading startup)],
    [proxy       => 'ssl_engine/httpd/proxy',       @CORE, qw(apache modules reloading startup traffic)],
    [requests    => 'ssl_engine/httpd/request',     @CORE, qw(apache modules resumption reloading startup traffic proxy)],
    [lifecycle   => 'ssl_engine/httpd/lifecycle',   @CORE, qw(apache modules resumption responders reloading startup traffic requests)],
    [module      => '.',                            qw(apache startup traffic proxy requests lifecycle)],
    [test        => 't/unit',                       @CORE, qw(authority tools <openssl>)],
    [bench       => 't/bench',                      @CORE, qw(authority tools test <openssl> <unknown>)],
    [peer        => 't/bench',                      qw(<httpd> <unknown>)],  # C: modules to be measured against
);
my %ROOM_AT = map { $_->[0] eq 'peer' ? () : ($_->[1] => $_->[0]) } @ROOMS;
my %MAY     = map { my ($room, undef, @may) = @$_; ($room => [$room, @may]) } @ROOMS;

# Unit tests keep the rooms of what they test; the room of such a file is "test".
sub room_of ($path) {
    return 'peer' if $path =~ m{^t/bench/mod_[^/]+\.c$};
    return undef unless $path =~ m{^(?:(.*)/)?[^/]+\.(?:h|cpp)$};
    my $folder = $1 // '.';
    return undef if $folder eq '.' && $path ne 'mod_tlsplus.cpp';
    return 'test' if $folder =~ m{^t/unit(?:/[a-z0-9_]+)*$};
    return $ROOM_AT{$folder};
}

my $SYSTEM = qr{^(?:
      [a-z_]+                                   # the C++ library: no suffix
    | sys/[a-z]+\.h | netinet/[a-z]+\.h | arpa/inet\.h | linux/tcp\.h
    | (?:unistd|fcntl|poll|pwd|grp|termios|pty|dirent|spawn|signal|errno|glob|pthread|dlfcn|netdb|malloc)\.h
)$}x;

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
    my $room = room_of($path) // return "$path: belongs to no room";
    my %may   = map { $_ => 1 } @{$MAY{$room}}, '<system>';
    $may{'<check>'} = 1 if $path eq 't/unit/unit.h';

    push @found, "$path:1: the first line is not the SPDX line"
        unless $text =~ m{\A(?://|/\*) SPDX-License-Identifier: Apache-2\.0\n};
    if ($room !~ /^(?:test|bench|peer)$/) {
        push @found, map { "$path:3: $_; write: \"Thing: what it is for.\", Thing being the type or the function that others use" }
            nameless($path, $text);
    }
    push @found, "$path:1: no #pragma once" if $path =~ /\.h$/ && $text !~ /^#pragma once$/m;

    # Only what precedes an include on its line may hide it; a commented-out one has // before it.
    my $number = 0;
    for my $line (split /\n/, $text) {
        $number++;
        next unless $line =~ m{^\s*#\s*include\b\s*(.*)};
        my $what = $1;
        if ($what =~ m{^"([^"]+)"}) {
            my $target = $1;
            my $to = room_of($target);
            if (!defined $to || !$exists->($target)) {
                push @found, "$path:$number: \"$target\" is not a file of ours, named from the top folder";
            }
            elsif (!$may{$to}) {
                push @found, "$path:$number: $room must not include $to (\"$target\")";
            }
        }
        elsif ($what =~ m{^<([^>]+)>}) {
            my $kind = kind_of($1);
            push @found, "$path:$number: $room must not include $kind (<$1>)" unless $may{$kind};
        }
        else {
            push @found, "$path:$number: an include that cannot be read: $what";
        }
    }

    # Errors are values. A test may throw, to see where it ends.
    if ($room !~ /^(?:test|bench|peer)$/) {
        my @code = split /\n/, code_of($text);
        for my $i (0 .. $#code) {
            push @found, "$path:@{[$i + 1]}: throw" if $code[$i] =~ /\bthrow\b/;
        }
        push @found, "$path:500: over 500 lines; there is a second file in it" if @code > 500;
    }
    return @found;
}

# What is wrong with the first comment of a file, of which a reader expects what the file is: nothing if its first
# sentence names a type or a function that the file has, or says every word of the file's name.
sub nameless ($path, $text) {
    my ($comment) = $text =~ m{\A// SPDX[^\n]*\n//\n((?:// [^\n]*\n)+)} or return 'no comment below the SPDX line';
    $comment =~ s{^// }{}mg;
    my ($sentence) = ($comment =~ s/\s+/ /gr) =~ /\A(.+?(?:[.?!](?= [A-Z`"])|[.?!:] *\z))/ or return 'the first comment has no sentence';
    return "the first sentence is short: $sentence" if $sentence !~ /^(?:\S+ ){3}/;
    my $code = code_of($text =~ s/^\s*#.*//mgr);
    my ($subject) = $sentence =~ /^(\w+)(?:[:,]|'s )/;
    for my $name (grep { defined } $subject, $sentence =~ /\b([a-z]\w*)(?:\(\)|<)/g, $sentence =~ /\b([A-Z][a-z]+[A-Z]\w*)\b/g) {
        return if $code =~ /\b$name\b/;
    }
    my $words  = lc($sentence =~ s/(?<=[a-z])(?=[A-Z])/ /gr);
    my ($stem) = $path =~ m{([^/]+)\.\w+$};
    my @unsaid = grep { my $root = s/(?:ies|es|s|ing|y)$//r; $words !~ /(?<![a-z0-9])\Q$root\E/ } split /_/, $stem;
    return @unsaid ? "it is not named (\"$unsaid[0]\" is not said either): $sentence" : ();
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

# ---- rings --------------------------------------------------------------------------------

# A row may name rows above it only, so the table itself holds no ring.
my %above;
for my $row (@ROOMS) {
    my ($room, undef, @may) = @$row;
    my @below = grep { !/^</ && !$above{$_} } @may;
    is_deeply(\@below, [], "$room names rooms that stand above its row only");
    $above{$room} = 1;
}

# Files that include each other in a ring, as "a.h > b.h > a.h"; nothing if there is none.
sub rings (%includes) {
    my (@rings, %state);
    my $visit;
    $visit = sub ($path, @trail) {
        if (($state{$path} // '') eq 'open') {
            shift @trail while @trail && $trail[0] ne $path;
            push @rings, join ' > ', @trail, $path;
            return;
        }
        return if $state{$path};
        $state{$path} = 'open';
        $visit->($_, @trail, $path) for @{$includes{$path} // []};
        $state{$path} = 'done';
    };
    $visit->($_) for sort keys %includes;
    return @rings;
}

my %includes = map { $_ => [slurp("$top/$_") =~ m{^\s*#\s*include\s+"([^"]+)"}mg] } @sources;
is_deeply([rings(%includes)], [], 'no ring of files');
is_deeply([rings(a => ['b'], b => ['c'], c => ['b'])], ['b > c > b'], 'a ring is found');

# ---- the seam between filters and ends -------------------------------------------------------

# All that a file includes, and what that includes.
sub reached ($path, %includes) {
    my (%seen, @open);
    push @open, $path;
    while (defined(my $next = shift @open)) {
        push @open, grep { !$seen{$_}++ } @{$includes{$next} // []};
    }
    return sort keys %seen;
}

# They serve the server's end of a connection and the client's alike, and see neither.
my $ANY_END = qr{^ssl_engine/(?:
      connection/(?:tls_end|inbound|outbound)
    | httpd/connection/(?:transport|tls_channel|handshake_wait|handshake_driver|answers|filters
        |(?:input|output|coalescing)_filter|short_wait|handshake_sweep)
)\.(?:h|cpp)$}x;
my $ONE_END = qr{^ssl_engine/(?:connection/connection|httpd/connection/tls_connection)\.h$};
my @any_end = grep { $_ =~ $ANY_END } @sources;
cmp_ok(scalar @any_end, '>=', 25, 'the files that serve any end are there');
is_deeply([grep { /$ONE_END/ } reached($_, %includes)], [], "$_ knows no kind of end") for @any_end;
is_deeply([reached('a', a => ['b'], b => ['c', 'a'])], ['a', 'b', 'c'], 'what is reached is found');

# ---- the checker, checked -----------------------------------------------------------------

my $spdx  = "// SPDX-License-Identifier: Apache-2.0\n";
my $named = "//\n// Thing: named below, at all of its uses.\nstruct Thing;\n";
my @BAD = (
    ['ssl_engine/base/a.cpp',    '#include <openssl/ssl.h>',                  qr/base must not include <openssl>/],
    ['ssl_engine/base/a.cpp',    '#include "ssl_engine/openssl/handles.h"',   qr/base must not include openssl/],
    ['ssl_engine/base/a.cpp',    '#include "ssl_engine/settings/policy.h"',            qr/base must not include settings/],
    ['ssl_engine/openssl/a.cpp', '#include "ssl_engine/settings/policy.h"',            qr/openssl must not include settings/],
    ['ssl_engine/openssl/a.cpp', '#include "ssl_scache/session_cache.h"',     qr/openssl must not include scache/],
    ['ssl_engine/settings/policy.cpp',    '#include "ssl_engine/tools/console.h"',         qr/settings must not include tools/],
    ['ssl_engine/tools/a.cpp',   '#include <openssl/ssl.h>',                  qr/tools must not include <openssl>/],
    ['ssl_engine/tools/a.cpp',   '#include "ssl_engine/httpd/apache/log.h"', qr/tools must not include apache/],
    ['ssl_engine/httpd/request/a.cpp',   '#include "ssl_engine/tools/console.h"',         qr/requests must not include tools/],
    ['ssl_engine/settings/policy.cpp',    '#include <openssl/ssl.h>',                  qr/settings must not include <openssl>/],
    ['ssl_engine/settings/policy.cpp',    '#include "ssl_scache/shm_cache.h"',         qr/settings must not include scache/],
    ['ssl_engine/settings/policy.cpp',    '#include "ssl_engine/httpd/apache/apache.h"', qr/settings must not include apache/],
    ['ssl_engine/settings/policy.cpp',    '#include "ssl_engine/httpd/apache/log.h"', qr/settings must not include apache/],
    ['ssl_engine/settings/policy.cpp',    '#include <httpd.h>',                        qr/settings must not include <httpd>/],
    ['ssl_engine/settings/policy.cpp',    '  #  include <apr_pools.h>',                qr/settings must not include <httpd>/],
    ['ssl_engine/settings/policy.cpp',    '#include <http_log.h>',                     qr/settings must not include <httpd>/],
    ['ssl_engine/settings/policy.cpp',    '#include <jansson.h>',                      qr/settings must not include <unknown>/],
    ['ssl_engine/settings/policy.cpp',    '#include "policy.h"',                       qr/not a file of ours/],
    ['ssl_engine/settings/policy.cpp',    '#include "ssl_engine/no_such_file.h"',      qr/not a file of ours/],
    ['ssl_engine/settings/policy.cpp',    '#include HEADER',                           qr/cannot be read/],
    ['ssl_scache/shm_cache.cpp', '#include "ssl_engine/settings/policy.h"',            qr/scache must not include settings/],
    ['ssl_scache/shm_cache.cpp', '#include <openssl/ssl.h>',                  qr/scache must not include <openssl>/],
    ['ssl_scache/ticket_keys.h', "#pragma once\n#include <apr_shm.h>",       qr/scache must not include <httpd>/],
    ['ssl_engine/httpd/resumption/shm_segment.cpp', '#include <apr_shm.h>', qr/resumption must not include <httpd>/],
    ['ssl_engine/httpd/resumption/shm_segment.cpp', '#include "ssl_engine/httpd/startup/config.h"', qr/resumption must not include startup/],
    ['ssl_engine/httpd/request/a.cpp',   '#include <http_log.h>',                     qr/requests must not include <httpd>/],
    ['ssl_engine/httpd/request/a.cpp',   '#include <openssl/ssl.h>',                  qr/requests must not include <openssl>/],
    ['ssl_engine/httpd/request/a.cpp',   '#include "mod_tlsplus.cpp"',                qr/requests must not include module/],
    ['mod_tlsplus.cpp',          '#include "ssl_engine/settings/policy.h"',            qr/module must not include settings/],
    ['t/unit/a_test.cpp',        '#include <check.h>',                        qr/test must not include <check>/],
    ['t/unit/a_test.cpp',        '#include "ssl_engine/httpd/apache/log.h"', qr/test must not include apache/],
    ['t/bench/a.cpp',            '#include <httpd.h>',                        qr/bench must not include <httpd>/],
    ['t/bench/mod_a.c',          '#include "ssl_scache/shm_cache.h"',         qr/peer must not include scache/],
    ['ssl_engine/settings/policy.cpp',    'void f() { throw 1; }',                     qr/:5: throw/],
    ['ssl_engine/settings/policy.cpp',    "const char* s = \"\\\"\";\nthrow;",         qr/:6: throw/],
    ['ssl_engine/settings/policy.cpp',    "/* a\nb */ throw;",                         qr/:6: throw/],
    ['ssl_engine/settings/policy.cpp',    "R\"x(\")\" )x\"; throw;",                   qr/:5: throw/],
    ['ssl_engine/settings/policy.cpp',    "const char q = '\"'; throw;  // \"",        qr/:5: throw/],
    ['ssl_engine/settings/policy.cpp',    "int n = 1'000; throw 2'000;",               qr/:5: throw/],
    ['ssl_engine/settings/policy.cpp',    "int x;\n" x 500,                            qr/over 500 lines/],
    ['ssl_engine/settings/policy.h',      'int x;',                                    qr/no #pragma once/],
    ['ssl_engine/a.cpp',             'int x;',                                qr/belongs to no room/],
    ['ssl_engine/hosts/a.cpp',      '#include "ssl_engine/assembly/assembly.h"', qr/hosts must not include assembly/],
    ['ssl_engine/connection/a.cpp', '#include "ssl_engine/lint/lint.h"',    qr/connection must not include lint/],
    ['ssl_engine/new_folder/a.cpp', 'int x;',                                 qr/belongs to no room/],
    ['ssl_engine/settings/policy.cc',     'int x;',                                    qr/belongs to no room/],
);
for my $row (@BAD) {
    my ($path, $text, $expected) = @$row;
    my @found = findings($path, "$spdx$named$text\n", sub { $_[0] !~ /no_such_file/ });
    my $shown = length $text > 60 ? substr($text, 0, 20) . '...' : $text =~ s/\n/ /gr;
    ok(scalar(grep { $_ =~ $expected } @found) && @found == 1, "found in $path: $shown")
        or diag join "\n", 'found:', @found;
}
like((findings('ssl_engine/settings/policy.cpp', "int x;\n"))[0], qr/SPDX/, 'a missing SPDX line is found');

my @NAMELESS = (
    ['lint/lint_names.cpp', '',                                                     qr/no comment/],
    ['lint/lint_names.cpp', "//\n// Each is looked at once, and then no more.\n",   qr/not named \("lint" is/],
    ['lint/lint_names.cpp', "//\n// Warnings. The lint of names is what this is.\n", qr/is short/],
    ['lint/lint_names.cpp', "//\n// lint_words(): a function that is elsewhere.\n",  qr/not named/],
    ['lint/lint_names.cpp', "//\n// and no end of it is in sight\n",                 qr/no sentence/],
    ['lint/lint_names.cpp', "//\n// f(): what is done\n// with a name.\n"],
    ['lint/lint_names.cpp', "//\n// Lint for the name of a host.\n"],
    ['lint/lint_names.cpp', "//\n// ThatKind: the kind of which one is spoken.\n"],
);
for my $row (@NAMELESS) {
    my ($path, $comment, $expected) = @$row;
    my $found = nameless("ssl_engine/$path", "$spdx${comment}struct ThatKind {};\nvoid f(ThatKind);\n") // '';
    $expected ? like($found, $expected, "found: $found") : is($found, '', 'named: ' . ($comment =~ s/\s+/ /gr));
}

my @GOOD = (
    ['ssl_engine/openssl/a.cpp', '#include <openssl/ssl.h>'],
    ['ssl_engine/settings/policy.cpp',    "#include <unistd.h>\n#include <sys/stat.h>\n#include <vector>"],
    ['ssl_engine/connection/a.cpp', '#include "ssl_scache/ticket_keys.h"  // the ring'],
    ['ssl_engine/settings/policy.cpp',    '// #include <httpd.h>'],
    ['ssl_engine/settings/policy.cpp',    "// we never throw\nconst char* s = \"throw\"; /* throw */ int rethrow = 1'000;"],
    ['ssl_engine/settings/policy.cpp',    "const char* s = R\"(throw \")\"; "],
    ['ssl_engine/httpd/request/a.cpp',   '#include "ssl_engine/httpd/resumption/shm_segment.h"'],
    ['ssl_engine/httpd/resumption/shm_segment.cpp', '#include "ssl_engine/httpd/apache/apache.h"'],
    ['mod_tlsplus.cpp',          '#include "ssl_engine/httpd/lifecycle/lifecycle.h"'],
    ['t/unit/unit.h',            "#pragma once\n#include <check.h>"],
    ['t/unit/a_test.cpp',        'void f() { throw 1; }'],
);
for my $row (@GOOD) {
    my ($path, $text) = @$row;
    my @found = findings($path, "$spdx$named$text\n", sub { 1 });
    ok(!@found, "not found in $path: " . $text =~ s/\n/ /gr) or diag join "\n", @found;
}

# ---- the pages about all this -------------------------------------------------------------

# Files that `text` names, from the top folder, and that are not there.
sub lost_files ($text, $exists = sub { -e "$top/$_[0]" }) {
    my %named = map { $_ => 1 } $text =~ m{(?<![\w./-])((?:ssl_engine|ssl_scache|t|doc|conf)/[\w./-]*\w)}g;
    return grep { !$exists->($_) && !$exists->("$_.cpp") } sort keys %named;  # t/bench/alone is built of alone.cpp
}

# Links of the page at `path` that lead nowhere; of those within the page, to which no heading belongs.
sub lost_links ($path, $text, $exists = sub { -e "$top/$_[0]" }) {
    my %heading = map { '#' . lc(s/[^\w\s-]//gr =~ s/\s/-/gr) => 1 } $text =~ /^#+ (.+)$/mg;
    my $folder = dirname($path);
    return grep { /^#/ ? !$heading{$_} : !/^\w+:/ && !$exists->("$folder/" . s/#.*//r) } $text =~ /\]\(([^()\s]+)\)/g;
}

# Names in a row behind their file, as in "| `a.cpp` | `f`, `A::g` |", and that are not in it.
sub lost_names ($text, $content = sub { -f "$top/$_[0]" ? slurp("$top/$_[0]") : '' }) {
    my @lost;
    while ($text =~ m{\| `([\w./-]+\.(?:h|cpp))` \| ((?:`[^`|]+`(?:, )?)+) \|}g) {
        my ($path, $names) = ($1, $2);
        my $found = $content->($path);
        push @lost, map { "$_ in $path" } grep { my $last = s/.*:://r; $found !~ /\b\Q$last\E\b/ } $names =~ /`([^`]+)`/g;
    }
    return @lost;
}

my $architecture = slurp("$top/doc/architecture.md");
for my $row (@ROOMS) {
    my ($room, $folder) = @$row;
    my $shown = $folder eq '.' ? 'mod_tlsplus.cpp' : "$folder/";
    like($architecture, qr/^\| `\Q$shown\E` \| \S/m, "doc/architecture.md has a line for $room");
}
my @records = map { substr $_, 1 + length $top } glob "$top/doc/design/*.md";
like($architecture, qr/^\| `\Q$_\E` \| \S/m, "doc/architecture.md lists $_") for @records;
is_deeply([lost_names($architecture)], [], 'what doc/architecture.md says of a file is in that file');
my %word = map { $_ => 1 } map { slurp("$top/$_") =~ /\w+/g } @sources;
for my $page ('doc/architecture.md', @records) {
    my @names = slurp("$top/$page") =~ /`([A-Za-z_]\w*(?:::\w+)*)(?:\(\))?`/g;
    is_deeply([grep { !$word{ s/.*:://r } && !-e "$top/$_" } @names], [], "$page names nothing that is not in the code");
}
for my $page (qw(README CONTRIBUTING SECURITY SUPPORT), map { substr $_, 1 + length $top } glob "$top/doc/*.md $top/doc/*/*.md") {
    next unless -f "$top/$page";
    my $text = slurp("$top/$page");
    is_deeply([lost_files($text)], [], "$page names no file that is not there");
    is_deeply([lost_links($page, $text)], [], "$page has no link that leads nowhere");
}
is_deeply([lost_files("`t/a.t`, doc/b.md: ssl_engine/c/; ../t/d", sub { $_[0] eq 't/a.t' })], ['doc/b.md', 'ssl_engine/c'],
    'a lost file is found');
is_deeply([lost_links('doc/a.md', "[b](b.md#x) [c](c.md) [d](#the-ends) [e](#e) [f](https://f/)\n## The Ends\n", sub { $_[0] eq 'doc/b.md' })],
    ['c.md', '#e'], 'a lost link is found');
is_deeply([lost_names('| x | `a.cpp` | `f`, `A::g` | `h` |', sub { 'int f(); int gg();' })], ['A::g in a.cpp'], 'a lost name is found');

done_testing;
