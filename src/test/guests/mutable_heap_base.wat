;; Where its heap begins can change, and is an i32 all the same.
(module
  (memory 1)
  (global (export "__heap_base") (mut i32) (i32.const 1024)))
