;; A global that refers to an object of the host.
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (global (mut externref) (ref.null extern)))
