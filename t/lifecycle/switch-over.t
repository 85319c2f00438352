# SPDX-License-Identifier: Apache-2.0
#
# From mod_ssl to this module and back, as README says, with Debian's own a2enmod and a2dismod in a copy of
# /etc/apache2: what ssl.conf sets goes on holding, and the two modules never change places in silence.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(builddir find_program module_so needs_tlsplus sanitizer_env scratch_dir);
use TLSplus::Process qw(run slurp spew);
use TLSplus::Server;
use TLSplus::Test;

needs_tlsplus();
my ($a2enmod, $a2dismod) = map { find_program($_) } qw(a2enmod a2dismod);
my $apache2 = '/usr/sbin/apache2';
plan skip_all => 'no Debian configuration here' unless $a2enmod && $a2dismod && -x $apache2 && -f '/etc/apache2/mods-available/ssl.conf';

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test']);
my $load = slurp(builddir() . '/conf/tlsplus.load');
plan skip_all => 'no installed form in the build folder' unless length $load;
$load =~ s{^LoadModule ssl_module \K.*}{module_so()}me;

# A copy with ports, folders and site of its own; ssl is enabled in it.
my $etc = scratch_dir('tlsplus-etc');
is run(['cp', '-a', '/etc/apache2/.', $etc])->{exit}, 0, 'a copy of /etc/apache2';
mkdir "$etc/$_" for qw(run log state);
unlink glob "$etc/sites-enabled/*";
my $server = TLSplus::Server->new(certs => $certs);    # for its ports, its page and its client
spew("$etc/ports.conf", 'Listen 127.0.0.1:' . $server->port . "\n");
spew("$etc/sites-enabled/a.conf", $server->expand(<<'CONF'));
ServerName localhost
<Directory @ROOT@/htdocs>
  Require all granted
</Directory>
<VirtualHost *:@PORT@>
  ServerName a.test
  DocumentRoot @ROOT@/htdocs
  SSLEngine on
  SSLCertificateFile @CERTS@/a.crt
  SSLCertificateKeyFile @CERTS@/a.key
</VirtualHost>
CONF
spew("$etc/envvars", join '', map { "export $_\n" } "APACHE_RUN_DIR=$etc/run", "APACHE_LOG_DIR=$etc/log", "APACHE_LOCK_DIR=$etc/run",
    "APACHE_PID_FILE=$etc/run/apache2.pid", 'APACHE_RUN_USER=www-data', 'APACHE_RUN_GROUP=www-data', "APACHE_CONFDIR=$etc");
spew("$etc/mods-available/tlsplus.$_", $_ eq 'load' ? $load : slurp(builddir() . '/conf/tlsplus.conf')) for qw(load conf);

my %ENV_OF = map { /^export (\w+)=(.*)$/ ? ($1 => $2) : () } split /\n/, slurp("$etc/envvars");
my %HTTPD_ENV = (%ENV_OF, sanitizer_env("$etc/log/sanitizer"));
sub tool ($program, @words) { run([$program, @words], env => {%ENV_OF, APACHE_STATE_DIRECTORY => "$etc/state"}) }
sub apache (@words) { my $done = run([$apache2, '-d', $etc, @words], env => \%HTTPD_ENV); $done->{text} = $done->{out} . $done->{err}; return $done }

# The protocols and the cache in force, as our own dump tells them.
sub settings { my $text = apache('-t', '-DDUMP_TLS')->{text}; return $text }

is tool($a2enmod, 'ssl')->{exit}, 0, 'mod_ssl is enabled';
spew("$etc/mods-available/ssl.conf", slurp("$etc/mods-available/ssl.conf") =~ s/^(\s*SSLProtocol).*/$1 TLSv1.3/mr);
is apache('-t')->{exit}, 0, 'and passes configtest';

subtest 'a2enmod tlsplus beside ssl' => sub {
    my $done = tool($a2enmod, 'tlsplus');
    isnt $done->{exit}, 0, 'is refused';
    like $done->{out} . $done->{err}, qr/conflict/i, 'as a conflict';
};

subtest 'the switch' => sub {
    is tool($a2dismod, 'ssl')->{exit}, 0, 'a2dismod ssl';
    my $done = tool($a2enmod, 'tlsplus');
    is $done->{exit}, 0, 'a2enmod tlsplus' or diag $done->{out}, $done->{err};
    ok -e "$etc/mods-enabled/$_", "$_ is enabled" for qw(tlsplus.load tlsplus.conf setenvif.load mime.load socache_shmcb.load);
    my $found = apache('-t');
    is $found->{exit}, 0, 'configtest' or diag $found->{text};
    my $tls = settings();
    like $tls, qr/TLSv1\.3.*mods-available\/ssl\.conf:\d+/, 'SSLProtocol of ssl.conf holds' or diag $tls;
    like apache('-M')->{text}, qr/^ ssl_module is mod_tlsplus \S+, OpenSSL/m, '-M names the module';
};

subtest 'it serves so' => sub {
    my $process = TLSplus::Process::spawn([$apache2, '-d', $etc, '-DFOREGROUND'], env => \%HTTPD_ENV);
    ok TLSplus::Process::wait_until(20, sub { !$process->running || slurp("$etc/log/error.log") =~ /resuming normal operations/ }), 'starts';
    is $server->handshake(name => 'a.test', tls => 'TLSv1.3')->protocol, 'TLSv1.3', 'TLS 1.3 is spoken';
    is $server->handshake(name => 'a.test', tls => 'TLSv1.2')->protocol, undef, 'TLS 1.2 is not, as ssl.conf says';
    like slurp("$etc/log/error.log"), qr/notice\].*TP0008: .*mod_tlsplus \S+, OpenSSL.*loaded as ssl_module/, 'the log names the module';
    is $process->stop->{exit}, 0, 'stops';
};

subtest 'a2enmod ssl beside tlsplus' => sub {
    tool($a2enmod, 'ssl');
    my $found = apache('-t');
    isnt $found->{exit}, 0, 'does not pass configtest';
    like $found->{text}, qr/mod_ssl is loaded already.*a2dismod ssl/, 'and says what to do';
    is tool($a2dismod, 'ssl')->{exit}, 0, 'which is done';
    is apache('-t')->{exit}, 0, 'and helps';
};

subtest 'and back' => sub {
    is tool($a2dismod, 'tlsplus')->{exit}, 0, 'a2dismod tlsplus';
    is tool($a2enmod, 'ssl')->{exit}, 0, 'a2enmod ssl';
    is apache('-t')->{exit}, 0, 'passes configtest';
    my $loaded = apache('-M')->{text};
    like $loaded, qr/^ ssl_module \(shared\)$/m, 'with mod_ssl';
    unlike $loaded, qr/tlsplus/, 'and not with us';
};

done_testing;
