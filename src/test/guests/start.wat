;; A start function that counts in memory, sets a global, a table and drops segments; it must run once for each
;; instance, on what a fresh instance gives it.
(module
  (memory (export "memory") 2)
  (global (export "__heap_base") i32 (i32.const 1024))
  (global $runs (mut i32) (i32.const 0))
  (table $only 2 funcref)
  (elem declare func $seven)
  (data $active (i32.const 8) "\05")
  (data $passive "\2a")
  (func $seven (result i32) (i32.const 7))

  (func $start
    (i32.store8 (i32.const 8) (i32.add (i32.load8_u (i32.const 8)) (i32.const 1)))
    (i32.store (i32.const 131068) (i32.add (i32.load (i32.const 131068)) (i32.const 1)))
    (memory.init $passive (i32.const 16) (i32.const 0) (i32.const 1))
    (data.drop $passive)
    (table.set $only (i32.const 1) (ref.func $seven))
    ;; From memory, so that it shows whether the function found it as a fresh instance does.
    (global.set $runs (i32.load (i32.const 131068))))
  (start $start)

  (func (export "dirty_memory") (memory.fill (i32.const 0) (i32.const 0xee) (i32.const 131072)))
  (func (export "dirty_global") (global.set $runs (i32.const 99)))
  (func (export "dirty_table") (table.set $only (i32.const 1) (ref.null func)))

  ;; Bytes from the highest: 7 from the table, 1 run, 42 of the passive segment, 1 at the end, 6 = 5 + 1.
  (func (export "look") (result i64)
    (i64.or
      (i64.or
        (i64.extend_i32_u (i32.load8_u (i32.const 8)))
        (i64.shl (i64.extend_i32_u (i32.load (i32.const 131068))) (i64.const 8)))
      (i64.or
        (i64.shl (i64.extend_i32_u (i32.load8_u (i32.const 16))) (i64.const 16))
        (i64.or
          (i64.shl (i64.extend_i32_u (global.get $runs)) (i64.const 24))
          (i64.shl
            (i64.extend_i32_u (call_indirect (result i32) (i32.const 1)))
            (i64.const 32))))))

  ;; Traps on every instance: the start function has dropped the segment.
  (func (export "init") (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 1))))
