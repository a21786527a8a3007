;; A memory with addresses of 64 bits.
;; wat2wasm: --enable-memory64
(module
  (memory i64 1)
  (global (export "__heap_base") i32 (i32.const 1024)))
