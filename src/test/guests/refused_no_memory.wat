;; No memory at all.
(module
  (global (export "__heap_base") i32 (i32.const 1024)))
