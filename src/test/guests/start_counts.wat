;; A start function with a loop that ends: there the engine looks for an interrupt.
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (func $start (local $i i32)
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 1000)))))
  (start $start)
  (func (export "seven") (result i32) (i32.const 7)))
