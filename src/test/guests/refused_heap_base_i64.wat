;; Says where its heap begins by a i64.
(module
  (memory 1)
  (global (export "__heap_base") i64 (i64.const 0x100010000)))
