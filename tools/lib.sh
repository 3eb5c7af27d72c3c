# Shared by the programs of this folder; sourced, never run.
# Sets `root` (the checkout) and works there, whatever the caller's folder and however its name is spelled.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
cd -- "$root"
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $1"; [ $# -lt 2 ] || say "hint: $2"; exit 1; }

# Libraries are asked of dpkg, commands of the PATH (a python3 or git from elsewhere is as good).
# With `checks` also what only checks need. With `tests` also what only tests need: a server to dump, found where Debian puts it, curl, and
# Python's environments.
missing_packages() {
  local package
  if [ "${1-}" = tests ]; then
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || echo postgresql
    command -v curl >/dev/null || echo curl
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
  fi
  [ "${1-}" != checks ] || command -v groff >/dev/null || echo groff-base
  for package in libzstd-dev libssl-dev libsqlite3-dev libyaml-dev zlib1g-dev; do
    dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' || echo "$package"
  done
  command -v pkg-config >/dev/null || echo pkg-config
  command -v git >/dev/null || echo git
  command -v python3 >/dev/null || echo python3
  command -v setfattr >/dev/null || echo attr
  command -v setfacl >/dev/null || echo acl
  # Loaded when an archive is imported; Ubuntu 24.04 has it under another name.
  dpkg-query -W -f '${Status}\n' libarchive13 libarchive13t64 2>/dev/null | grep -q '^install ok installed$' ||
    echo libarchive13
}

# Installs what is missing, and does nothing (no apt, no sudo) when nothing is.
install_packages() {
  command -v dpkg-query >/dev/null || {
    say "not a Debian or Ubuntu system: zstd, OpenSSL 3, SQLite, libyaml and zlib headers, git and python3 must be there already"
    return 0
  }
  local -a missing=() elevate=()
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "missing packages: ${missing[*]}" "install them as root, then run this again"
    elevate=(sudo)
  fi
  say "installing ${missing[*]}"
  # The package lists may be absent (a container) or old: refresh them only when the first try fails.
  "${elevate[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
    >/dev/null 2>&1 </dev/null && return 0
  "${elevate[@]}" apt-get update -qq </dev/null >&2
  "${elevate[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
    </dev/null >&2
}

require_swift() {
  command -v swift >/dev/null || die "no swift on the PATH" "install Swift 6.2 or later: https://www.swift.org/install/linux/"
  local version
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
  case $version in
    [0-5].* | 6.0 | 6.1) die "this is Swift $version; 6.2 or later is needed" "https://www.swift.org/install/linux/" ;;
  esac
}
