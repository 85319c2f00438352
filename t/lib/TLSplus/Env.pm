# SPDX-License-Identifier: Apache-2.0
#
# What a behaviour test has to know about the machine: which httpd, which module under test, which
# MPM, where scratch files go. `make check` gives it in TLSPLUS_* variables; run by hand with
# `prove t/serve/serve.t` the defaults below find a build in <top>/build. Pointing TLSPLUS_SO at a stock
# mod_ssl.so runs the drop-in tests against the baseline; what only this module does is then skipped.
package TLSplus::Env;
use v5.36;
use Cwd            qw(abs_path);
use File::Basename qw(basename dirname);
use File::Spec;
use File::Temp ();
use Exporter 'import';

our @EXPORT_OK = qw(httpd module_so srcdir builddir mpm modules_dir run_as is_tlsplus
  needs_tlsplus needs_program needs_mpm has_module has_http2 sanitized sanitizer_env httpd_by_itself scratch_dir find_program tool
  openssl_is_at_least library_compresses);

my $TOP = abs_path(dirname(__FILE__) . '/../../..');

sub srcdir    { $ENV{TLSPLUS_SRCDIR}   // $TOP }
sub builddir  { $ENV{TLSPLUS_BUILDDIR} // srcdir() . '/build' }
sub module_so { $ENV{TLSPLUS_SO}       // builddir() . '/mod_tlsplus.so' }
sub mpm       { $ENV{TLSPLUS_MPM}      // 'event' }
sub sanitized { ($ENV{TLSPLUS_SAN} // '') ne '' || ($ENV{TLSPLUS_PRELOAD} // '') ne '' }

sub find_program ($name) {
    return -x $name ? $name : undef if $name =~ m{/};
    for my $dir (File::Spec->path, qw(/usr/sbin /sbin /usr/local/sbin)) {
        return "$dir/$name" if -f "$dir/$name" && -x _;
    }
    return undef;
}

sub httpd {
    my $found = $ENV{TLSPLUS_HTTPD} // find_program('apache2') // find_program('httpd');
    die "no httpd found: set TLSPLUS_HTTPD\n" unless $found && -x $found;
    return $found;
}

# One of the commands that are installed beside the module: tool('tlsplus-cert').
sub tool ($name) {
    my $path = ($ENV{TLSPLUS_TOOLS} // builddir()) . "/$name";
    die "there is no $path: run make\n" unless -x $path;
    return $path;
}

# The folder of httpd's own modules, asked from apxs once per test file.
sub modules_dir {
    state $dir = do {
        my $apxs = $ENV{TLSPLUS_APXS} // find_program('apxs') // find_program('apxs2');
        my $said = defined $apxs ? qx{'$apxs' -q LIBEXECDIR 2>/dev/null} : '';
        chomp $said;
        $said = '/usr/lib/apache2/modules' unless length $said && -d $said;
        $said;
    };
    return $dir;
}

# True if the module exists as a file or is compiled into httpd.
sub has_module ($name) {
    state $static = { map { /^\s+mod_(\w+)\.c/ ? ($1 => 1) : () } split /\n/, qx{@{[httpd()]} -l} };
    return 'static' if $static->{$name};
    return -f modules_dir() . "/mod_$name.so" ? 'shared' : '';
}

# mod_http2 is there, and works: under prefork it offers nothing.
sub has_http2 () { mpm() ne 'prefork' && has_module('http2') }

# Is the module under test, or that file, this project's? The stock module is what a baseline run loads.
sub is_tlsplus ($so = module_so()) { basename($so) ne 'mod_ssl.so' }

sub _skip_all ($why) {
    require Test::More;
    Test::More::plan(skip_all => $why);
}

sub needs_tlsplus { _skip_all('the stock mod_ssl does not do this') unless is_tlsplus() }

sub needs_mpm (@any) {
    _skip_all('needs MPM ' . join(' or ', @any)) unless grep { $_ eq mpm() } @any;
}

sub needs_program (@names) {
    for my $name (@names) {
        _skip_all("$name is not installed") unless find_program($name);
    }
}

# Of the openssl program, which is taken to be of the library's version.
sub openssl_is_at_least ($major, $minor) {
    my @has = qx{openssl version} =~ /^OpenSSL (\d+)\.(\d+)/ or die "openssl version says something else\n";
    return $has[0] > $major || ($has[0] == $major && $has[1] >= $minor);
}

# Debian builds it without zlib up to version 12.
sub library_compresses { qx{openssl list -disabled} !~ /^ZLIB$/m }

# User and group httpd's children take when the test runs as root; empty for anybody else, since
# only root may change them.
sub run_as {
    return () if $> != 0;
    for my $user (grep { defined } $ENV{TLSPLUS_USER}, qw(www-data apache daemon nobody)) {
        my ($name, $gid) = (getpwnam $user)[0, 3];
        return ($name, scalar getgrgid $gid) if defined $name;
    }
    die "no unprivileged user for httpd's children: set TLSPLUS_USER\n";
}

# Environment for an httpd that loads a sanitized module. Reports go to files, since a child's
# standard error is not read; Server.pm fails the test when such a file exists. whole_stacks => true also finds the
# callers of what has no frame pointers, as Debian's libcrypto; every allocation then takes longer.
sub sanitizer_env ($log_path, %opt) {
    return () unless sanitized();
    my @asan = ("log_path=$log_path", 'detect_leaks=0', 'abort_on_error=0', 'handle_segv=1');
    push @asan, 'fast_unwind_on_malloc=0' if $opt{whole_stacks};
    return (
        (length($ENV{TLSPLUS_PRELOAD} // '') ? (LD_PRELOAD => $ENV{TLSPLUS_PRELOAD}) : ()),
        ASAN_OPTIONS  => join(':', @asan, $ENV{ASAN_OPTIONS} // ()),
        UBSAN_OPTIONS => join(':', "log_path=$log_path", 'print_stacktrace=1', $ENV{UBSAN_OPTIONS} // ()),
    );
}

# The httpd to name to a program that clears the environment first, as Debian's apachectl does: httpd itself, or for a
# sanitized module a script in `dir` that sets what `env` has and becomes httpd.
sub httpd_by_itself ($dir, $env) {
    return httpd() unless sanitized();
    my %env = (%ENV, %$env);
    my $path = "$dir/httpd-sanitized";
    open my $out, '>', $path or die "$path: $!\n";
    print {$out} "#!/bin/sh\n", (map { "export $_='$env{$_}'\n" } grep { /^(?:LD_PRELOAD|\w+SAN_OPTIONS)$/ } sort keys %env), "exec '", httpd(), "' \"\$\@\"\n";
    close $out or die "$path: $!\n";
    chmod 0755, $path or die "chmod $path: $!\n";
    return $path;
}

# A fresh folder that httpd's unprivileged children can reach too: a $TMPDIR below somebody's
# private folder will not do for them.
sub scratch_dir ($prefix) {
    my $base = File::Spec->tmpdir;
    for (my $dir = abs_path($base); $> == 0 && $dir ne '/'; $dir = dirname($dir)) {
        $base = '/tmp', last unless (stat $dir)[2] & 0001;
    }
    my $dir = File::Temp::tempdir("$prefix-XXXXXX", DIR => $base, CLEANUP => 1);
    chmod 0755, $dir or die "chmod $dir: $!\n";
    return $dir;
}

1;
