;; Imports a tag.
;; wat2wasm: --enable-exceptions
(module
  (import "env" "problem" (tag))
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024)))
