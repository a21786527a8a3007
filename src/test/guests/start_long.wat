;; A start function that ends, after a long time.
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (func $start (local $i i32)
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 200000000)))))
  (start $start)
  (func (export "entry") (param i32 i32) (result i64) (i64.const 0)))
