;; A data segment that does not fit its memory.
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (data (i32.const 65530) "seven bytes"))
