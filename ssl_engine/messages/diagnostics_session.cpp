// SPDX-License-Identifier: Apache-2.0
//
// session_rows(): messages 600..699, about sessions: caches and tickets. Nothing here is about one
// client: what a cache or a ticket key does to a single handshake is a full handshake, counted and
// not told. An id is never reused.
#include <array>

#include "ssl_engine/messages/diagnostics_rows.h"

namespace tlsplus {
namespace {

constexpr auto kRows = std::to_array<Diagnostic>({
    {Tp::cache_provider_unknown, Level::error, "session cache provider is not loaded",
     "The word before the colon of SSLSessionCache names a provider. \"shm\" is built in; every "
     "other one comes from an httpd module of its own.",
     "load the provider's module, or use the built-in cache: SSLSessionCache shm:512000"},
    {Tp::cache_arguments_refused, Level::error,
     "session cache provider does not accept its arguments",
     "What follows the colon of SSLSessionCache is the provider's own affair; the words after this "
     "message are its answer.",
     "write: SSLSessionCache shmcb:/run/apache2/ssl_scache(512000)"},
    {Tp::cache_size_refused, Level::error, "size of the session cache is not usable",
     "The built-in cache takes a number of bytes, K, M or G behind it multiply by 1024 and so on; "
     "65536 is the least, 4G the most. A session takes about 256 bytes.",
     "write: SSLSessionCache shm:512000"},
    {Tp::cache_off, Level::warn, "there is no session cache",
     "Clients without session tickets make a full handshake each time, which costs them a round "
     "trip and the server most of the work of a connection.",
     "write: SSLSessionCache shm:512000; or remove the line"},
    {Tp::cache_not_opened, Level::error, "session cache could not be opened",
     "The system refused its memory or its file. Another server with the same file, a folder that "
     "does not exist, and a full /dev/shm are the usual reasons.",
     "write: SSLSessionCache shm:512000; it needs no file. Or mend the reason that is given"},
    {Tp::cache_lock_not_made, Level::error, "lock of the session cache could not be made",
     "This provider needs a lock between processes, of the kind that Mutex ssl-cache (or Mutex "
     "default) selects.",
     "add: Mutex posixsem ssl-cache; or use SSLSessionCache shm:512000, which needs "
     "no lock"},
    {Tp::cache_lock_lost, Level::warn,
     "a child could not open the lock of the session cache and runs without the cache",
     "The lock is a file and the user of the children cannot reach it. Their clients make full "
     "handshakes.",
     "give the user of the children access to the lock's folder, or write: Mutex posixsem "
     "ssl-cache"},
    {Tp::cache_dbm_discouraged, Level::warn, "session cache is a dbm file",
     "Every access locks and reopens a file; under load it is slower than the handshake it saves, "
     "and a crash can leave it damaged. Damage costs full handshakes, nothing else.",
     "write: SSLSessionCache shm:512000; about 256 bytes for each session that is kept"},
    {Tp::cache_busy, Level::warn, "session cache is locked for long, going on without it",
     "No process could have the lock of the cache for seconds: one holds it and does not let go; "
     "it "
     "may be stopped. Clients make full handshakes until then.",
     "look for a stopped httpd process; SSLSessionCache shm:512000 needs no lock"},
    {Tp::cache_busy_no_more, Level::notice, "session cache is no longer locked",
     "Follows the message that it was.", "nothing to do"},
    {Tp::cache_down, Level::warn, "session cache does not answer, going on without it",
     "The server behind it is down, unreachable, slow, or answers what it should not. Clients make "
     "full handshakes; it is tried again from time to time.",
     "look at the server named in SSLSessionCache and at the network between"},
    {Tp::cache_up_again, Level::notice, "session cache answers again",
     "Follows the message that it did not.", "nothing to do"},
    {Tp::cache_folder_closed, Level::warn,
     "the children cannot enter the folder of a file that the session cache needs",
     "The file is made by the parent, usually as root, and opened again by children under another "
     "user. They will run without the cache.",
     "let the user enter the folder (chmod o+x, or chown it), or choose another: Mutex posixsem "
     "ssl-cache"},
    {Tp::session_too_large, Level::info, "session is too large for the cache",
     "A session above 10 KiB, which only a very long chain of client certificates makes. This "
     "client makes a full handshake each time.",
     "send shorter chains from the client, or use session tickets"},
    {Tp::cache_wait_value, Level::error, "time to wait for the session cache is out of range",
     "It is what a handshake loses when the server behind the cache does not answer, in "
     "milliseconds.",
     "write: TLSPlusSessionCacheWait 100; or another number from 1 to 10000"},
    {Tp::cache_name_unknown, Level::warn, "the name of a session cache server has no address",
     "Names are looked up when the configuration is read, never in a handshake. The server is not "
     "asked until the next restart.",
     "correct the name in SSLSessionCache, or write the address, and restart"},
    {Tp::cache_broken, Level::warn, "session cache fails again and again, going on without it",
     "What the provider keeps is damaged, or not to be had any more: a file that was written over, "
     "or "
     "a disk that is full. Clients make full handshakes; it is tried once a minute.",
     "look at what the provider has logged; for dbm: remove its files and restart"},
    {Tp::cache_works_again, Level::notice, "session cache works again",
     "Follows the message that it did not.", "nothing to do"},
    {Tp::cache_sealed_alone, Level::warn,
     "this server alone can open its entries in a session cache of several machines",
     "Entries are sealed with a key that is made of the certificate's private key, which all "
     "machines have. One on a token does not show itself, and each machine then has a key of its "
     "own: sessions of the others are full handshakes.",
     "give all machines the same file: SSLSessionTicketSecretFile /etc/ssl/ticket.secret"},
    {Tp::ticket_cipher_missing, Level::error, "no cipher for session tickets",
     "OpenSSL has no AES-CBC, which an OPENSSL_CONF that loads no usable provider causes.",
     "activate the default or the fips provider in openssl.cnf"},
    {Tp::ticket_ring_not_made, Level::error, "memory for session ticket keys could not be had",
     "All processes share one small block of memory for them.",
     "look at the reason given, and at the limits on shared memory"},
    {Tp::ticket_key_unreadable, Level::error, "session ticket key file cannot be read",
     "It is read by the parent, usually as root, when httpd starts.",
     "correct the path or the permissions; make a file with: openssl rand -out FILE 80"},
    {Tp::ticket_key_short, Level::error, "session ticket key file is too short",
     "A key file has 48 octets (16 of name, 16 of HMAC key, 16 of AES-128 key) or 80 (16 of name, "
     "32 of HMAC key, 32 of AES-256 key).",
     "make a new one with: openssl rand -out FILE 80"},
    {Tp::ticket_key_odd_size, Level::warn,
     "session ticket key file has neither 48 nor 80 octets; only its first 48 are used",
     "As mod_ssl does. It is usually a file in text form, whose keys are then weak.",
     "make a new one with: openssl rand -out FILE 80"},
    {Tp::ticket_key_is_text, Level::warn, "session ticket key file looks like text",
     "Key files are random octets. Hexadecimal or base64 digits in their place have half or three "
     "quarters of the strength, a phrase next to none.",
     "make a new one with: openssl rand -out FILE 80"},
    {Tp::ticket_key_exposed, Level::warn, "session ticket keys can be read by others",
     "Who reads this file can read all connections that are resumed with its tickets.",
     "chmod 600 the file; only the parent reads it"},
    {Tp::ticket_keys_same_name, Level::warn, "two session ticket keys have the same name",
     "The first 16 octets of a key name it. Tickets under the second key are opened with the "
     "first, which fails and means full handshakes.",
     "remove the line"},
    {Tp::ticket_keys_too_many, Level::error, "too many session ticket key files",
     "At most 32 of one virtual host.", "remove the line; the last ones are the oldest"},
    {Tp::ticket_keys_reloaded, Level::notice, "session ticket keys have changed and are in use",
     "Files of SSLSessionTicketKeyFile or SSLSessionTicketSecretFile were replaced while the "
     "server runs.",
     "nothing to do"},
    {Tp::ticket_keys_kept, Level::warn,
     "changed session ticket keys are not usable, the ones before stay in use",
     "A file of SSLSessionTicketKeyFile or SSLSessionTicketSecretFile was changed or removed while "
     "the server runs. The reason follows. httpd would not start with these files.",
     "restore the file; it is read again when it changes"},
    {Tp::ticket_secret_short, Level::error, "shared secret for session tickets is too short",
     "All machines of a cluster derive the same keys from it; it must not be guessed. 32 octets "
     "are the least, a line end not counted.",
     "make one with: openssl rand -hex -out FILE 32, and copy it to all machines"},
    {Tp::ticket_secret_and_files, Level::error,
     "SSLSessionTicketKeyFile and SSLSessionTicketSecretFile exclude each other",
     "Session tickets are sealed with one key, which comes from a file or from the secret.",
     "remove the line; or the one of SSLSessionTicketSecretFile"},
    {Tp::ticket_keys_unused, Level::warn, "session ticket keys have no effect",
     "SSLSessionTickets off means that no tickets are issued nor accepted.",
     "remove the line; or SSLSessionTickets off"},
    {Tp::ticket_secret_lifetime, Level::warn,
     "session tickets are accepted for a shorter time than SSLSessionCacheTimeout",
     "Keys of the 29 hours before are derived from the shared secret, not more.",
     "write: SSLSessionCacheTimeout 86400; or fewer seconds"},
    {Tp::ticket_rotation_value, Level::error, "time between two ticket keys is out of range",
     "A key that is used for less than ten seconds, or for more than a week, is a mistake.",
     "write: TLSPlusTicketKeyRotation 3600; or another number of seconds from 10 to 604800"},
});

}  // namespace

std::span<const Diagnostic> session_rows() noexcept {
  return kRows;
}

}  // namespace tlsplus
