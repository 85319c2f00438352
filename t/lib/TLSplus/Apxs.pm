# SPDX-License-Identifier: Apache-2.0
#
# Modules of t/modules, which play other modules: built once for a test file that needs one.
package TLSplus::Apxs;
use v5.36;
use Exporter 'import';
use TLSplus::Env     qw(find_program scratch_dir srcdir);
use TLSplus::Process qw(run slurp spew);

our @EXPORT_OK = qw(build_module);

# build_module('mod_peer', '-lssl'): the path of the shared object. Skips the test file without apxs.
sub build_module ($name, @libraries) {
    my $apxs = $ENV{TLSPLUS_APXS} // find_program('apxs') // find_program('apxs2');
    if (!defined $apxs) {
        require Test::More;
        Test::More::plan(skip_all => 'no apxs (Debian: apache2-dev)');
    }
    my $at = scratch_dir('tlsplus-module');
    spew("$at/$name.c", slurp(srcdir() . "/t/modules/$name.c"));
    my $built = run([$apxs, '-Wc,-Wall', '-Wc,-Werror', '-c', "$name.c", @libraries], dir => $at, timeout => 120);
    -f "$at/.libs/$name.so" or die "apxs: $built->{out}$built->{err}\n";
    return "$at/.libs/$name.so";
}

1;
