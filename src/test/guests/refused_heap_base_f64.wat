;; Says where its heap begins by a f64.
(module
  (memory 1)
  (global (export "__heap_base") f64 (f64.const 64)))
