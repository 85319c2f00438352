# SPDX-License-Identifier: Apache-2.0
#
# What make leaves and installs. What the loader will find in the module: two symbols to see and no others, nothing that keeps it in memory
# across httpd's restart, the hardening a distribution asks for, and nothing of ours left unresolved. Read with
# nm and readelf from the file itself, so that a lost flag fails here and not in production.
use v5.36;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

my $top = $ENV{TLSPLUS_SRCDIR} // abs_path(dirname(__FILE__) . '/..');
our $so = $ENV{TLSPLUS_SO}     // "$top/build/mod_tlsplus.so";

sub output_of (@command) {
    open my $out, '-|', @command or die "$command[0]: $!\n";
    my @lines = <$out>;
    close $out or die "@command: exit status @{[$? >> 8]}\n";
    chomp @lines;
    return @lines;
}

for my $tool (qw(nm readelf)) {
    plan skip_all => "$tool is not installed (Debian: binutils)"
        unless grep { -x "$_/$tool" } split /:/, $ENV{PATH};
}
-f $so or die "there is no module at $so: set TLSPLUS_SO, or run make check\n";

# ---- symbols ------------------------------------------------------------------------------

# [type, name]; nm's u is STB_GNU_UNIQUE.
sub symbols (@options) {
    return map { m{^[0-9a-f]*\s+(\S)\s+([^@\s]+)} ? [$1, $2] : () } output_of('nm', @options, $so);
}

my @exported = map { $_->[1] } symbols(qw(-D --defined-only));
is_deeply([sort @exported], [qw(ssl_module tlsplus_module)], 'exports the two module records, and nothing else');

my @unique = map { $_->[1] } grep { $_->[0] eq 'u' } symbols();
is_deeply(\@unique, [], 'no unique symbol: the loader would never unload the module');

my @undefined = map { $_->[1] } symbols(qw(-D --undefined-only));
is_deeply([grep { /7tlsplus/ || /^tlsplus_/ } @undefined], [], 'nothing of ours is declared and not defined');
is_deeply([grep { /__cxa_thread_atexit/ } @undefined], [],
    'no thread_local with a destructor: it keeps the module in memory too');

# With [abi:cxx11] in its name is what returns a std::string: the linker sees two, the language one.
my %by_signature;
for my $name (map { m{^[0-9a-f]+ [Tt] (.*)} ? $1 : () } output_of('nm', '-C', '--defined-only', $so)) {
    next unless $name =~ /^tlsplus::[^ ]*\(/;
    $by_signature{ $name =~ s/\[abi:cxx11\]//r }{$name} = 1;
}
ok(scalar keys %by_signature > 100, 'our functions are seen');
is_deeply([grep { keys %{ $by_signature{$_} } > 1 } sort keys %by_signature], [],
    'no two functions of one signature that return different things');

# ---- what the linker was told -------------------------------------------------------------

my @dynamic = output_of('readelf', '-dW', $so);
my @program = output_of('readelf', '-lW', $so);

ok((grep { /\(FLAGS.*\bBIND_NOW\b|\(FLAGS_1.*\bNOW\b|\(BIND_NOW\)/ } @dynamic), 'all symbols are bound at load');
ok((grep { /GNU_RELRO/ } @program),                   'relocated data is read-only');
ok(!(grep { /\(TEXTREL\)/ } @dynamic),                'no relocations in code');
ok(!(grep { /\((?:RPATH|RUNPATH)\)/ } @dynamic),      'no library path of the build machine');
ok(!(grep { /\(FLAGS_1.*\bNODELETE\b/ } @dynamic),    'may be unloaded');
my ($stack) = grep { /GNU_STACK/ } @program;
like($stack, qr/\sRW\s/, 'the stack is not executable');

# Sanitizers bring their own libraries and do without the fortified functions.
SKIP: {
    skip 'a sanitized module', 3 if $ENV{TLSPLUS_SAN};
    my @needed = map { /\(NEEDED\).*\[(.*?)\.so/ ? $1 : () } @dynamic;
    my %fine   = map { $_ => 1 } qw(libssl libcrypto libstdc++ libm libgcc_s libc ld-linux-x86-64 ld-linux-aarch64);
    is_deeply([grep { !$fine{$_} } @needed], [], 'needs OpenSSL and the C++ runtime, and nothing else');
    ok((grep { $_ eq 'libssl' } @needed), 'is linked with libssl');
    ok((grep { $_ eq '__stack_chk_fail' } @undefined), 'is compiled with stack protection');
}
ok((grep { /\.debug_info/ } output_of('readelf', '-SW', $so)), 'has debug symbols');

# ---- the commands ----------------------------------------------------------------------------

my @COMMANDS = qw(tlsplus-cert tlsplus-check);
my $tools = $ENV{TLSPLUS_TOOLS} // "$top/build";
for my $command (@COMMANDS) {
    my @its_dynamic = output_of('readelf', '-dW', "$tools/$command");
    ok((grep { /\(FLAGS_1.*\bPIE\b/ } @its_dynamic), "$command is position independent");
    ok((grep { /\(FLAGS.*\bBIND_NOW\b|\(FLAGS_1.*\bNOW\b|\(BIND_NOW\)/ } @its_dynamic), "$command binds all symbols at start");
    ok(!(grep { /\((?:RPATH|RUNPATH)\)/ } @its_dynamic), "$command has no library path of the build machine");
    my ($its_stack) = grep { /GNU_STACK/ } output_of('readelf', '-lW', "$tools/$command");
    like($its_stack, qr/\sRW\s/, "${command}'s stack is not executable");
}

# ---- make install ----------------------------------------------------------------------------

sub run_make (@arguments) {
    # not the make that runs this test, nor its flags
    local @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL)};
    delete @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL)};
    my $said = qx{make --no-print-directory -C '$ENV{TLSPLUS_BUILDDIR}' @arguments 2>&1};
    return ($? >> 8, $said);
}

# Nothing is built here: make only says what it would do, in a folder with nothing in it.
my $steps = (run_make('-n', 'O=' . tempdir(CLEANUP => 1), 'all'))[-1];
like($steps, qr{\[1/(\d\d+)\] C\+\+ .*\[\1/\1\] (?:LD|AR) }s, 'each step says how many there are');

SKIP: {
    skip 'not run by make', 1 unless $ENV{TLSPLUS_BUILDDIR} && -f "$ENV{TLSPLUS_BUILDDIR}/Makefile";
    skip 'a sanitized build is not installed', 1 if $ENV{TLSPLUS_SAN};
    my $root = tempdir(CLEANUP => 1);
    my ($exit, $said) = run_make('install', "DESTDIR=$root", 'prefix=/usr');
    is($exit, 0, 'make install DESTDIR succeeds') or diag $said;
    for my $command (@COMMANDS) {
        my $path = "$root/usr/bin/$command";
        ok(-x $path, "/usr/bin/$command");
        is(qx{'$path' --version}, "$command $ENV{TLSPLUS_VERSION}\n", 'runs from there');
        my @pages = grep { -f } map { "$root/usr/$_/man1/$command.1" } qw(share/man man);
        is(scalar @pages, 1, "$command(1)");
    }
    my ($module) = output_of('find', $root, '-name', 'mod_tlsplus.so');
    ok(defined $module, 'the module');
    my ($load) = output_of('find', $root, '-name', 'tlsplus.load');
    ok(defined $load, 'what loads it');
    is_deeply([grep { /debug_info/ } output_of('readelf', '-SW', $module)], [], 'without debug symbols');
    cmp_ok(-s $module, '<', 10 << 20, 'and small');
    ok((grep { /debug_info/ } output_of('readelf', '-SW', "$module.debug")), 'which lie beside it');
    like(join('', output_of('readelf', '-p', '.gnu_debuglink', $module)), qr/mod_tlsplus\.so\.debug/, 'where it says they are');
    my $doc = "$root/usr/share/doc/mod_tlsplus";
    ok(-s "$doc/$_", "share/doc/mod_tlsplus/$_")
        for qw(README CHANGES CONTRIBUTING SECURITY SUPPORT messages.md configtest.md architecture.md design/errors.md
          directives/README.md directives/SSLEngine.md examples/vhost.conf);
    unlike($said, qr{doc//}, 'no folder without a name');

    ($exit, $said) = run_make('uninstall', "DESTDIR=$root", 'prefix=/usr');
    is($exit, 0, 'make uninstall') or diag $said;
    is_deeply([output_of('find', $root, '-type', 'f')], [], 'leaves nothing behind');
    ok(!-e $doc, 'not even its folder');
}

# ---- manual pages ----------------------------------------------------------------------------

SKIP: {
    skip 'mandoc is not installed (Debian: mandoc)', 1 unless grep { -x "$_/mandoc" } split /:/, $ENV{PATH};
    for my $command (@COMMANDS) {
        my $page = "$top/doc/$command.1";
        is(qx{mandoc -T lint -W warning '$page' 2>&1}, '', "$command(1) renders without a warning");
        # The page and --help know the same options.
        my $text = qx{mandoc -T ascii '$page' | col -b};
        my $help = join '', map { qx{'$tools/$command' $_ --help} } $command eq 'tlsplus-cert' ? qw(selfsigned csr ca issue crl fetch-chain) : ('');
        my %known = map { $_ => 1 } $help =~ /(--[a-z][a-z-]+)/g;
        cmp_ok(scalar(keys %known), '>', 5, "$command --help names options");
        is(join(' ', grep { $text !~ /\Q$_\E\b/ } sort keys %known), '', "$command(1) has all of them");
        my %paged = map { $_ => 1 } $text =~ /(?<![\w-])(--[a-z][a-z-]+)/g;
        is(join(' ', grep { !$known{$_} && $_ !~ /^--(?:cacert|connect-to|connect)$/ } sort keys %paged), '', 'and no others');
    }
}

# ---- the checks, checked ------------------------------------------------------------------

# A module built without version script and flags must be seen as wrong.
SKIP: {
    my $cxx = $ENV{TLSPLUS_CXX} // 'g++';
    my $dir = tempdir(CLEANUP => 1);
    open my $file, '>', "$dir/bad.cpp" or die "$dir/bad.cpp: $!\n";
    print $file <<'CPP';
namespace tlsplus { int missing(); struct Noisy { ~Noisy(); int x; }; Noisy::~Noisy() { x = missing(); }
thread_local Noisy noisy; int touch() { return noisy.x; } }
CPP
    close $file;
    skip "no $cxx here", 3 if system("$cxx -shared -fPIC -o $dir/bad.so $dir/bad.cpp 2>$dir/errors") != 0;
    local $so = "$dir/bad.so";
    cmp_ok(scalar(symbols(qw(-D --defined-only))), '>', 0, 'an exported symbol is seen');
    my @bad = map { $_->[1] } symbols(qw(-D --undefined-only));
    ok((grep { /7tlsplus7missing/ } @bad),    'an undefined symbol of ours is seen');
    ok((grep { /__cxa_thread_atexit/ } @bad), 'a thread_local destructor is seen');
}

done_testing;
