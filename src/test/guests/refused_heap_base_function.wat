;; Its heap base is a function.
(module
  (memory 1)
  (func (export "__heap_base") (result i32) (i32.const 1024)))
