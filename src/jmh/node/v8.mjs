// Westend on V8, as peer of the pool: a ready instance that is not put back, or a fresh one for each
// call. Prints one line of JSON. Arguments: module, entry, ready|fresh, milliseconds of warm-up,
// number of iterations, milliseconds of each. The harness starts it (NodeRuns) and limits its time.
import { readFileSync } from 'node:fs';

const [file, entry, way, warmUp, iterations, millis] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(file));
const imported = WebAssembly.Module.imports(module);
const INITIAL_PAGES = 21;
const MAX_LOG_LEVEL = 3; // The host functions of this library say the same.
const PAGE = 65536;

// A bump allocator with a free list for each power of two, from __heap_base on.
function allocator(memory) {
  let base = 0;
  let top = 0;
  let lists = [];
  return {
    begin(heapBase) {
      base = heapBase === undefined ? base : (heapBase + 7) & ~7;
      top = base;
      lists = [];
    },
    malloc(size) {
      const order = Math.max(0, 32 - Math.clz32(Math.max(size, 8) - 1) - 3);
      const list = lists[order];
      if (list !== undefined && list.length > 0) {
        return list.pop();
      }
      const pointer = top + 8;
      top = pointer + 8 * 2 ** order;
      const missing = Math.ceil((top - memory.buffer.byteLength) / PAGE);
      if (missing > 0) {
        memory.grow(missing);
      }
      new DataView(memory.buffer).setUint32(pointer - 8, order, true);
      return pointer;
    },
    free(pointer) {
      const order = new DataView(memory.buffer).getUint32(pointer - 8, true);
      (lists[order] ??= []).push(pointer);
    },
  };
}

function instantiate() {
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES });
  const heap = allocator(memory);
  const imports = {};
  const known = {
    ext_allocator_malloc_version_1: heap.malloc,
    ext_allocator_free_version_1: heap.free,
    ext_logging_max_level_version_1: () => MAX_LOG_LEVEL,
    ext_logging_log_version_1: () => {},
  };
  for (const { module: from, name, kind } of imported) {
    imports[from] ??= {};
    imports[from][name] = kind === 'memory' ? memory : known[name] ?? (() => {
      throw new Error(`${name} is not there`);
    });
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  heap.begin(exports.__heap_base.value);
  return { exports, heap, memory };
}

// A call with an empty input; its result is copied out.
function call({ exports, heap, memory }) {
  heap.begin();
  const packed = exports[entry](heap.malloc(0), 0);
  const pointer = Number(packed & 0xffffffffn);
  return Buffer.from(memory.buffer.slice(pointer, pointer + Number(packed >> 32n)));
}

function check(result) {
  const right = entry === 'Core_version'
    ? result[0] === 4 * 'westend'.length && result.toString('latin1', 1, 8) === 'westend'
    : result.length > 100_000 && result.toString('latin1', 4, 8) === 'meta';
  if (!right) {
    throw new Error(`${entry} gave something else`);
  }
}

const ready = instantiate();
const one = way === 'fresh' ? () => call(instantiate()) : () => call(ready);
const first = one();
check(first);
if (!one().equals(first)) {
  throw new Error('two calls gave two results');
}

// Calls a second; the clock is asked once for each ten calls that are short.
let sum = 0;
function measure(limit) {
  const begin = performance.now();
  let calls = 0;
  let now = begin;
  while (now - begin < limit) {
    for (let i = 0; i < (way === 'fresh' || entry !== 'Core_version' ? 1 : 10); i++) {
      sum += one().length;
      calls++;
    }
    now = performance.now();
  }
  return (1000 * calls) / (now - begin);
}

measure(Number(warmUp));
const rates = [];
for (let i = 0; i < Number(iterations); i++) {
  rates.push(measure(Number(millis)));
}
console.log(JSON.stringify({ callsASecond: rates, v8: process.versions.v8, resultBytes: sum }));
