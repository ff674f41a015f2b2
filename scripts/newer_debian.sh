#!/bin/sh
# newer_debian.sh FOLDER SUITE PACKAGE MAJOR: unpacks PACKAGE of that suite of Debian into FOLDER,
# beside the system, which stays as it is. It must be of that MAJOR version, whichever the minor.
# Done once: where FOLDER is, nothing is fetched. Needs apt-get, which asks the mirror it always asks.
# Where that has nothing of Debian, DEBIAN_MIRROR names one, and debian-archive-keyring is installed.
set -eu
folder=$1 suite=$2 package=$3 major=$4

runs() { "$1/usr/bin/$package" version >/dev/null 2>&1; }

if runs "$folder"; then exit 0; fi

fail() {
  echo "The judges need $package $major of Debian's $suite: $1" >&2
  exit 3
}
command -v apt-get >/dev/null 2>&1 || fail "this machine has no apt-get"

mirror() { # of Debian itself, among those that this machine's lists come from
  apt-get indextargets --format '$(REPO_URI)' \
    'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1
}
from=${DEBIAN_MIRROR:-$(mirror)}
if [ -z "$from" ]; then # nobody may have asked for lists yet
  apt-get update -qq || true
  from=$(mirror)
fi
[ -n "$from" ] || fail "no source of apt-get is Debian's; set DEBIAN_MIRROR to the URL of a mirror"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e "$keys" ] || fail "its keys are missing; install debian-archive-keyring"

mkdir -p "$(dirname "$folder")"
root=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/lists/partial" "$root/archives/partial" "$root/tree"
echo "deb [signed-by=$keys] $from $suite main" >"$root/sources.list"
apt() { # apt-get as it would be with that suite alone. Lists may be old: a mirror can be a snapshot.
  apt-get -qq -o "Dir::Etc::SourceList=$root/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o "Dir::State::Lists=$root/lists" -o Dir::State::Status=/dev/null -o "Dir::Cache=$root" \
    -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false \
    -o "APT::Sandbox::User=$(id -un)" "$@"
}
apt update || fail "its lists cannot be had"
(cd "$root" && apt download "$package") || fail "it is not there"
version=$(dpkg-deb -f "$root/${package}"_*.deb Version)
case ${version#*:} in
"$major".*) ;;
*) fail "there it is $version" ;;
esac
dpkg-deb -x "$root/${package}"_*.deb "$root/tree"
runs "$root/tree" || fail "it does not run here: $("$root/tree/usr/bin/$package" version 2>&1)"
rm -rf "$folder"
mv -T "$root/tree" "$folder" || runs "$folder" # another run may have been quicker
