// SPDX-License-Identifier: Apache-2.0
//
// The limits: what a stranger can make us hold or compute, before anybody knows who he is.
// doc/limits.md has these and those of other rooms in one table, with the test that pushes each;
// t/handshake/limits.t holds the table against the code.
#pragma once

#include <chrono>
#include <cstddef>

namespace tlsplus::limits {

/// Octets of a ClientHello. With post-quantum key shares, a ticket that has a client's certificates
/// in it (10 KiB at most) and an encrypted inner hello it is some 16 KiB; OpenSSL takes 128 KiB,
/// and makes room for what the first four octets promise.
constexpr std::size_t kHelloBytes = std::size_t{32} * 1024;
/// Records of a hello that are put together here. Each look starts at the first one again.
constexpr int kHelloRecords = 32;
/// Names of an ALPN list that are looked at. IANA has some thirty; each costs other modules a look.
constexpr std::size_t kOfferedProtocols = 64;
/// Attempts of a client to renegotiate. Some ask once or twice, and go on without.
constexpr unsigned kRenegotiations = 5;
/// Of the connections that event lets a child hold, in hundredths: those that may wait for the rest
/// of a handshake or for a first request. The others are for clients that are served.
constexpr std::size_t kWaitingHundredths = 75;
/// How long those that wait with a complete ClientHello may take the other places as well.
constexpr std::chrono::seconds kMomentOfManyClients{3};
/// One address may hold the whole divided by this before it goes first.
constexpr std::size_t kShareOfOneAddress = 4;
/// Of the descriptors that are free when a child starts, those that wait may hold the whole divided
/// by this: each of the others needs one for itself and one for what it is served.
constexpr std::size_t kShareOfDescriptors = 2;
/// How long a thread waits for a client before it asks the MPM to. Two changes of thread cost as
/// much; ten times this gave no better latencies on a busy machine.
constexpr int kPatienceMilliseconds = 2;
/// Responders that a child waits for at once about clients' certificates, each in a thread that
/// does nothing else.
constexpr std::size_t kInquiriesAtOnce = 256;
/// Clients of a child that wait for such answers at once, each with two descriptors more than
/// others.
constexpr std::size_t kClientsInDoubt = 500;
/// Of the descriptors that are free when a child starts, those clients may be the whole divided by
/// this, and responders may be asked by as many threads: with a pair of descriptors for each
/// client and a socket for each thread that is a quarter of them, and half are for handshakes that
/// wait (kShareOfDescriptors).
constexpr std::size_t kShareInDoubt = 12;
/// Clients of one network may have the places for such clients divided by this: whoever has a copy
/// of a certificate, without its key, can take a place until its responder has answered.
constexpr std::size_t kShareOfOneInDoubt = 2;
/// Kinds of connections to backends of which a child keeps sessions. Where backends are asked for
/// by the name of a client's Host field (ProxyPreserveHost), clients can make up as many as they
/// like. A session has the backend's chain with it, some 4 KiB.
constexpr std::size_t kBackendsWithSessions = 1000;
/// Sessions of TLS 1.3 for one of them, each used once: as many connections can be opened at the
/// same moment without a full handshake. Servers send two with each connection.
constexpr std::size_t kSessionsOfOneBackend = 4;
/// Chains of backends whose verification a child remembers, of some 8 KiB.
constexpr std::size_t kVerifiedChains = 100;

}  // namespace tlsplus::limits
