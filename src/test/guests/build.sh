#!/usr/bin/env bash
# Rebuilds the guests of the tests, resources org/wasmheap/endive/*.wasm, from the sources beside this script: text of
# WebAssembly (.wat), and bytes in hexadecimal (.hex) where the assembler does not know an instruction.
# Only whoever changes a guest needs this; the library's own build takes the resources as they are.
#
# Needs wat2wasm of wabt, 1.0.32 or newer. On Debian: wabt. The resources in the repository are by 1.0.32.
#
# A line ";; wat2wasm: OPTIONS" at the head of a source names the proposals that it uses.
#
# Usage: build.sh [FOLDER]
set -euo pipefail

guests=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
output=${1:-$guests/../resources/org/wasmheap/endive}

if ! command -v wat2wasm >/dev/null; then
  echo "build.sh: wat2wasm is not to be found (Debian: apt-get install wabt)" >&2
  exit 2
fi

mkdir -p -- "$output"
for source in "$guests"/*.wat; do
  read -ra options < <(sed -n 's/^;; wat2wasm: //p' "$source") || true
  wat2wasm ${options[@]+"${options[@]}"} --output="$output/$(basename -- "$source" .wat).wasm" "$source"
done

# Hexadecimal: bytes in pairs of digits, "#" begins a comment.
for source in "$guests"/*.hex; do
  target=$output/$(basename -- "$source" .hex).wasm
  : >"$target"
  for byte in $(sed 's/#.*//' "$source"); do
    printf '%b' "\\x$byte" >>"$target"
  done
done
echo "$(find "$output" -name '*.wasm' | wc -l) guests in $output"
