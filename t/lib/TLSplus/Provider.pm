# SPDX-License-Identifier: Apache-2.0
#
# The providers of t/modules/provider.c, built for the test that asks, and an openssl.cnf that activates
# them or does not.
package TLSplus::Provider;
use v5.36;
use TLSplus::Env     qw(find_program scratch_dir srcdir);
use TLSplus::Process qw(run spew);

# The folder the provider lies in as fips.so and vault.so; undef without a C compiler.
sub folder {
    state $folder = do {
        my $compiler = find_program('cc') // find_program('gcc') // find_program('clang');
        my $dir = scratch_dir('tlsplus-provider');
        my $done = $compiler && run([$compiler, qw(-shared -fPIC -o), "$dir/vault.so", srcdir() . '/t/modules/provider.c', '-lcrypto'],
            timeout => 120);
        die "provider.c: $done->{err}\n" if $done && $done->{exit};
        link "$dir/vault.so", "$dir/fips.so" if $done;
        $done ? $dir : undef;
    };
    return $folder;
}

# Writes an openssl.cnf to `file`: `active` names providers, `init` is lines that name further sections,
# `more` those sections.
sub config ($file, $active, $init = '', $more = '') {
    my $dir = folder();
    my $list = join '', map { "$_ = ${_}_provider\n" } @$active;
    my $each = join '', map { "[${_}_provider]\nactivate = 1\n" . ($_ =~ /^(?:fips|vault)$/ ? "module = $dir/$_.so\n" : '') } @$active;
    return spew($file, "openssl_conf = init\n[init]\nproviders = providers\n$init\n[providers]\n$list$each$more");
}

1;
