;; The older form of exception handling, which never became part of the standard.
;; wat2wasm: --enable-exceptions
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (func (export "run") (try (do (nop)) (catch_all (nop)))))
