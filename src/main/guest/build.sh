#!/usr/bin/env bash
# Rebuilds the sample guest, the resource org/wasmheap/runtime/sample.wasm, from the Rust sources beside this script.
# Only whoever changes the guest needs this; the library's own build takes the resource as it is.
#
# Needs rustc 1.63 or newer with the target wasm32-unknown-unknown, and lld. On Debian: rustc, libstd-rust-dev-wasm32
# and lld; with rustup: `rustup target add wasm32-unknown-unknown`. RUSTC names another compiler. The same compiler
# gives the same bytes on any machine and in any folder; the resource in the repository is by Debian 12's rustc 1.63.0.
#
# The blocks beside this script hold the guest as their runtime: run blocks.py after a change.
#
# Usage: build.sh [OUTPUT]
set -euo pipefail

target=wasm32-unknown-unknown
guest=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
output=${1:-$guest/../resources/org/wasmheap/runtime/sample.wasm}

has_target() {
  local sysroot
  sysroot=$("$1" --print sysroot 2>/dev/null) && [ -d "$sysroot/lib/rustlib/$target" ]
}

# A compiler of rustup often lacks the target where Debian's beside it has it.
rustc=
candidates=(rustc /usr/bin/rustc)
if [ -n "${RUSTC:-}" ]; then
  candidates=("$RUSTC")
fi
for candidate in "${candidates[@]}"; do
  if has_target "$candidate"; then
    rustc=$candidate
    break
  fi
done
if [ -z "$rustc" ]; then
  echo "build.sh: none of these has the target $target: ${candidates[*]}" >&2
  echo "build.sh: (Debian: apt-get install rustc libstd-rust-dev-wasm32 lld)" >&2
  exit 2
fi

release=$("$rustc" --version | cut -d' ' -f2)
minor=$(cut -d. -f2 <<<"$release")
if [ "$minor" -lt 63 ]; then
  echo "build.sh: rustc $release is too old, 1.63 or newer is needed" >&2
  exit 2
fi

# A program without std that allocates needs the default handler for failed allocations, which is stable since 1.68.
# Before, the stable compiler has it too but must be told to permit it.
before_1_68=()
if [ "$minor" -lt 68 ]; then
  export RUSTC_BOOTSTRAP=1
  before_1_68=(-Z 'crate-attr=feature(default_alloc_error_handler)')
fi

built=$(mktemp -d)
trap 'rm -rf -- "$built"' EXIT

# Panic messages name their source file; the remapping keeps the path of this folder out of them.
"$rustc" --edition 2021 --crate-name sample --crate-type cdylib --target "$target" \
  -C opt-level=s -C lto=fat -C codegen-units=1 -C panic=abort -C target-cpu=mvp -C strip=symbols \
  --remap-path-prefix "$guest=guest" \
  -C link-arg=--import-memory -C link-arg=-zstack-size=65536 -C link-arg=--strip-all \
  ${before_1_68[@]+"${before_1_68[@]}"} -o "$built/sample.wasm" "$guest/lib.rs"

mkdir -p -- "$(dirname -- "$output")"
install -m 644 -- "$built/sample.wasm" "$output"
echo "rustc $release, $(wc -c <"$output") bytes, sha256 $(sha256sum <"$output" | cut -d' ' -f1)"
