;; A memory that threads share.
;; wat2wasm: --enable-threads
(module
  (memory 1 2 shared)
  (global (export "__heap_base") i32 (i32.const 1024)))
