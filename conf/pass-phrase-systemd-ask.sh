#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A program for SSLPassPhraseDialog that has systemd ask the administrator: at the console during boot,
# or wherever `systemd-tty-ask-password-agent --query` is run. Nothing is asked at a graceful restart.
#
#   SSLPassPhraseDialog exec:/usr/local/sbin/pass-phrase-systemd-ask.sh
#
# mod_tlsplus runs it with the host ("www.example.org:443") and, for a key in a file, its position (RSA,
# DSA, ECC, 3, ...); for a token's PIN with the host alone, and waits for the answer. configtest does not run it.
set -eu
if [ "$#" -gt 1 ]; then
  question="Pass phrase of the TLS key of $1 ($2):"
else
  question="PIN of the token of $1:"
fi
exec systemd-ask-password --timeout=0 --id="httpd-tls:$1" "$question"
