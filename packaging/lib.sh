# Shared by the scripts of this folder; sourced, not run.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
say() { printf "\033[1m%s vanthu: %s\033[0m\n" "$(date +%T)" "$*" >&2; }
die() { say "$*"; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# need PACKAGE...: installs the Debian packages that are missing.
need() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
    install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
}

# What every build needs: a C compiler and make for the bundled SQLCipher and OpenSSL,
# the PC/SC headers, a fast linker.
need_for_building() {
  command -v cargo > /dev/null || die "Rust is missing: install it, then run this again"
  command -v python3 > /dev/null || die "Python 3 is missing: install it, then run this again"
  need gcc g++ make perl pkg-config mold libc6-dev libpcsclite-dev
}

# What the window loads at run time.
need_for_window() {
  need libx11-6 libx11-xcb1 libxcursor1 libxrandr2 libxi6 libxkbcommon0 libxkbcommon-x11-0 \
    libwayland-client0 fontconfig
}

# A display to look at when there is none: sets DISPLAY, and ends Xvfb when the script ends.
need_display() {
  need xvfb xdotool imagemagick
  local number_file
  number_file=$(mktemp)
  Xvfb -displayfd 7 -screen 0 1366x768x24 -nolisten tcp 7> "$number_file" 2> /dev/null &
  xvfb=$!
  for _ in $(seq 100); do [ -s "$number_file" ] && break; sleep 0.1; done
  [ -s "$number_file" ] || die "Xvfb did not start"
  DISPLAY=:$(cat "$number_file")
  export DISPLAY
  rm -f "$number_file"
}
