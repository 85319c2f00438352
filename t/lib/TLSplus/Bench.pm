# SPDX-License-Identifier: Apache-2.0
#
# Servers to be measured side by side: httpd with some module, nginx, haproxy, all with the same
# certificates and the same files, on loopback.
#
#   my $bench = TLSplus::Bench->new;                    # certificates and files
#   my $server = $bench->httpd('mod_ssl', $path_of_so); # or ->nginx, ->haproxy; undef: not installed
#   $server->{port}{ecdsa}                              # or rsa, plain
#   my $before = $server->cpu;                          # microseconds of all its processes
package TLSplus::Bench;
use v5.36;
use POSIX ();
use TLSplus::Certs;
use TLSplus::Env     qw(find_program run_as scratch_dir);
use TLSplus::Process qw(slurp spawn spew wait_until);
use TLSplus::Server;

my $TICK_US = 1e6 / POSIX::sysconf(POSIX::_SC_CLK_TCK());

use constant MB => 1_000_000;

sub new ($class, %opt) {
    my $self = bless { root => scratch_dir('bench'), certs => TLSplus::Certs->new }, $class;
    mkdir "$self->{root}/www";
    $self->{certs}->ca;
    $self->{certs}->leaf('ecdsa', san => ['localhost'], intermediates => 1);
    $self->{certs}->leaf('rsa', san => ['localhost'], intermediates => 1, key => 'rsa');
    spew("$self->{root}/www/index.html", 'x' x 1024);
    spew("$self->{root}/www/100k.bin", join '', map { chr int rand 256 } 1 .. 100_000);
    my $block = join '', map { chr int rand 256 } 1 .. MB;
    spew("$self->{root}/www/100m.bin", $block x 100) unless $opt{small};
    return $self;
}

sub certs ($self, $file) { $self->{certs}->dir . "/$file" }
sub www   ($self) { "$self->{root}/www" }

# httpd with `module` as its ssl_module; `plain` listens without TLS. extra => lines of configuration, modules => [names],
# hosts => virtual hosts in the place of those that serve the files, cache => what SSLSessionCache says.
sub httpd ($self, $name, $module, %opt) {
    my $hosts = $opt{hosts} // join '', map { <<"HOST" } qw(PORT:ecdsa PORT2:rsa PLAIN:);
<VirtualHost *:@{[ '@' . (split /:/)[0] . '@' ]}>
  ServerName localhost
  DocumentRoot @{[ $self->www ]}
  CustomLog logs/none.log test env=never
  @{[ /:(.+)/ ? "SSLEngine on\n  SSLCertificateFile \@CERTS\@/$1.full\n  SSLCertificateKeyFile \@CERTS\@/$1.key" : '' ]}
</VirtualHost>
HOST
    my $cache  = $opt{cache} // 'shmcb:@ROOT@/run/sessions(5120000)';
    my $server = TLSplus::Server->start(
        so => $module, certs => $self->{certs}, loglevel => 'warn', modules => ['reqtimeout', @{ $opt{modules} // [] }],
        conf => <<"CONF");
# as Debian has it, and else httpd looks for .htaccess in each folder of each path
<Directory "/">
  AllowOverride None
</Directory>
KeepAlive On
KeepAliveTimeout 60
MaxKeepAliveRequests 0
<IfModule mpm_event_module>
  AsyncRequestWorkerFactor 100
</IfModule>
SSLSessionCache $cache
SSLProtocol all -SSLv3 -TLSv1 -TLSv1.1
@{[ $opt{extra} // '' ]}
$hosts
CONF
    return bless {
        name   => $name,
        server => $server,
        pid    => $server->pid,
        port   => { ecdsa => $server->port, rsa => $server->port('PORT2'), plain => $server->port('PLAIN') },
    }, 'TLSplus::Bench::Running';
}

sub nginx ($self) {
    my %port  = map { ($_ => TLSplus::Server::_free_port()) } qw(ecdsa rsa);
    my $hosts = join '', map { <<"HOST" } sort keys %port;
  server {
    listen 127.0.0.1:$port{$_} ssl http2 backlog=4096; server_name localhost; root @{[ $self->www ]};
    ssl_certificate @{[ $self->certs("$_.full") ]}; ssl_certificate_key @{[ $self->certs("$_.key") ]};
  }
HOST
    return $self->_nginx(\%port, "  ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:s:5m;\n$hosts");
}

# In front of two backends, of which one never resumes, as t/bench/proxied.pl has its httpds: /kept/, /again/ and /full/, by TLS 1.3
# at the port PLAIN and by TLS 1.2 at PLAIN2.
sub nginx_proxy ($self, $again, $never) {
    my %port  = map { ($_ => TLSplus::Server::_free_port()) } qw(PLAIN PLAIN2);
    my ($to_again, $to_never) = map { "127.0.0.1:$_->{port}{ecdsa}" } $again, $never;
    my $hosts = join '', map { <<"HOST" } sort keys %port;
  server {
    listen 127.0.0.1:$port{$_} backlog=4096; server_name localhost;
    proxy_ssl_protocols @{[ $_ eq 'PLAIN' ? 'TLSv1.3' : 'TLSv1.2' ]};
    location /kept/ { proxy_pass https://kept$_/; proxy_http_version 1.1; proxy_set_header Connection ""; }
    location /again/ { proxy_pass https://$to_again/again/; }
    location /full/ { proxy_pass https://$to_never/; }
  }
  upstream kept$_ { server $to_again; keepalive 16; keepalive_requests 100000000; }
HOST
    return $self->_nginx(\%port, <<"CONF");
  proxy_ssl_verify on; proxy_ssl_verify_depth 3; proxy_ssl_trusted_certificate @{[ $self->certs('ca.crt') ]};
  proxy_ssl_name localhost; proxy_ssl_server_name on; proxy_set_header Host localhost; proxy_max_temp_file_size 0;
$hosts
CONF
}

sub _nginx ($self, $port, $http) {
    my $program = find_program('nginx') or return undef;
    my $root    = "$self->{root}/nginx" . join '-', sort values %$port;
    my ($user)  = run_as();
    mkdir $root;
    spew("$root/nginx.conf", <<"CONF");
@{[ defined $user ? "user $user;" : '' ]}
worker_processes 2; pid $root/nginx.pid; error_log $root/nginx.log;
events { worker_connections 4096; }
http {
  access_log off; sendfile on; keepalive_requests 100000000; keepalive_timeout 60s; types { } default_type text/html;
  @{[ map { "${_}_temp_path $root/$_;" } qw(client_body proxy fastcgi uwsgi scgi) ]}
$http}
CONF
    return $self->_running('nginx', [$program, '-c', "$root/nginx.conf", '-e', "$root/nginx.log", '-g', 'daemon off;'], $port);
}

sub haproxy ($self) {
    my %port = map { ($_ => TLSplus::Server::_free_port()) } qw(ecdsa rsa);
    my $root = $self->{root};
    spew("$root/$_.pem", slurp($self->certs("$_.full")) . slurp($self->certs("$_.key")), 0600) for keys %port;
    return $self->_haproxy(\%port, join '', map { <<"HOST" } sort keys %port);
frontend $_
  bind 127.0.0.1:$port{$_} ssl crt $root/$_.pem ssl-min-ver TLSv1.2
  http-request return status 200 content-type text/html file @{[ $self->www ]}/100k.bin if { path /100k.bin }
  http-request return status 200 content-type text/html file @{[ $self->www ]}/index.html
HOST
}

# As nginx_proxy().
sub haproxy_proxy ($self, $again, $never) {
    my %port   = map { ($_ => TLSplus::Server::_free_port()) } qw(PLAIN PLAIN2);
    my %behind = (kept => [$again, 'http-reuse always'], again => [$again, 'option http-server-close'], full => [$never, 'option http-server-close']);
    return $self->_haproxy(\%port, join '', map { my $mine = $_; (<<"FRONT", map { <<"BACK" } sort keys %behind) } sort keys %port);
frontend $mine
  bind 127.0.0.1:$port{$mine}
@{[ map { "  use_backend $mine-$_ if { path_beg /$_/ }\n" } sort keys %behind ]}
FRONT
backend $mine-$_
  $behind{$_}[1]
  http-request replace-path /[a-z]+/(.*) /\\1
  http-request set-header Host localhost
  server it 127.0.0.1:$behind{$_}[0]{port}{ecdsa} ssl verify required ca-file @{[ $self->certs('ca.crt') ]} verifyhost localhost sni str(localhost) force-@{[ $mine eq 'PLAIN' ? 'tlsv13' : 'tlsv12' ]}
BACK
}

sub _haproxy ($self, $port, $proxies) {
    my $program = find_program('haproxy') or return undef;
    my $conf    = "$self->{root}/haproxy" . join('-', sort values %$port) . '.conf';
    spew($conf, <<"CONF");
global
  maxconn 4000
  nbthread 2
  tune.ssl.cachesize 20000
  tune.bufsize 131072
defaults
  mode http
  timeout client 30s
  timeout connect 5s
  timeout server 30s
  timeout http-keep-alive 30s
$proxies
CONF
    return $self->_running('haproxy', [$program, '-W', '-f', $conf], $port);
}

sub _running ($self, $name, $command, $port) {
    my $process = spawn($command);
    my $up = wait_until(20, sub { !$process->running ? 'ended' : _accepts((values %$port)[0]) ? 'up' : '' });
    die "$name did not start: ", $process->out, $process->err, "\n" if $up ne 'up';
    return bless { name => $name, process => $process, pid => $process->pid, port => $port }, 'TLSplus::Bench::Running';
}

sub _accepts ($port) { defined IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 1) }

package TLSplus::Bench::Running;

sub processes ($self) {
    my %children;
    for my $stat (glob '/proc/[0-9]*/stat') {
        my ($pid, $parent) = _slurp($stat) =~ /^(\d+) \(.*\) \S (\d+)/s or next;
        push @{ $children{$parent} }, $pid;
    }
    my @all = ($self->{pid});
    for (my $i = 0; $i < @all; ++$i) { push @all, @{ $children{ $all[$i] } // [] } }
    return @all;
}

# CPU time so far of all processes, those that have ended included, in microseconds.
sub cpu ($self) {
    my $ticks = 0;
    for my $pid ($self->processes) {
        my @field = split ' ', _slurp("/proc/$pid/stat") =~ s/^.*\) //sr;
        $ticks += $field[$_] // 0 for 11 .. 14;
    }
    return $ticks * $TICK_US;
}

# Resident memory that is the processes' own or their share of what is shared, in KiB.
sub memory ($self) {
    my $sum = 0;
    for my $pid ($self->processes) {
        $sum += $1 if _slurp("/proc/$pid/smaps_rollup") =~ /^Pss:\s+(\d+)/m;
    }
    return $sum;
}

sub stop ($self) { ($self->{server} // $self->{process})->stop }

sub _slurp ($path) {
    open my $in, '<', $path or return '';
    local $/;
    return scalar(<$in>) // '';    # the process may end meanwhile
}

1;
