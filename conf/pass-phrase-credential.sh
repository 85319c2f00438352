#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A program for SSLPassPhraseDialog that takes the pass phrase from a systemd credential, which systemd
# keeps encrypted on disk and gives to httpd's parent process alone (systemd.exec(5), CREDENTIALS):
#
#   systemd-ask-password -n | systemd-creds encrypt --name=tls-key - /etc/credstore.encrypted/tls-key
#   systemctl edit apache2        [Service] LoadCredentialEncrypted=tls-key
#   SSLPassPhraseDialog exec:/usr/local/sbin/pass-phrase-credential.sh
#
# A credential "tls-key.www.example.org:443" is for that host alone. Without systemd, a folder of files
# that only root can read does as well: TLS_CREDENTIALS=/etc/ssl/phrases.
set -eu
folder=${CREDENTIALS_DIRECTORY:-${TLS_CREDENTIALS:-/etc/ssl/phrases}}
file=$folder/tls-key.$1
[ -e "$file" ] || file=$folder/tls-key
if [ ! -e "$file" ]; then
  echo "no tls-key and no tls-key.$1 in $folder" >&2
  exit 1
fi
# systemd sees to its own folder.
if [ -z "${CREDENTIALS_DIRECTORY:-}" ] && [ -n "$(find -L "$file" -perm /077 -print)" ]; then
  echo "$file can be read by others than its owner: chmod 600 $file" >&2
  exit 1
fi
exec head -n 1 "$file"
